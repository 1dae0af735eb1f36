"""People and videos that pages show, put straight into the database."""

import hashlib
import math
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from efir.application.access.actors import OPERATOR
from efir.application.access.bans import ban_user
from efir.application.access.roles import create_role, grant_role
from efir.application.audio.conversion import sound_key
from efir.application.auth.sessions import log_in
from efir.application.context import Ports, Visitor
from efir.domain.audio.records import AudioRecord, RecordId, RecordState
from efir.domain.audio.wav import read_wav
from efir.domain.auth.sessions import LoginSession
from efir.domain.channels import Channel, ChannelId
from efir.domain.kernel.ids import SessionId, UserId, VideoId
from efir.domain.quiz import Candidate, RawQuestion, candidate
from efir.domain.users import User, skeleton
from efir.domain.videos.video import Video, VideoState, Visibility
from efir.ports.audio import ConvertedAudio, Loudness
from efir.ports.processing.media import MediaFile
from kit.audio import waves

PASSWORD = "a long quiet evening"
# Every page: its address, and whether somebody is signed in.
PAGES = {
    "main": ("/", True),
    "main for strangers": ("/", False),
    "login": ("/login", False),
    "register": ("/register", False),
    "upload": ("/upload", True),
    "studio": ("/studio?notice=saved", True),
    "edit": ("/studio/{ready}", True),
    "edit failed": ("/studio/{failed}", True),
    "delete": ("/studio/{ready}/delete", True),
    "watch": ("/watch/{long}", True),
    "watch working": ("/watch/{working}", True),
    "watch failed": ("/watch/{failed}", True),
    "edit incomplete": ("/studio/{incomplete}", True),
    "watch incomplete": ("/watch/{incomplete}", True),
    "quiz": ("/quiz?question={question}&answer={question}", False),
    "quiz for somebody": ("/quiz?q=called", True),
    "audio": ("/audio", True),
    "edit recording": ("/audio/{recording}/edit", True),
    "forgot": ("/forgot?notice=reset-asked", False),
    "restore": ("/restore", False),
    "confirm": ("/confirm", True),
    "profile": ("/settings/profile?notice=saved", True),
    "picture": ("/settings/avatar", True),
    "person": ("/u/ada", False),
    "own page": ("/u/ada", True),
    "person without videos": ("/u/eve-with-quite-a-long-nickname", False),
    "security": ("/settings/security", True),
    "change email": ("/settings/security/email", True),
    "change password": ("/settings/security/password", True),
    "data": ("/settings/data", True),
    "delete account": ("/settings/data/delete", True),
    "mailbox": ("/mailbox", True),
    "two steps": ("/settings/two-factor", True),
    "set up an app": ("/settings/two-factor/app", True),
    "passkeys": ("/settings/passkeys", True),
    "other services": ("/settings/identities", True),
    "confirm that it is you": ("/login?again=true&back=/settings/passkeys", True),
    "nothing": ("/nothing", True),
    "accounts": ("/admin/users", True),
    "account": ("/admin/users/{eve}", True),
    "roles": ("/admin/roles", True),
    "new role": ("/admin/new-role", True),
    "audit": ("/admin/audit", True),
    "devices": ("/settings/devices", True),
    "logins": ("/settings/logins", True),
    "tokens": ("/settings/tokens", True),
}
VISITOR = Visitor(ip="203.0.113.7", user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
LONG = "Путешествие по Кольскому полуострову зимой: северное сияние, Териберка, киты и старый автобус — без сокращений"

RAIN = waves.plain(seconds=1, rate=8000)
PEAKS = bytes(
    value & 0xFF
    for n in range(1660)
    for value in (-round(90 * abs(math.sin(n / 40))), round(110 * abs(math.sin(n / 30))))
)


_hashes: dict[str, bytes] = {}  # hashing is slow on purpose, and every test needs the same one


async def somebody(ports: Ports, nickname: str = "ada") -> UserId:
    """Store a user with a channel."""
    if PASSWORD not in _hashes:
        _hashes[PASSWORD] = await ports.auth.passwords.hash(PASSWORD)
    now, user_id, email = ports.clock(), UserId(ports.new_id()), f"{nickname}@example.org"
    user = User(
        id=user_id, nickname=nickname, nick_skel=skeleton(nickname), display_name=nickname, email=email,
        email_key=email, created_at=now,
    )  # fmt: skip
    channel = Channel(
        id=ChannelId(ports.new_id()), owner_id=user_id, handle=nickname, title=nickname, description="", created_at=now
    )
    async with ports.begin() as tx:
        await tx.users.add(user, _hashes[PASSWORD])
        await tx.channels.add(channel)
    return user_id


async def a_session(ports: Ports, user_id: UserId) -> str:
    """Start a login session; answers the secret for the cookie."""
    now, secret, later = ports.clock(), ports.new_secret(), ports.clock() + timedelta(days=1)
    session = LoginSession(
        id=SessionId(ports.new_id()), user_id=user_id, secret_hash=hashlib.sha256(secret.encode()).digest(),
        auth_time=now, created_at=now, seen_at=now, idle_expires=later, abs_expires=later, ip=None, ua="", amr=["pwd"],
    )  # fmt: skip
    async with ports.begin() as tx:
        await tx.sessions.add(session)
    return secret


async def a_video(
    ports: Ports,
    owner: UserId,
    title: str = "A walk in the rain",
    state: VideoState = VideoState.READY,
    visibility: Visibility = Visibility.PUBLIC,
    *,
    description: str = "",
    age: timedelta = timedelta(),
    failure: str = "",
) -> UUID:
    """Store a video in some state, without files."""
    now = ports.clock() - age
    video_id = VideoId(ports.new_id())
    async with ports.begin() as tx:
        channel = await tx.channels.first_of(owner)
        await tx.videos.add(
            Video(
                id=video_id, channel_id=channel.id, owner_id=owner, title=title, description=description,
                tags=["rain", "city"], visibility=visibility, state=VideoState.UPLOADED, generation=1, access_epoch=0,
                source_key="src/none", created_at=now, updated_at=now,
            )
        )  # fmt: skip
        if state is not VideoState.UPLOADED:
            facts = {"failure_code": failure, "failure_detail": failure} if failure else {"duration": 83.0}
            await tx.videos.set_state(video_id, state, now=now, **facts)
    return video_id


QUESTIONS = (
    ("What is the place “Germany” called in Finnish?", "Saksa", "Places in Finnish", "medium"),
    ("In which script is Amharic usually written?", "Ethiopic", "Scripts", "hard"),
    ("What is the official language of Brazil, as people there have called it for centuries?", "Portuguese", None,
     "easy"),
)  # fmt: skip


async def some_questions(ports: Ports) -> list[UUID]:
    """Store questions of every difficulty."""
    found = [
        candidate(RawQuestion(question=q, answer=a, category=c, difficulty=d), source="cldr", licence="Unicode-3.0")
        for q, a, c, d in QUESTIONS
    ]
    async with ports.begin() as tx:
        usable = [one for one in found if isinstance(one, Candidate)]
        added = await tx.questions.add(usable, most=len(usable), least=0, now=ports.clock())
    return [row.id for row in added.saved]


async def some_recordings(ports: Ports, owner: UserId) -> UUID:
    """Store one recording of every state; answers the one that is ready, which is silence of no format."""
    wav = read_wav(lambda offset, length: RAIN[offset : offset + length], len(RAIN), ports.limits)
    loudness, file = Loudness(-16.2, 4.0, -1.5), MediaFile(path=Path(), size=120_000, sha256="00" * 32)
    made = ConvertedAudio(
        file=file, duration=83.0, channels=1, sample_rate=8000, loudness=loudness, peaks=PEAKS, samples_per_pixel=400,
        cpu_seconds=0.0, warnings=(),
    )  # fmt: skip
    async with ports.begin() as tx:
        for title, state in ((LONG, "failed"), ("Rain", "ready"), ("W" * 120, "queued")):
            record = AudioRecord(
                id=RecordId(ports.new_id()), owner_id=owner, title=title, state=RecordState.QUEUED,
                source_sha256=title.encode(), source_bytes=1, created_at=ports.clock(),
            )  # fmt: skip
            await tx.audio.add(record, wav, store="database")
            if state == "ready":
                ready = record.id
                await tx.audio.set_ready(record.id, made, store="database")
                await tx.blobs.put_bytes(sound_key(record.id), bytes(made.file.size))
            elif state == "failed":
                await tx.audio.set_failed(record.id, code="audio-undecodable", detail="")
    return ready


async def a_house_of_videos(ports: Ports, owner: UserId) -> dict[str, UUID]:
    """Store one video of every kind a page can show."""
    recording = await some_recordings(ports, owner)
    lines = "\n".join(f"Line {number} of a long description." for number in range(12))
    return {
        "recording": recording,
        "question": (await some_questions(ports))[0],
        "ready": await a_video(
            ports, owner, "How a lighthouse works", description=f"See https://example.org\n\n{lines}"
        ),
        "long": await a_video(ports, owner, LONG, age=timedelta(days=40)),
        "wide": await a_video(ports, owner, "W" * 120, visibility=Visibility.UNLISTED, age=timedelta(days=800)),
        "working": await a_video(ports, owner, "On its way", VideoState.PROCESSING, Visibility.PRIVATE),
        "failed": await a_video(ports, owner, "broken.mkv", VideoState.FAILED, failure="media-no-video"),
        "incomplete": await a_video(
            ports, owner, "Halfway there", VideoState.PLAYABLE, failure="rendition-damaged", age=timedelta(days=1)
        ),
    }


async def an_administration(ports: Ports, owner: UserId) -> dict[str, UUID]:
    """Make the owner an administrator with a role, a grant and a ban to look at; answers who was banned."""
    now = ports.clock()
    await grant_role(
        ports, OPERATOR, user_id=owner, name="administrator", expires_at=None, reason="by the operator", now=now
    )
    await create_role(
        ports, OPERATOR, name="editor", description="Looks after titles.", permissions=["moderation", "cinema:watch"],
        now=now,
    )  # fmt: skip
    eve = await somebody(ports, "eve-with-quite-a-long-nickname")
    later = now + timedelta(days=30)
    await grant_role(ports, OPERATOR, user_id=eve, name="editor", expires_at=later, reason="Until spring.", now=now)
    await log_in(ports, login="eve-with-quite-a-long-nickname", password=PASSWORD, visitor=VISITOR, now=now)
    await ban_user(ports, OPERATOR, user_id=eve, reason="Advertising in every comment.", until=later, now=now)
    return {"eve": eve}
