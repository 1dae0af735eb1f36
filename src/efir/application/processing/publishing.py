"""Transfer of media files: created files into the store, and stored files back to local directories."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct, structs

from efir.application.context import Ports
from efir.domain.processing.source_facts import RenditionDamaged
from efir.domain.videos.video import Video
from efir.ports.kernel.blobs import BlobMissing, blob_key
from efir.ports.processing.media import MediaFile, Picture, Pictures, Segment, Still, Track
from efir.ports.videos.renditions import Asset

COPY_BYTES = 1 << 20


class StoredFile(Struct, frozen=True):
    """A file in the store; its name contains its hash, so two workers never overwrite each other's files."""

    key: str
    size: int
    sha256: str


class StoredSegment(Struct, frozen=True):
    """A segment in the store."""

    ordinal: int
    file: StoredFile
    start_ticks: int
    ticks: int
    frames: int
    independent: bool


class StoredTrack(Struct, frozen=True):
    """A track, or a chunk of one, in the store; `about` is the track without its files."""

    about: Track
    init: StoredFile
    segments: list[StoredSegment]


class StoredStill(Struct, frozen=True):
    """A frame kept until posters and storyboard are created."""

    kind: str
    frame: int
    file: StoredFile


NOWHERE = MediaFile(path=Path(), size=0, sha256="")


def folder(video: Video) -> str:
    """Return the folder of a video's files of the current generation."""
    return f"vid/{video.id}/{video.generation}"


async def store_track(ports: Ports, video: Video, track: Track, *, name: str = "") -> StoredTrack:
    """Put a track's files into the store, under another name if given."""
    name = name or track.name
    place = f"{folder(video)}/{name}"
    init = await _store(ports, f"{place}/init-{track.init.sha256[:16]}.mp4", track.init)
    segments = [
        StoredSegment(
            ordinal=segment.ordinal,
            file=await _store(ports, f"{place}/{segment.ordinal:05}-{segment.file.sha256[:16]}.m4s", segment.file),
            start_ticks=segment.start_ticks,
            ticks=segment.ticks,
            frames=segment.frames,
            independent=segment.independent,
        )
        for segment in track.segments
    ]
    about = Track(
        name=name, kind=track.kind, codecs=track.codecs, timescale=track.timescale, init=NOWHERE, segments=(),
        width=track.width, height=track.height, rate_num=track.rate_num, rate_den=track.rate_den,
        channels=track.channels, sample_rate=track.sample_rate,
    )  # fmt: skip
    return StoredTrack(about=about, init=init, segments=segments)


async def store_copy(ports: Ports, video: Video, stored: StoredTrack, local: Track, *, name: str) -> StoredTrack:
    """Put a second copy of a stored track, which also exists as local files, into the store under another name."""

    async def copy_file(file: StoredFile, source: MediaFile) -> StoredFile:
        key = f"{folder(video)}/{name}/{file.key.rpartition('/')[2]}"
        await ports.blobs.put_bytes(blob_key(key), await asyncio.to_thread(source.path.read_bytes))
        return structs.replace(file, key=key)

    segments = [
        structs.replace(segment, file=await copy_file(segment.file, source.file))
        for segment, source in zip(stored.segments, local.segments, strict=True)
    ]
    about = structs.replace(stored.about, name=name)
    return StoredTrack(about=about, init=await copy_file(stored.init, local.init), segments=segments)


async def store_stills(ports: Ports, video: Video, stills: Iterable[Still]) -> list[StoredStill]:
    """Store frames until the pictures are created from them."""
    return [
        StoredStill(
            still.kind,
            still.frame,
            await _store(ports, f"{folder(video)}/stills/{still.kind}-{still.frame:08}.jpg", still.file),
        )
        for still in stills
    ]


def join_chunks(chunks: Sequence[StoredTrack]) -> StoredTrack:
    """Join the chunks of a track. Raises RenditionDamaged when they do not share one initialisation segment."""
    first = chunks[0]
    if any(chunk.init.sha256 != first.init.sha256 for chunk in chunks):
        raise RenditionDamaged("the chunks have different init segments", track=first.about.name)
    segments = sorted((segment for chunk in chunks for segment in chunk.segments), key=lambda segment: segment.ordinal)
    return StoredTrack(about=first.about, init=first.init, segments=segments)


