"""Pages without a browser: forms, refusals, who may see what, and what is kept."""

import html
import posixpath
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from efir.domain.videos.video import VideoState, Visibility
from efir.drivers.web.kernel import failure_messages
from efir.drivers.web.kernel.i18n import catalogue
from efir.drivers.web.kernel.templates import HERE
from kit.drawings import drawing
from kit.pages.seeds import (
    LONG,
    PAGES,
    PASSWORD,
    a_house_of_videos,
    a_session,
    a_video,
    an_administration,
    somebody,
)

BROWSER = {"accept": "text/html,application/xhtml+xml", "accept-language": "en"}
MAX_HTML, MAX_CSS, MAX_JS = 40_000, 40_000, 60_000  # bytes of one page
MISSING = "0199d1e0-0000-7000-8000-000000000000"


@pytest.fixture
async def reader(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser without scripts."""
    client.headers.update(BROWSER)
    return client


def token_of(page: httpx.Response) -> str:
    """The token a page's forms carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def send(reader: httpx.AsyncClient, path: str, form: str | None = None, **fields: str) -> httpx.Response:
    """Fill in the form of a page and send it."""
    page = await reader.get(form or path)
    return await reader.post(path, data={"csrf_token": token_of(page), **fields})


async def signed_in(reader: httpx.AsyncClient, ports: Ports, user_id: UserId) -> None:
    """Give the browser a login session."""
    reader.cookies.set("sid", await a_session(ports, user_id), domain="efir.test")


async def told(reader: httpx.AsyncClient, **answers: str) -> httpx.Response:
    """Answer the questions of signing up, as forms do; gives the last answer."""
    steps = {"nickname": "name", "email": "email", "password": "password"}
    for field, value in answers.items():
        answer = await send(reader, f"/register/{steps[field]}", **{field: value})
    return answer


async def test_registering_in_steps_signs_in_and_welcomes(reader: httpx.AsyncClient) -> None:
    answer = await told(reader, nickname="ada", email="ada@example.org", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/register/picture")
    answer = await send(reader, "/register/finish", "/register/check")
    assert answer.status_code == 303
    page = await reader.get(answer.headers["location"])
    assert "Your channel is ready" in page.text
    assert "@ada" in page.text
    cookie = next(cookie for cookie in reader.cookies.jar if cookie.name == "sid")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert "reg" not in reader.cookies


async def test_who_signs_up_gets_to_the_page_they_wanted(reader: httpx.AsyncClient) -> None:
    page = await reader.get("/quiz?page=2&q=moon")
    assert 'href="/login?back=/quiz%3Fpage%3D2%26q%3Dmoon"' in page.text
    address = "/register?back=/quiz%3Fpage%3D2%26q%3Dmoon"
    assert f'href="{address}"' in page.text
    assert f'href="{address}"' in (await reader.get(address.replace("register", "login"))).text
    first = await reader.get(address)
    assert 'href="/login?back=/quiz%3Fpage%3D2%26q%3Dmoon"' in first.text
    await told(reader, nickname="ada", email="ada@example.org", password=PASSWORD)
    done = await send(reader, "/register/finish", "/register/check")
    assert done.headers["location"] == "/quiz?page=2&q=moon&notice=welcome"
    assert "Your channel is ready" in (await reader.get(done.headers["location"])).text
    assert "back" not in reader.cookies
    assert (await reader.get(address)).headers["location"] == "/quiz?page=2&q=moon"


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "/%5cevil.example", "javascript:alert(1)"])
async def test_nobody_is_sent_elsewhere_after_signing_up(reader: httpx.AsyncClient, back: str) -> None:
    page = await reader.get("/register", params={"back": back})
    assert 'href="/login?back=/"' in page.text
    reader.cookies.set("back", quote(back, safe=""), domain="efir.test")  # put there by somebody else
    await told(reader, nickname="ada", email="ada@example.org", password=PASSWORD)
    done = await send(reader, "/register/finish", "/register/check")
    assert done.headers["location"] == "/?notice=welcome"


async def test_pages_on_the_way_in_and_short_notices_are_no_goal(reader: httpx.AsyncClient) -> None:
    for path in ("/", "/login", "/forgot", "/?notice=account-closed"):
        page = await reader.get(path)
        assert 'href="/register"' in page.text, path
    assert 'href="/login?back=/quiz"' in (await reader.get("/quiz?notice=saved")).text


