"""Everything that a video's playlists say at one moment, and what may never change from one moment to the next."""

import re
from dataclasses import dataclass, field
from uuid import UUID

from efir.application.context import Ports
from efir.application.videos.media_files import MediaNotFound, Wanted, find_media
from efir.domain.kernel.ids import VideoId

TARGET = re.compile(r"^#EXT-X-TARGETDURATION:(\d+)$", re.MULTILINE)
LENGTH = re.compile(r"^#EXTINF:([0-9.]+),$", re.MULTILINE)
ADDRESS = re.compile(r'URI="([^"]+)"|^([^#\s].*)$', re.MULTILINE)


async def text_at(ports: Ports, video_id: UUID, generation: int, name: str) -> str:
    wanted = Wanted(VideoId(video_id), generation, name)
    return (await find_media(ports, wanted, now=ports.clock())).text.decode()


def addresses(playlist: str) -> list[str]:
    return [one or other for one, other in ADDRESS.findall(playlist)]


@dataclass
class Lists:
    """Looks at a video's playlists again and again."""

    ports: Ports
    video_id: UUID
    seen: dict[tuple[int, str], str] = field(default_factory=dict)

    async def look(self, generation: int) -> None:
        """Check all playlists of the master, and all that were ever in it, as a player in the middle does."""
        try:
            master = await text_at(self.ports, self.video_id, generation, "master.m3u8")
        except MediaNotFound:
            return
        listed = {name: await text_at(self.ports, self.video_id, generation, name) for name in addresses(master)}
        assert len({target for text in listed.values() for target in TARGET.findall(text)}) == 1, listed
        for name, text in listed.items():
            self.seen.setdefault((generation, name), text)
        for (of, name), before in list(self.seen.items()):
            now = await text_at(self.ports, self.video_id, of, name)
            if "#EXT-X-ENDLIST" in before:
                assert now == before
            else:
                assert now.startswith(before)
            await self._check(of, name, now)
            self.seen[of, name] = now

    async def _check(self, generation: int, name: str, text: str) -> None:
        (target,) = map(int, TARGET.findall(text))
        assert all(float(length) <= target for length in LENGTH.findall(text))
        for file in addresses(text):
            wanted = Wanted(VideoId(self.video_id), generation, f"{name.rpartition('/')[0]}/{file}")
            found = await find_media(self.ports, wanted, now=self.ports.clock())
            assert found.key is not None
            (await self.ports.blobs.open(found.key)).close()
