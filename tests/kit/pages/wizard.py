"""Going through the wizard in a browser, and pictures to send."""

import base64
import re
from typing import Any

from playwright.async_api import Page, expect

from efir.application.accounts.federated_signup import begin_federated_signup
from efir.application.context import Ports, Visitor
from efir.ports.auth.identities import ProviderSession
from efir.ports.auth.oidc import Claims
from kit.authenticator_app import App
from kit.drawings import drawing
from kit.fixtures.pages import Tab
from kit.pages.seeds import PASSWORD

DROP = """([name, type, data, selector]) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type }));
  const target = document.querySelector(selector);
  for (const kind of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
  }
}"""
PASTE = """([name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type }));
  document.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: carried }));
}"""


async def go_on(page: Page) -> None:
    """Press Continue."""
    await page.locator("main form .primary").click()


async def answered(here: Tab, *, nickname: str = "ada", upto: str = "picture") -> None:
    """Answer the questions before a step, by their forms but without showing them, and open that step."""
    answers = {"name": ("nickname", nickname), "email": ("email", f"{nickname}@example.org")}
    for step, (field, answer) in (answers | {"password": ("password", PASSWORD)}).items():
        if step == upto:
            break
        address = f"{here.site}/register/{step}"
        form = await (await here.context.request.get(address)).text()
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token, form
        fields = {"csrf_token": token[1], field: answer}
        sent = await here.context.request.post(address, form=fields, headers={"origin": here.site}, max_redirects=0)
        assert sent.status == 303, await sent.text()
    await here.go(f"/register/{upto}")


def file(content: bytes | None = None, name: str = "me.jpg", kind: str = "image/jpeg") -> dict[str, Any]:
    """A file for a file field."""
    return {"name": name, "mimeType": kind, "buffer": drawing() if content is None else content}


async def drop(page: Page, content: bytes, *, name: str = "me.jpg", kind: str = "image/jpeg", on: str = "body") -> None:
    """Drop a file somewhere on the page."""
    await page.evaluate(DROP, [name, kind, base64.b64encode(content).decode(), on])


async def paste(page: Page, content: bytes) -> None:
    """Paste a picture."""
    await page.evaluate(PASTE, ["image.png", "image/png", base64.b64encode(content).decode()])


async def shown(page: Page) -> list[str]:
    """Wait for the server's picture; answers the addresses of its sizes."""
    await expect(page.locator("[data-preview]")).to_be_visible()
    return [await image.get_attribute("src") or "" for image in await page.locator("[data-preview] img").all()]


async def password_given(here: Tab, words: str) -> None:
    """Sign Ada in by her password; a page with these words follows."""
    await here.go("/login?back=/studio")
    await here.page.fill("#login", "ada")
    await here.page.fill("#password", PASSWORD)
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator("h1")).to_have_text(words)


async def set_up(here: Tab, ports: Ports) -> tuple[App, list[str]]:
    """Set an app up by its page, with the keyboard; answers the app and the recovery codes."""
    await here.go("/settings/two-factor/app")
    app = App(await here.page.locator(".secret").inner_text())
    app.first = app.code(ports.clock(), steps=0)
    await here.page.focus("#code")
    await here.page.keyboard.type(app.first)
    await here.page.keyboard.press("Enter")
    await expect(here.page.locator(".codes code")).to_have_count(10)
    return app, await here.page.locator(".codes code").all_inner_texts()


async def comes_from_elsewhere(here: Tab, ports: Ports) -> None:
    """Let a browser hold the ticket of somebody whom a provider has sent here for the first time."""
    session = ProviderSession(issuer="https://id.example", sid=None, hint=b"sealed", auth_time=ports.clock())
    claims = Claims(sub="1", session=session, email="ada@example.org", name="Ada Lovelace", nickname="ada")
    ticket = await begin_federated_signup(
        ports, provider="elsewhere", claims=claims, earlier="", visitor=Visitor(ip="203.0.113.9"), now=ports.clock()
    )
    await here.context.add_cookies([{"name": "reg", "value": ticket, "url": here.site}])
