"""The composition root: settings in, every port wired, everything closed on the way out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from efir.adapters.media.converter import FfmpegConverter
from efir.adapters.media.probe import ConfinedProbe
from efir.adapters.media.sandbox import detect
from efir.adapters.postgres.migrate import newest
from efir.adapters.postgres.transactions import connected
from efir.adapters.redis.wakeups import DramatiqWakeups, redis_broker
from efir.adapters.secrets.addresses import CheckedAddresses
from efir.adapters.secrets.passwords import Argon2Passwords
from efir.adapters.secrets.randomness import new_id, new_secret, now
from efir.adapters.secrets.sealing import Sealer
from efir.adapters.storage.filesystem import FilesystemStore
from efir.application.context import Ports
from efir.application.keys import Keys
from efir.settings import Settings, SettingsRefused

SECRET_LEAST = 32
