"""What a page owes to everybody: nothing that axe finds, by day or by night, and nothing wider than a small phone."""

from kit import npm
from kit.fixtures.pages import Tab

AXE = "axe-core/axe.min.js"
CUT_OFF = """[...document.querySelectorAll(".rail a")]
  .map((link) => [link.textContent.trim(), link.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.left < 0 || box.right > innerWidth)).map(([name]) => name)"""


async def flaws(here: Tab) -> list[str]:
    """Look the page over as it stands; it is left as it was found, in light colours."""
    await here.page.evaluate(npm.script(AXE))
    found = await _violations(here)
    await here.page.emulate_media(color_scheme="dark")
    found += await _violations(here, runOnly=["color-contrast"])
    await here.page.emulate_media(color_scheme="light")
    size = here.page.viewport_size
    for width in (size["width"], 320) if size else ():
        await here.page.set_viewport_size({"width": width, "height": 600})
        wider = int(await here.page.evaluate("document.documentElement.scrollWidth - innerWidth"))
        found += [f"{here.page.url} is {wider} pixels wider than {width}"] if wider > 0 else []
        found += [f"{name} is cut off at {width} pixels" for name in await here.page.evaluate(CUT_OFF)]
    if size:
        await here.page.set_viewport_size(size)
    return found


async def _violations(here: Tab, **options: object) -> list[str]:
    """What axe finds wrong, in the present colours."""
    found = await here.page.evaluate(
        "options => axe.run(document, options).then(({violations}) => violations)",
        {"resultTypes": ["violations"], **options},
    )
    return [f"{rule['impact']} {rule['id']}: {spot['html'][:140]}" for rule in found for spot in rule["nodes"]]