async def local_track(ports: Ports, stored: StoredTrack, scratch: Path) -> Track:
    """Return a stored track as local files. Raises RenditionDamaged when one is lost."""
    about = stored.about
    return Track(
        name=about.name, kind=about.kind, codecs=about.codecs, timescale=about.timescale,
        init=await _fetch(ports, stored.init, scratch, track=about.name),
        segments=tuple(
            [
                Segment(
                    ordinal=segment.ordinal,
                    file=await _fetch(ports, segment.file, scratch, track=about.name, ordinal=segment.ordinal),
                    start_ticks=segment.start_ticks, ticks=segment.ticks, frames=segment.frames,
                    independent=segment.independent,
                )
                for segment in stored.segments
            ]
        ),
        width=about.width, height=about.height, rate_num=about.rate_num, rate_den=about.rate_den,
        channels=about.channels, sample_rate=about.sample_rate,
    )  # fmt: skip


async def local_stills(ports: Ports, stills: Iterable[StoredStill], scratch: Path) -> list[Still]:
    """Return stored frames as local files, in order."""
    ordered = sorted(stills, key=lambda still: (still.kind, still.frame))
    return [
        Still(kind=still.kind, frame=still.frame, file=await _fetch(ports, still.file, scratch)) for still in ordered
    ]


async def local_file(ports: Ports, key: str, scratch: Path) -> Path:
    """Return a stored object as a local file; one in a remote store is copied into `scratch`."""
    blob = await ports.blobs.open(blob_key(key))
    try:
        if blob.path is not None:
            return blob.path
        target = scratch / key.replace("/", "_")
        with target.open("wb") as file:
            for offset in range(0, blob.size, COPY_BYTES):
                file.write(await blob.read(offset, COPY_BYTES))
        return target
    finally:
        blob.close()


async def store_pictures(ports: Ports, video: Video, pictures: Pictures) -> list[Asset]:
    """Put posters and storyboard into the store; the best poster is also `poster.webp` and `poster.jpg`."""
    assets = [await _picture(ports, video, picture) for picture in (*pictures.posters, *pictures.sheets)]
    best: dict[str, Asset] = {}
    for picture, asset in zip(pictures.posters, assets, strict=False):
        known = best.get(asset.content_type)
        if picture.ordinal == 0 and (known is None or known.width < asset.width):
            best[asset.content_type] = asset
    for asset in best.values():
        name = f"poster.{_ending(asset.content_type)}"
        assets.append(
            Asset(
                name=name, kind="poster", key=asset.key, size=asset.size, sha256=asset.sha256,
                content_type=asset.content_type, width=asset.width, height=asset.height,
            )
        )  # fmt: skip
    if pictures.sheets:
        name = "storyboard.vtt"
        stored = await _store(ports, f"{folder(video)}/{pictures.map.sha256[:16]}-{name}", pictures.map)
        assets.append(
            Asset(
                name=name, kind="storyboard", key=stored.key, size=stored.size, sha256=stored.sha256,
                content_type="text/vtt; charset=utf-8",
            )
        )  # fmt: skip
    return assets


async def store_mp4(ports: Ports, video: Video, track: Track, file: MediaFile) -> Asset:
    """Put the plain file of a rung into the store."""
    stored = await _store(ports, f"{folder(video)}/mp4/{track.height}-{file.sha256[:16]}.mp4", file)
    return Asset(
        name=f"mp4/{track.height}.mp4", kind="mp4", key=stored.key, size=stored.size, sha256=stored.sha256,
        content_type="video/mp4", width=track.width, height=track.height,
    )  # fmt: skip


async def _store(ports: Ports, key: str, file: MediaFile) -> StoredFile:
    await ports.blobs.put_file(blob_key(key), file.path)
    return StoredFile(key=key, size=file.size, sha256=file.sha256)


async def _fetch(ports: Ports, stored: StoredFile, scratch: Path, *, track: str = "", ordinal: int = -1) -> MediaFile:
    try:
        path = await local_file(ports, stored.key, scratch)
    except BlobMissing as error:
        raise RenditionDamaged("lost from the store", track=track, ordinal=ordinal) from error
    return MediaFile(path=path, size=stored.size, sha256=stored.sha256)


async def _picture(ports: Ports, video: Video, picture: Picture) -> Asset:
    ending = _ending(picture.media_type)
    if picture.kind == "storyboard":
        name, kind = f"storyboard-{picture.ordinal}.{ending}", "storyboard_sheet"
    else:
        name, kind = f"poster-{picture.ordinal}-{picture.width}.{ending}", "poster"
    stored = await _store(ports, f"{folder(video)}/{picture.file.sha256[:16]}-{name.replace('/', '-')}", picture.file)
    return Asset(
        name=name, kind=kind, key=stored.key, size=stored.size, sha256=stored.sha256,
        content_type=picture.media_type, width=picture.width, height=picture.height,
    )  # fmt: skip


def _ending(media_type: str) -> str:
    return {"image/webp": "webp", "image/jpeg": "jpg", "image/avif": "avif"}[media_type]
