"""Playing a video over HTTP: public files for everybody, private ones by signed addresses."""

import asyncio
import re
import subprocess
from typing import Any
from urllib.parse import urljoin

import httpx
import imageio_ffmpeg

from efir.application.context import Ports
from kit import clips
from kit.builders import person
from kit.programs import serving
from kit.published_videos import worked

UPLOADS = "/api/v1/uploads"


async def published(client: httpx.AsyncClient, headers: dict[str, str], **about: str) -> dict[str, Any]:
    content = await asyncio.to_thread(clips.h264().read_bytes)
    tus = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream"}
    made = await client.post(UPLOADS, headers=headers | tus | {"upload-length": str(len(content))}, content=content)
    assert made.status_code == 201, made.text
    body = {"upload_id": made.headers["location"], "title": "A clip"} | about
    video = await client.post("/api/v1/videos", json=body, headers=headers)
    assert video.status_code == 201, video.text
    found: dict[str, Any] = video.json()
    return found


async def text_of(client: httpx.AsyncClient, address: str) -> str:
    answer = await client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.text}"
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    return answer.text


def uris(playlist: str) -> list[str]:
    return re.findall(r'URI="([^"]+)"', playlist) + re.findall(r"^[^#\s].*$", playlist, re.MULTILINE)


async def test_a_video_is_watched_from_upload_to_the_last_segment(client: httpx.AsyncClient, ports: Ports) -> None:
    ada = await person(client)
    made = await published(client, ada.headers)
    told = await worked(ports)
    video = (await client.get(f"/api/v1/videos/{made['id']}")).json()
    assert video["state"] == "ready", told
    playback = video["playback"]
    master = await text_of(client, playback["hls"])
    assert {"360p/index.m3u8", "240p/index.m3u8", "audio/index.m3u8"} == set(uris(master))
    assert re.search(r'CODECS="avc1\.[0-9A-Fa-f]{6},mp4a\.40\.2",RESOLUTION=640x360,FRAME-RATE=30\.000', master)
    for uri in uris(master):
        address = urljoin(playback["hls"], uri)
        listed = await text_of(client, address)
        assert listed.rstrip().endswith("#EXT-X-ENDLIST")
        assert sum(map(float, re.findall(r"#EXTINF:([0-9.]+),", listed))) > 2.9
        for name in uris(listed):
            file = await client.get(urljoin(address, name))
            assert file.status_code == 200
            assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert file.headers["content-type"] in {"video/mp4", "audio/mp4"}
            assert file.headers["access-control-allow-origin"] == "*"
            part = await client.get(urljoin(address, name), headers={"range": "bytes=4-7"})
            assert (part.status_code, part.content) == (206, file.content[4:8])
            again = await client.get(urljoin(address, name), headers={"if-none-match": file.headers["etag"]})
            assert again.status_code == 304
    for address, kind in (
        (playback["mp4"][0]["url"], "video/mp4"),
        (playback["poster"], "image/webp"),
        (playback["storyboard"], "text/vtt; charset=utf-8"),
    ):
        head = await client.head(address)
        assert (head.status_code, head.headers["content-type"]) == (200, kind)
        assert head.headers["cache-control"] == "public, max-age=60"
    storyboard = await client.get(playback["storyboard"])
    sheet = re.findall(r"^(\S+)#xywh", storyboard.text, re.MULTILINE)[0]
    assert (await client.get(urljoin(playback["storyboard"], sheet))).status_code == 200
    for missing in ("720p/index.m3u8", "360p/00099-0000000000000000.m4s", "../../other", "poster.gif", "360p/"):
        answer = await client.get(urljoin(playback["hls"], missing))
        assert answer.status_code == 404, missing
        assert answer.headers["content-type"] == "application/problem+json"
    assert (
        await client.get(playback["hls"].replace(made["id"], "01a1fb72-d4a8-732b-a992-b9dd513654bf"))
    ).status_code == 404
    assert (await client.get(playback["hls"].replace("/1/master", "/2/master"))).status_code == 404


async def test_a_private_video_is_played_by_signed_addresses_until_it_changes(
    client: httpx.AsyncClient, ports: Ports
) -> None:
    ada = await person(client)
    made = await published(client, ada.headers, visibility="private")
    await worked(ports)
    address = f"/api/v1/videos/{made['id']}"
    assert (await client.get(address)).status_code == 404
    playback = (await client.get(address, headers=ada.headers)).json()["playback"]
    assert playback["hls"].startswith("/media/s/")
    master = await client.get(playback["hls"])
    assert master.status_code == 200
    assert (master.headers["cache-control"], master.headers["referrer-policy"]) == ("private, no-cache", "no-referrer")
    variant = urljoin(playback["hls"], uris(master.text)[-1])
    segment = urljoin(variant, uris(await text_of(client, variant))[-1])
    answer = await client.get(segment)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, max-age=3600")
    signed = re.compile(r"^/media/s/[^/]+/")
    files = [playback["hls"], variant, segment, playback["poster"], playback["mp4"][0]["url"]]
    for file in files:
        assert (await client.get(file)).status_code == 200
        assert (await client.get(signed.sub("/media/v/", file))).status_code == 404
        assert (await client.get(signed.sub("/media/s/1.00000000.AAAAAAAAAAAAAAAAAAAAAA/", file))).status_code == 404
        assert (await client.get(signed.sub("/media/v/", file), headers=ada.headers)).status_code == 404
    changed = await client.patch(address, json={"visibility": "unlisted"}, headers=ada.headers)
    assert changed.json()["playback"]["hls"].startswith("/media/v/")
    await client.patch(address, json={"visibility": "private"}, headers=ada.headers)
    for file in files:
        assert (await client.get(file)).status_code == 404
    fresh = (await client.get(address, headers=ada.headers)).json()["playback"]["hls"]
    assert (await client.get(fresh)).status_code == 200
    await client.delete(address, headers=ada.headers)
    assert (await client.get(fresh)).status_code == 404


async def test_ffmpeg_plays_the_playlist_from_the_real_server(
    client: httpx.AsyncClient, ports: Ports, environment: dict[str, str]
) -> None:
    ada = await person(client)
    made = await published(client, ada.headers)
    await worked(ports)
    playback = (await client.get(f"/api/v1/videos/{made['id']}")).json()["playback"]
    with serving(environment) as (origin, _):
        whole = await frames_of(origin + playback["hls"])
        rung = await frames_of(origin + urljoin(playback["hls"], "360p/index.m3u8"))
    assert len(whole) == 90
    assert whole == rung


async def frames_of(address: str) -> list[str]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", address, "-map", "0:v:0"]
    done = await asyncio.to_thread(
        subprocess.run, [*command, "-f", "framehash", "-"], capture_output=True, text=True, check=True, timeout=60
    )
    return [line.rpartition(",")[2] for line in done.stdout.splitlines() if line.startswith("0,")]
