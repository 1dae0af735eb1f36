"""Static files: hashed addresses, types, validators, and nothing outside the folder."""

import gzip
import posixpath
import re
from pathlib import Path

import httpx
import pytest

from efir.drivers.web.kernel.assets import Assets, serve
from efir.drivers.web.kernel.templates import HERE

ASSETS = Assets(HERE / "static")
FOREVER = "public, max-age=31536000, immutable"


def test_an_address_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a {}")
    first = Assets(tmp_path).address("a.css")
    (tmp_path / "a.css").write_text("b {}")
    assert re.fullmatch(r"/static/a\.[0-9a-f]{16}\.css", first)
    assert Assets(tmp_path).address("a.css") != first


def test_a_changed_module_changes_the_address_of_every_importer(tmp_path: Path) -> None:
    (tmp_path / "js" / "area").mkdir(parents=True)
    (tmp_path / "js" / "top.js").write_text('import { middle } from "./area/middle.js";')
    (tmp_path / "js" / "area" / "middle.js").write_text("import '../deep.js';\nexport const middle = 1;")
    (tmp_path / "js" / "deep.js").write_text("1")
    before = Assets(tmp_path).address("js/top.js")
    (tmp_path / "js" / "deep.js").write_text("2")
    assert Assets(tmp_path).address("js/top.js") != before


def test_every_import_of_a_module_leads_to_a_file() -> None:
    names = [name for name in ASSETS.names if name.startswith("js/")]
    assert names
    for name in names:
        found = ASSETS.find(name)
        assert found is not None
        imports = re.findall(r"""(?:from|import)\s+["'](\.[^"']+)["']""", found[0].body.decode())
        for imported in imports:
            linked = ASSETS.find(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)))
            assert linked is not None, (name, imported)
            assert linked[1], "an import is not hashed"


def test_modules_that_import_one_another_are_refused(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text('import "./b.js";')
    (tmp_path / "js" / "b.js").write_text('import "./a.js";')
    with pytest.raises(ValueError, match="import one another"):
        Assets(tmp_path)


def test_an_unknown_own_file_is_an_error_and_a_missing_foreign_script_is_not() -> None:
    with pytest.raises(LookupError):
        ASSETS.address("css/none.css")
    assert ASSETS.address("vendor/none.js") == "/static/vendor/none.js"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("identity", False), ("", False)],
)
def test_text_is_sent_packed_to_who_accepts_it(accepted: str, *, packed: bool) -> None:
    asset = ASSETS.find("css/base.css")
    assert asset is not None
    _, headers, body = serve(asset[0], hashed=False, headers={"accept-encoding": accepted})
    assert (headers.get("content-encoding") == "gzip") is packed
    assert (gzip.decompress(body) if packed else body) == asset[0].body


async def test_a_hashed_file_is_kept_for_ever_and_a_plain_one_is_asked_about(client: httpx.AsyncClient) -> None:
    hashed = await client.get(ASSETS.address("css/base.css"))
    plain = await client.get("/static/css/base.css")
    assert hashed.status_code == plain.status_code == 200
    assert hashed.content == plain.content
    assert hashed.headers["cache-control"] == FOREVER
    assert plain.headers["cache-control"] == "no-cache"
    assert plain.headers["content-type"] == "text/css; charset=utf-8"
    assert plain.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
async def test_a_known_version_is_not_sent_again(client: httpx.AsyncClient, accepted: str) -> None:
    headers = {"accept-encoding": accepted}
    first = await client.get("/static/icons.svg", headers=headers)
    again = await client.get("/static/icons.svg", headers=headers | {"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert first.headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path", ["../app.py", "%2e%2e/app.py", "..%2fapp.py", "css/../../app.py", "css", "", "css/base.0.css", "%00"]
)
async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(httpx.URL("http://efir.test").copy_with(raw_path=f"/static/{path}".encode()))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_head_tells_the_same_without_the_bytes(client: httpx.AsyncClient) -> None:
    answer = await client.head("/static/favicon.svg")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
