"""Makes posters and storyboard sheets with libvips, inside the sandbox; results are listed on standard output.

Runs as `python -m efir.adapters.media.video.poster_worker ORDER` in a folder that holds the stills.
"""

import json
import sys
from typing import Any

import pyvips

POSTERS = 3
LOOK_AT = 320
DARK, BRIGHT, FLAT = 28.0, 232.0, 12.0
SHARP_ENOUGH = 900.0
BAD = 1e-3


def main() -> None:
    """Draw what the first argument orders and list the files."""
    order = json.loads(sys.argv[1])
    pyvips.cache_set_max(0)
    made = [*_posters(order["posters"], order["sizes"]), *_sheets(order["tiles"], order["across"])]
    print(json.dumps(made))  # noqa: T201  # the parent reads it


def _posters(candidates: list[str], sizes: list[int]) -> list[dict[str, Any]]:
    """Draw the best candidate of each third of the video, best first, in every size that it fills."""
    thirds = [candidates[len(candidates) * n // POSTERS : len(candidates) * (n + 1) // POSTERS] for n in range(POSTERS)]
    scored = [max((_score(name), name) for name in third) for third in thirds if third]
    made = []
    for ordinal, (_, name) in enumerate(sorted(scored, reverse=True)):
        image = _open(name)
        longest = max(image.width, image.height)
        for size in sorted({min(size, longest) for size in sizes}):
            small = pyvips.Image.thumbnail(name, size, height=size, size="down", fail_on="error").copy_memory()
            for ending, options in (("webp", {"Q": 80, "effort": 4}), ("jpg", {"Q": 84, "optimize_coding": True})):
                made.append(_save(small, f"poster-{ordinal}-{size}.{ending}", "poster", ordinal, options))
    return made


def _score(name: str) -> float:
    """Higher for pictures worth showing: neither dark, glaring nor flat, and sharp up to a point."""
    grey = pyvips.Image.thumbnail(name, LOOK_AT, size="down", fail_on="error").colourspace("b-w").copy_memory()
    mean, deviation = grey.avg(), grey.deviate()
    edges = grey.cast("float").conv(pyvips.Image.new_from_array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])).deviate() ** 2
    good = DARK < mean < BRIGHT and deviation > FLAT
    return float(min(edges, SHARP_ENOUGH) * deviation * (1.0 if good else BAD))


def _sheets(tiles: list[str], across: int) -> list[dict[str, Any]]:
    made = []
    for ordinal, start in enumerate(range(0, len(tiles), across * across)):
        images = [_open(name) for name in tiles[start : start + across * across]]
        sheet = pyvips.Image.arrayjoin(images, across=min(across, len(images)))
        made.append(_save(sheet, f"storyboard-{ordinal}.webp", "storyboard", ordinal, {"Q": 70, "effort": 4}))
    return made


def _open(name: str) -> Any:
    return pyvips.Image.new_from_file(name, fail_on="error").copy_memory()


def _save(image: Any, name: str, kind: str, ordinal: int, options: dict[str, Any]) -> dict[str, Any]:
    image.write_to_file(name, keep="none", **options)
    media_type = "image/webp" if name.endswith("webp") else "image/jpeg"
    size = {"width": image.width, "height": image.height}
    return {"kind": kind, "ordinal": ordinal, "media_type": media_type, "name": name} | size


if __name__ == "__main__":
    main()
