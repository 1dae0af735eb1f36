from typing import Any

from builders import Person
from efir.application.context import Ports
from efir.application.sessions import create_api_token
from efir.domain.users import UserId


class People:
    """Makes people without the slow hashing of a password."""

    def __init__(self, ports: Ports, connection: Any) -> None:
        self._ports = ports
        self._connection = connection

    async def __call__(self, nickname: str, scopes: list[str] | None = None) -> Person:
        found = await self._connection.fetchval(
            "insert into user_account (nickname, display_name) values ($1, $1) returning id", nickname
        )
        now = self._ports.clock()
        made = await create_api_token(
            self._ports, owner=UserId(found), name="x", scopes=scopes, expires_in=None, now=now
        )
        return Person(nickname, str(found), made.token)
