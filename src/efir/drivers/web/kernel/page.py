"""The one thing a page handler is given: who looks, in which language and colours, and how to answer."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from gettext import NullTranslations
from http import HTTPStatus
from math import ceil
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from efir.application.auth import csrf
from efir.application.context import Call
from efir.domain.access.permissions import Permission
from efir.domain.auth.sessions import CsrfFailed
from efir.domain.kernel.errors import DomainError, Forbidden, TooMany, Unavailable
from efir.drivers._asgi.cookies import VISITOR, cookie_name, make_short_cookie
from efir.drivers._asgi.same_origin import require_same_origin
from efir.drivers.web.kernel import error_messages, layout
from efir.drivers.web.kernel.forms import Form, Problem
from efir.drivers.web.kernel.i18n import choose_language
from efir.drivers.web.kernel.templates import Templates
from efir.ports.access.credential_cache import Credential

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "private, no-cache",
    "vary": "Cookie, Accept-Language",
}
MINUTE = timedelta(minutes=1)
ADMINISTRATION = (Permission.USERS_READ, Permission.ROLES_READ, Permission.AUDIT_READ)
OWN_STATUS = (Forbidden, TooMany, Unavailable)  # every other refusal of a form is 422: the reader can mend it


@dataclass(frozen=True)
class Shared:
    """What every page uses: its templates, and the statuses that the JSON driver gives errors."""

    templates: Templates
    status_of: Callable[[type[DomainError]], int]


class Page:
    """One page that is being made."""

    def __init__(self, request: Request[Any, Any, Any], shared: Shared, call: Call | None) -> None:
        """Without a call (the router found no page) nothing is known of the reader but language and colours."""
        self.request = request
        self.shared = shared
        self._call = call
        self.lang = choose_language(request.cookies.get("lang"), request.headers.get("accept-language", ""))

    @property
    def call(self) -> Call:
        """Who asks, and with what."""
        if self._call is None:
            raise LookupError("this page has no call")
        return self._call

    @property
    def words(self) -> NullTranslations:
        """Texts in the language of the page."""
        return self.shared.templates.words(self.lang)

    @property
    def here(self) -> str:
        """Path and query of this page."""
        url = self.request.url
        return url.path + (f"?{url.query}" if url.query else "")

    @property
    def viewer(self) -> layout.Viewer | None:
        """The signed-in person."""
        found = None if self._call is None else self._call.credential
        if found is None or found.session_id is None:
            return None
        return layout.Viewer(
            id=str(found.user_id), name=found.display_name, nickname=found.nickname,
            picture=self.call.ports.links.avatar(found.avatar_id, 128),
            left=self._minutes_left(found),
            administers=any(self.call.may(permission) for permission in ADMINISTRATION),
        )  # fmt: skip

    def _minutes_left(self, found: Credential) -> int:
        """How long somebody else's place is still taken; 0 for oneself."""
        if not self.call.looks_on or found.expires_at is None:
            return 0
        return max(1, ceil((found.expires_at - self.call.now) / MINUTE))

    def render(
        self, template: str, *, status: int = HTTPStatus.OK, cookies: Sequence[Cookie] = (), **data: Any
    ) -> Response[str]:
        """Return a page; one that did not change since the reader last got it is not sent again."""
        body = self.shared.templates.render(template, self.lang, **self._frame() | data)
        cookies = [*cookies, *self._visitor_cookies()]
        if status != HTTPStatus.OK:
            headers = HEADERS
        else:
            headers = HEADERS | {"etag": self._tag(body)}
            if headers["etag"] in self.request.headers.get("if-none-match", "") and not cookies:
                return Response("", status_code=304, headers=headers)
        return Response(body, status_code=status, media_type="text/html", headers=headers, cookies=cookies)

    def redirect(self, to: str, *, cookies: Sequence[Cookie] = ()) -> Response[str]:
        """Send the browser on after a form."""
        return Response("", status_code=303, headers={"location": to, "cache-control": "no-store"}, cookies=cookies)

    def refuse(
        self,
        template: str,
        values: dict[str, str],
        error: DomainError,
        *,
        renamed: Mapping[str, str] | None = None,
        **data: Any,
    ) -> Response[str]:
        """Return the form again, with what was typed and what is wrong.

        `renamed` are fields that have other names on a page of several forms.
        """
        wrong = error_messages.word_error(error, self.words)
        form = Form(values, tuple(Problem((renamed or {}).get(name, name), text) for name, text in wrong))
        status = self.shared.status_of(type(error)) if isinstance(error, OWN_STATUS) else 422
        return self.render(template, status=status, form=form, failed=True, **data)

    def check(self, values: dict[str, str]) -> None:
        """Raises CsrfFailed unless the form comes from a page that was given to this reader."""
        require_same_origin(self.request.headers, origin=self.call.ports.origin)
        if not self._bound_to:
            raise CsrfFailed
        csrf.check(self.call.ports.keys, self._bound_to, values.get("csrf_token"))

    @cached_property
    def token(self) -> str:
        """What forms of this page carry: bound to the login session, before that to a cookie of the visitor."""
        return csrf.issue(self.call.ports.keys, self._bound_to or self._new_visitor, self.call.ports.new_secret())

    @property
    def _bound_to(self) -> str:
        found = self.call.credential
        if found is not None and found.session_id is not None:
            return str(found.session_id)
        visitor = self.request.cookies.get(self._visitor_name)
        return f"visitor {visitor}" if visitor else ""

    @cached_property
    def _new_visitor(self) -> str:
        return f"visitor {self.call.ports.new_secret()}"

    @property
    def _visitor_name(self) -> str:
        return cookie_name(VISITOR, origin=self.call.ports.origin)

    def _visitor_cookies(self) -> list[Cookie]:
        """The cookie a new visitor's token is bound to, when the page shows a form that needs one."""
        if "_new_visitor" not in self.__dict__:
            return []
        return [make_short_cookie(self.call, VISITOR, self._new_visitor.removeprefix("visitor "), seconds=None)]

    def _tag(self, body: str) -> str:
        """Validator of a page; the token differs each time and an older one is as good."""
        stable = body.replace(self.token, "") if "token" in self.__dict__ else body
        return f'W/"{hashlib.sha256(stable.encode()).hexdigest()[:20]}"'

    def _frame(self) -> dict[str, Any]:
        return layout.frame_facts(self.request, self.words, here=self.here) | {
            "viewer": self.viewer,
            "nobody": self._call is None,
            "csrf": lambda: self.token,
            "now": None if self._call is None else self._call.now,
            "origin": "" if self._call is None else self._call.ports.origin,
            "failed": False,
        }