async def test_a_picture_is_sent_by_a_form_and_cut_by_numbers(reader: httpx.AsyncClient) -> None:
    await told(reader, nickname="ada", email="ada@example.org", password=PASSWORD)
    fields = {"csrf_token": token_of(await reader.get("/register/picture"))}
    refused = await reader.post("/register/picture", data=fields, files={"image": ("x.svg", b"<svg/>" * 30)})
    assert (refused.status_code, "Send a JPEG, PNG, WebP, GIF or AVIF picture" in refused.text) == (422, True)
    nothing = await reader.post("/register/picture", data=fields, files={"image": ("", b"")})
    assert (nothing.status_code, "Choose a picture" in nothing.text) == (422, True)
    large = await reader.post("/register/picture", data=fields, files={"image": ("x", bytes(11 << 20))})
    assert (large.status_code, "larger than 10 MB" in large.text) == (422, True)
    sent = await reader.post("/register/picture", data=fields, files={"image": ("x.jpg", drawing())})
    assert (sent.status_code, sent.headers["location"]) == (303, "/register/check")
    cut = await send(reader, "/register/crop", x="10", y="20", size="50")
    assert (cut.status_code, cut.headers["location"]) == (303, "/register/check")
    wrong = await send(reader, "/register/crop", x="far", y="0", size="500")
    assert (wrong.status_code, "numbers from 0 to 100" in wrong.text) == (422, True)
    forged = await reader.post("/register/picture", data={"csrf_token": "x.y"}, files={"image": ("x.jpg", drawing())})
    assert forged.status_code == 403


async def test_a_wrong_answer_keeps_what_was_typed_and_is_named(reader: httpx.AsyncClient) -> None:
    answer = await told(reader, nickname="admin")
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert 'value="admin"' in answer.text
    await told(reader, nickname="ada")
    answer = await told(reader, email="no")
    assert 'value="no"' in answer.text
    await told(reader, email="ada@example.org")
    answer = await told(reader, password="tiny-one")
    assert "tiny-one" not in answer.text
    assert 'href="#password"' in answer.text
    assert re.search(r'id="password"[^>]*aria-invalid="true"', answer.text)


async def test_a_taken_nickname_is_said_at_its_field(reader: httpx.AsyncClient, ports: Ports) -> None:
    await somebody(ports, "ada")
    answer = await told(reader, nickname="ADA")
    assert answer.status_code == 422
    assert 'href="#nickname">This nickname is taken' in answer.text


async def test_errors_are_said_in_the_language_of_the_page(reader: httpx.AsyncClient) -> None:
    reader.cookies.set("lang", "ru", domain="efir.test")
    answer = await told(reader, nickname="admin")
    assert '<html lang="ru"' in answer.text
    assert "<title>Ошибка: " in answer.text
    assert "Этот никнейм зарезервирован" in answer.text


async def test_a_wrong_password_says_nothing_about_the_account(reader: httpx.AsyncClient, ports: Ports) -> None:
    await somebody(ports, "ada")
    texts = []
    for name in ("ada", "nobody"):
        answer = await send(reader, "/login", login=name, password="wrong password")
        assert answer.status_code == 422
        texts.append(re.findall(r'<li><a href="#login">(.*?)</a>', answer.text))
    assert texts[0] == texts[1] != []


