"""The credential cache in Valkey; its rules are in `ports/access/credential_cache.py`.

`a:gen` is the generation. A copy is a hash: `g` its generation, `m` the marks it depends on, `p` the credential. `x:…`
is a tombstone, `v:…` a lowest acceptable version. Both outlive every copy that they can invalidate: a copy lives 15
minutes, and one whose lookup was more than a minute ago is not stored.
"""

import secrets
from collections.abc import Sequence

import msgspec
import structlog

from efir.adapters.redis.connection import GENERATION, Script, Valkey, ValkeyUnavailable
from efir.domain.kernel.errors import Unavailable
from efir.ports.access.credential_cache import CacheLookup, Change, Credential

COPY_SECONDS = 900.0
MARK_MILLISECONDS = 20 * 60_000
EVENTS = "a:events"
EVENTS_KEPT = 100_000
VALID = """
local function valid(marks)
  local m = cmsgpack.unpack(marks)
  for _, key in ipairs(m[1]) do if redis.call('EXISTS', key) == 1 then return false end end
  for _, pair in ipairs(m[2]) do
    local floor = redis.call('GET', pair[1])
    if floor and tonumber(floor) > pair[2] then return false end
  end
  return true
end
"""
FIND = Script(
    VALID
    + """
local gen = redis.call('GET', KEYS[1])
if not gen then gen = ARGV[1]; redis.call('SET', KEYS[1], gen) end
if KEYS[3] and redis.call('EXISTS', KEYS[3]) == 1 then return {'', ''} end
local told = redis.call('TIME')[1] .. ' ' .. gen
local copy = redis.call('HMGET', KEYS[2], 'g', 'm', 'p')
if not copy[3] or copy[1] ~= gen or not valid(copy[2]) then return {told} end
return {told, copy[3]}
"""
)
KEEP = Script(
    VALID
    + """
local asked, gen = string.match(ARGV[1], '^(%d+) (.+)$')
if tonumber(redis.call('TIME')[1]) - tonumber(asked) > 60 then return 0 end
if redis.call('GET', KEYS[1]) ~= gen or not valid(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[2], 'g', gen, 'm', ARGV[2], 'p', ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1
"""
)
FORGET = Script(
    """
for i = 4, #ARGV, 3 do
  local kind, id, version = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  if version > 0 then
    local floor = redis.call('GET', 'v:' .. kind .. ':' .. id)
    if not floor or tonumber(floor) < version then
      redis.call('SET', 'v:' .. kind .. ':' .. id, version, 'PX', ARGV[3])
    end
  else
    redis.call('SET', 'x:' .. kind .. ':' .. id, 1, 'PX', ARGV[3])
  end
  redis.call('XADD', ARGV[1], 'MAXLEN', '~', ARGV[2], '*', 'kind', kind, 'id', id)
end
return redis.status_reply('OK')
"""
)
log = structlog.get_logger("efir.copies")
_decoder = msgspec.msgpack.Decoder(Credential)


class CredentialCacheUnavailable(Unavailable):
    """The change is stored, but not every process is known to apply it yet."""

    code = "not-everywhere-yet"
    title = "The change is stored, but not in force everywhere yet"

    def __init__(self) -> None:
        super().__init__(retry_after=1)


class ValkeyCredentialCache:
    """Cached copies of credentials."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    async def find(self, key: str, *, signed_by: str = "") -> CacheLookup:
        """Look up a copy in one round trip. Never raises. `signed_by` is the signing key of an access token."""
        keys = [GENERATION, f"c:{key}", *([f"x:key:{signed_by}"] if signed_by else [])]
        try:
            answer = await self._valkey.run(FIND, keys, [secrets.token_hex(8)])
        except ValkeyUnavailable:
            return CacheLookup(None, None)
        told, *found = answer
        if not told:
            return CacheLookup(None, None, refused=True)
        return CacheLookup(_decoder.decode(found[0]) if found else None, told.decode())

    async def keep(self, key: str, credential: Credential, *, generation: str, seconds: float) -> None:
        """Cache a copy for `seconds` unless it was invalidated after `generation` was returned. Never raises."""
        milliseconds = int(min(seconds, COPY_SECONDS) * 1000)
        if milliseconds <= 0:
            return
        body = msgspec.msgpack.encode(credential)
        try:
            await self._valkey.run(
                KEEP,
                [GENERATION, f"c:{key}"],
                [generation, msgspec.msgpack.encode(marks(credential)), body, milliseconds],
            )
        except ValkeyUnavailable:
            return

    async def forget(self, changes: list[Change]) -> None:
        """Invalidate copies in every process and notify event streams.

        Raises CredentialCacheUnavailable when success is uncertain.
        """
        flat = [part for change in changes for part in (change.kind, change.id, change.version)]
        try:
            await self._valkey.run(FORGET, [], [EVENTS, EVENTS_KEPT, MARK_MILLISECONDS, *flat], insist=True)
        except ValkeyUnavailable as error:
            raise CredentialCacheUnavailable from error


def marks(credential: Credential) -> tuple[Sequence[str], Sequence[tuple[str, int]]]:
    """Return the tombstones that end a credential, and the versions it was read at."""
    ended = [f"x:session:{credential.session_id}"] if credential.session_id else [f"x:token:{credential.token_id}"]
    versions = [(f"v:user:{credential.user_id}", credential.version)]
    versions += [(f"v:role:{role}", version) for role, version in credential.role_versions]
    return ended, versions