async def test_signing_in_leads_back_to_where_one_wanted_to_go(reader: httpx.AsyncClient, ports: Ports) -> None:
    await somebody(ports)
    sent = await reader.get("/upload")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?back=%2Fupload")
    answer = await send(reader, "/login", sent.headers["location"], login="ada", password=PASSWORD, back="/upload")
    assert (answer.status_code, answer.headers["location"]) == (303, "/upload")
    assert (await reader.get("/upload")).status_code == 200


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "\\evil", "javascript:alert(1)", "/a\nb", ""]
)
async def test_a_foreign_address_to_go_back_to_is_dropped(reader: httpx.AsyncClient, ports: Ports, back: str) -> None:
    await somebody(ports)
    answer = await send(reader, "/login", login="ada", password=PASSWORD, back=back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_signing_out_ends_the_session(reader: httpx.AsyncClient, ports: Ports) -> None:
    await signed_in(reader, ports, await somebody(ports))
    old = reader.cookies["sid"]
    answer = await send(reader, "/logout", "/")
    assert answer.status_code == 303
    assert "sid" not in reader.cookies
    reader.cookies.set("sid", old, domain="efir.test")
    assert (await reader.get("/studio")).headers["location"] == "/login?back=%2Fstudio"


@pytest.mark.parametrize("path", ["/login", "/register/name"])
async def test_a_form_without_its_token_is_not_accepted(reader: httpx.AsyncClient, ports: Ports, path: str) -> None:
    await somebody(ports)
    fields = {"login": "ada", "nickname": "eve", "email": "eve@example.org", "password": PASSWORD}
    await reader.get(path)
    for token in ("", "x.y"):
        answer = await reader.post(path, data=fields | {"csrf_token": token})
        assert answer.status_code == 403
        assert "open for too long" in answer.text
        assert "sid" not in reader.cookies


async def test_a_token_of_another_visitor_is_not_accepted(reader: httpx.AsyncClient, ports: Ports) -> None:
    await somebody(ports)
    token = token_of(await reader.get("/login"))
    reader.cookies.clear()
    await reader.get("/login")
    answer = await reader.post("/login", data={"csrf_token": token, "login": "ada", "password": PASSWORD})
    assert answer.status_code == 403


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
async def test_a_form_sent_from_another_site_is_not_accepted(
    reader: httpx.AsyncClient, ports: Ports, headers: dict[str, str]
) -> None:
    owner = await somebody(ports)
    video = await a_video(ports, owner)
    await signed_in(reader, ports, owner)
    token = token_of(await reader.get(f"/studio/{video}/delete"))
    answer = await reader.post(f"/studio/{video}/delete", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 403
    assert (await reader.get(f"/watch/{video}")).status_code == 200


async def test_a_video_is_changed_by_its_owner(reader: httpx.AsyncClient, ports: Ports) -> None:
    owner = await somebody(ports)
    video = await a_video(ports, owner)
    await signed_in(reader, ports, owner)
    fields = {
        "title": "  New   title ",
        "description": "one\r\n\r\ntwo",
        "tags": "rain, ,#sea",
        "visibility": "unlisted",
    }
    answer = await send(reader, f"/studio/{video}", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio?notice=saved")
    page = await reader.get(f"/studio/{video}")
    assert 'value="New title"' in page.text
    assert "one\n\ntwo</textarea>" in page.text
    assert 'value="rain, sea"' in page.text
    assert re.search(r'value="unlisted" checked', page.text)


async def test_a_wrong_change_keeps_what_was_typed(reader: httpx.AsyncClient, ports: Ports) -> None:
    owner = await somebody(ports)
    video = await a_video(ports, owner)
    await signed_in(reader, ports, owner)
    fields = {"title": " ", "description": "kept", "tags": "x", "visibility": "sideways"}
    answer = await send(reader, f"/studio/{video}", **fields)
    assert answer.status_code == 422
    assert "kept</textarea>" in answer.text
    for field in ("title", "tags", "visibility"):
        assert f'href="#{field}"' in answer.text


async def test_a_deleted_video_is_gone_from_every_page(reader: httpx.AsyncClient, ports: Ports) -> None:
    owner = await somebody(ports)
    video = await a_video(ports, owner, "Soon gone")
    await signed_in(reader, ports, owner)
    assert "Soon gone" in (await reader.get("/studio")).text
    answer = await send(reader, f"/studio/{video}/delete")
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio?notice=deleted")
    assert "Soon gone" not in (await reader.get("/studio")).text
    assert "Soon gone" not in (await reader.get("/")).text
    assert (await reader.get(f"/watch/{video}")).status_code == 404


async def test_a_failed_video_can_be_tried_again(reader: httpx.AsyncClient, ports: Ports) -> None:
    owner = await somebody(ports)
    video = await a_video(ports, owner, "x.mkv", VideoState.FAILED, failure="media-no-video")
    await signed_in(reader, ports, owner)
    page = await reader.get("/studio")
    assert "The file has no video in it." in page.text
    answer = await send(reader, f"/studio/{video}/retry", "/studio")
    assert answer.headers["location"] == "/studio?notice=again"
    assert "Processing" in (await reader.get("/studio")).text


@pytest.mark.parametrize("state", [VideoState.FAILED, VideoState.PLAYABLE])
@pytest.mark.parametrize(("failure", "again"), [("media-no-video", False), ("rendition-damaged", True), ("new", True)])
@pytest.mark.parametrize(("lang", "button", "link"), [
    ("en", "Try again", "Upload another file"), ("ru", "Повторить", "Загрузить другой файл")
])  # fmt: skip
async def test_the_owner_of_a_failed_video_is_offered_what_may_help_and_only_that(
    reader: httpx.AsyncClient, ports: Ports, state: VideoState, failure: str, lang: str, button: str, link: str,
    *, again: bool,
) -> None:  # fmt: skip
    owner = await somebody(ports)
    video = await a_video(ports, owner, "x.mkv", state, failure=failure)
    await signed_in(reader, ports, owner)
    reader.cookies.set("lang", lang)
    reason = failure_messages.of_failure(failure, catalogue(HERE / "locale", lang))
    for path in ("/studio", f"/studio/{video}", f"/watch/{video}"):
        text = without_icons(await reader.get(path))
        assert (f"{button}</button></form>" in text) is again, path
        assert (f'action="/studio/{video}/retry"' in text) is again, path
        assert (f'href="/upload">{link}</a>' in text) is not again, path
        assert reason in text
        assert "data-dial-left" not in text
    reader.cookies.delete("sid")
    stranger = without_icons(await reader.get(f"/watch/{video}"))
    assert reason not in stranger
    assert "/retry" not in stranger


def without_icons(page: httpx.Response) -> str:
    """Markup as a person reads it, but for tags."""
    return html.unescape(re.sub(r"<svg.*?</svg>", "", page.text, flags=re.DOTALL))


async def test_a_second_press_of_try_again_is_no_error(reader: httpx.AsyncClient, ports: Ports) -> None:
    owner = await somebody(ports)
    video = await a_video(ports, owner, "x.mkv", VideoState.FAILED, failure="rendition-damaged")
    await signed_in(reader, ports, owner)
    for _ in range(2):
        answer = await send(reader, f"/studio/{video}/retry", "/studio")
        assert (answer.status_code, answer.headers["location"]) == (303, "/studio?notice=again")


@pytest.mark.parametrize("who", ["stranger", "somebody else"])
async def test_the_studio_of_others_is_closed(reader: httpx.AsyncClient, ports: Ports, who: str) -> None:
    owner = await somebody(ports)
    video = await a_video(ports, owner)
    if who == "somebody else":
        await signed_in(reader, ports, await somebody(ports, "eve"))
    for path in (f"/studio/{video}", f"/studio/{video}/delete"):
        answer = await reader.get(path)
        assert answer.status_code == (404 if who == "somebody else" else 303), path
    token = token_of(await reader.get("/login")) if who == "stranger" else token_of(await reader.get("/studio"))
    for path in (f"/studio/{video}", f"/studio/{video}/delete", f"/studio/{video}/retry"):
        answer = await reader.post(path, data={"csrf_token": token, "title": "Mine", "visibility": "public"})
        assert answer.status_code == (404 if who == "somebody else" else 303), path
    assert "A walk in the rain" in (await reader.get(f"/watch/{video}")).text


async def test_a_private_video_does_not_exist_for_others(reader: httpx.AsyncClient, ports: Ports) -> None:
    owner = await somebody(ports)
    video = await a_video(ports, owner, "Secret", visibility=Visibility.PRIVATE)
    answer = await reader.get(f"/watch/{video}")
    assert answer.status_code == 404
    assert "Secret" not in answer.text
    assert "There is nothing at this address" in answer.text
    await signed_in(reader, ports, await somebody(ports, "eve"))
    answer = await reader.get(f"/watch/{video}")
    assert answer.status_code == 404
    assert "Secret" not in answer.text
    await signed_in(reader, ports, owner)
    assert "Secret" in (await reader.get(f"/watch/{video}")).text


@pytest.mark.parametrize("path", ["/nothing", f"/watch/{MISSING}", "/watch/no-id", "/?cursor=forged"])
async def test_browsers_get_errors_as_pages_and_programs_as_problems(reader: httpx.AsyncClient, path: str) -> None:
    page = await reader.get(path)
    assert page.status_code == (400 if "cursor" in path else 404)
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1>" in page.text
    assert page.headers["x-request-id"] in page.text
    problem = await reader.get(path, headers={"accept": "application/json"})
    assert problem.status_code == page.status_code
    assert problem.headers["content-type"] == "application/problem+json"


async def test_unknown_addresses_of_the_api_stay_problems(reader: httpx.AsyncClient) -> None:
    answer = await reader.get("/api/v1/nothing")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_typed_text_is_never_markup(reader: httpx.AsyncClient, ports: Ports) -> None:
    evil = '"><script>alert(1)</script>'
    owner = await somebody(ports)
    video = await a_video(ports, owner, evil, description=evil + " https://example.org/?a=1&b=2")
    await signed_in(reader, ports, owner)
    for path in ("/", f"/watch/{video}", "/studio", f"/studio/{video}", f"/studio/{video}/delete", f"/nothing?{evil}"):
        page = await reader.get(path)
        assert "<script>" not in page.text, path
        assert "alert(1)</script>" not in page.text, path
    watch = (await reader.get(f"/watch/{video}")).text
    assert '<a href="https://example.org/?a=1&amp;b=2" rel="' in watch
    assert html.escape(evil).replace("&quot;", "&#34;") in watch


async def test_long_titles_are_whole_on_their_own_page(reader: httpx.AsyncClient, ports: Ports) -> None:
    owner = await somebody(ports)
    video = await a_video(ports, owner, LONG)
    assert f"<h1>{LONG}</h1>" in (await reader.get(f"/watch/{video}")).text


async def test_every_page_closes_itself_against_foreign_code(reader: httpx.AsyncClient, ports: Ports) -> None:
    owner = await somebody(ports)
    videos = await a_house_of_videos(ports, owner) | await an_administration(ports, owner)
    await signed_in(reader, ports, owner)
    for path in ("/", "/upload", "/studio", f"/watch/{videos['ready']}", f"/studio/{videos['ready']}", "/nothing"):
        page = await reader.get(path)
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*(src=|application/json))", page.text), path
        assert not re.search(r"<[^>]+\sstyle=|<style|\son\w+=", page.text), path
        assert page.headers["cache-control"] == "private, no-cache"
        assert page.headers["x-content-type-options"] == "nosniff"


async def test_an_unchanged_page_is_not_sent_again(reader: httpx.AsyncClient, ports: Ports) -> None:
    await signed_in(reader, ports, await somebody(ports))
    first = await reader.get("/studio")
    again = await reader.get("/studio", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    reader.cookies.set("theme", "dark", domain="efir.test")
    other = await reader.get("/studio", headers={"if-none-match": first.headers["etag"]})
    assert (other.status_code, 'data-theme="dark"' in other.text) == (200, True)


async def test_colours_and_language_are_remembered_without_scripts(reader: httpx.AsyncClient) -> None:
    for field, value, sign in (("theme", "dark", 'data-theme="dark"'), ("lang", "ru", '<html lang="ru"')):
        answer = await reader.post("/preferences", data={field: value, "back": "/register"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/register")
        assert sign in (await reader.get("/")).text
    await reader.post("/preferences", data={"theme": '"><script>'})
    assert reader.cookies["theme"] == "dark"
    foreign = await reader.post("/preferences", data={"lang": "en"}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403


async def test_a_long_list_goes_on_at_a_link(reader: httpx.AsyncClient, ports: Ports) -> None:
    owner = await somebody(ports)
    for number in range(30):
        await a_video(ports, owner, f"Number {number}")
    seen: list[str] = []
    path: str | None = "/"
    while path:
        page = await reader.get(path)
        assert page.status_code == 200
        seen += re.findall(r">(Number \d+)</a>", page.text)
        following = re.search(r'href="([^"]+)" rel="next"', page.text)
        path = html.unescape(following[1]) if following else None
    assert seen == [f"Number {number}" for number in reversed(range(30))]


async def test_visitors_get_no_cookie_until_a_form_needs_one(reader: httpx.AsyncClient) -> None:
    assert "set-cookie" not in (await reader.get("/")).headers
    assert "pre=" in (await reader.get("/login")).headers["set-cookie"]


async def test_a_form_too_large_is_refused_as_a_page(reader: httpx.AsyncClient) -> None:
    page = await reader.get("/login")
    answer = await reader.post("/login", data={"csrf_token": token_of(page), "login": "x" * (2 << 20)})
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")


async def test_pages_answer_head(reader: httpx.AsyncClient, ports: Ports) -> None:
    video: UUID = await a_video(ports, await somebody(ports))
    for path in ("/", f"/watch/{video}"):
        assert (await reader.head(path)).status_code == 200


def addresses(page: str, pattern: str) -> set[str]:
    """Own addresses that a page names."""
    found = {html.unescape(link).partition("#")[0] for link in re.findall(pattern, page)}
    return {link for link in found if link.startswith("/")}


async def weight(reader: httpx.AsyncClient, scripts: set[str]) -> int:
    """Bytes of modules and of all they import."""
    seen: dict[str, int] = {}
    while new := scripts - seen.keys():
        for script in new:
            text = (await reader.get(script)).text
            seen[script] = len(text.encode())
            imports = re.findall(r"""["'](\.{1,2}/[\w./-]+\.js)["']""", text)
            scripts |= {posixpath.normpath(posixpath.join(posixpath.dirname(script), name)) for name in imports}
    return sum(seen.values())


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_light(reader: httpx.AsyncClient, ports: Ports, name: str) -> None:
    owner = await somebody(ports)
    path, signed = PAGES[name]
    videos = await a_house_of_videos(ports, owner) | await an_administration(ports, owner)
    if signed:
        await signed_in(reader, ports, owner)
    page = (await reader.get(path.format(**videos))).text
    styles = addresses(page, r'<link rel="stylesheet" href="([^"]+)"')
    modules = addresses(page, r'<script type="module" src="([^"]+)"')
    assert 0 < len(page.encode()) <= MAX_HTML
    assert 0 < sum([len((await reader.get(style)).content) for style in styles]) <= MAX_CSS
    assert 0 < await weight(reader, modules) <= MAX_JS
    foreign = {link.rpartition("/")[2].partition(".")[0] for link in addresses(page, r'<script src="([^"]+)"')}
    assert foreign <= {"htmx"}, "hls.js is loaded by a video that needs it"


@pytest.mark.parametrize("signed", [True, False])
async def test_every_link_of_every_page_leads_somewhere(
    reader: httpx.AsyncClient, ports: Ports, *, signed: bool
) -> None:
    owner = await somebody(ports)
    videos = await a_house_of_videos(ports, owner) | await an_administration(ports, owner)
    if signed:
        await signed_in(reader, ports, owner)
    links = set()
    for path, _ in PAGES.values():
        page = await reader.get(path.format(**videos), follow_redirects=True)
        links |= addresses(page.text, r'(?:href|src|hx-get)="([^"]+)"')
    assert len(links) > 20
    for link in sorted(links):
        answer = await reader.get(link, follow_redirects=True)
        assert answer.status_code < 400, link


async def test_a_person_is_shown_with_what_is_public_and_nothing_else(
    reader: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    ada = await somebody(ports)
    await connection.execute("update user_account set phone = '+31201234567', email_verified_at = now()")
    for title, visibility in (("For all", Visibility.PUBLIC), ("Linked", Visibility.UNLISTED), ("Own", "private")):
        await a_video(ports, ada, title, visibility=Visibility(visibility))
    await a_video(ports, await somebody(ports, "eve"), "Of another")
    page = await reader.get("/u/ada")
    assert page.status_code == 200
    assert "For all" in page.text
    for hidden in ("Linked", "Own", "Of another", "ada@example.org", "31201234567"):
        assert hidden not in page.text
    listed = (await reader.get("/api/v1/videos", params={"user": "ADA"})).json()["items"]
    assert [video["title"] for video in listed] == ["For all"]
    assert (await reader.get("/api/v1/videos", params={"user": "nobody"})).json()["items"] == []
    missing = await reader.get("/u/nobody")
    assert missing.status_code == 404
    assert "<h1" in missing.text
    await connection.execute("update user_account set status = 'pending_delete' where nickname = 'ada'")
    assert (await reader.get("/u/ada")).status_code == 404


async def test_the_videos_of_a_person_go_on(reader: httpx.AsyncClient, ports: Ports) -> None:
    ada = await somebody(ports)
    for number in range(25):
        await a_video(ports, ada, f"Part {number:02}", age=timedelta(hours=number))
    page = await reader.get("/u/ada")
    assert "Part 24" not in page.text
    following = re.search(r'href="(/u/ada\?cursor=[^"]+)" rel="next"', page.text)
    assert following
    assert "Part 24" in (await reader.get(html.unescape(following[1]))).text
