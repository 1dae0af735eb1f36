"""How numbers, sizes and times are shown; each function takes the language it writes in."""

from datetime import UTC, datetime, timedelta

from babel.core import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal
from babel.units import format_unit

UNITS = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")
SECOND = timedelta(seconds=1)
STEP = 1024
COMPACT_FROM = 1_000
FRACTION_BELOW = 100


def age(moment: datetime, now: datetime, locale: Locale) -> str:
    """`3 days ago`: the largest unit only; a clock that runs ahead gives no future."""
    passed = min(moment - now, -SECOND)
    return format_timedelta(passed, granularity="second", threshold=0.95, add_direction=True, locale=locale)


def exact(moment: datetime, locale: Locale) -> str:
    """Date and time in UTC; the page script turns it into local time."""
    return f"{format_datetime(moment.astimezone(UTC), 'd MMMM y, HH:mm', locale=locale)} UTC"


def day(moment: datetime, locale: Locale) -> str:
    """`3 May 2026`."""
    return format_date(moment.astimezone(UTC).date(), "long", locale=locale)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC for `<time datetime>`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def clock(seconds: float) -> str:
    """`1:02:03` or `2:03`."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def count(number: int, locale: Locale) -> str:
    """`950`, `1.2K`, `15K`: short as on video cards."""
    if number < COMPACT_FROM:
        return format_decimal(number, locale=locale)
    leading = number
    while leading >= COMPACT_FROM:
        leading //= COMPACT_FROM
    return format_compact_decimal(number, locale=locale, fraction_digits=1 if leading < FRACTION_BELOW else 0)


def level(decibels: float, locale: Locale) -> str:
    """`-16.1`, as levels of sound are written."""
    return format_decimal(decibels, "0.0", locale=locale)


def size(amount: int, locale: Locale) -> str:
    """`1.4 GB`, in steps of 1024 as file managers count."""
    value, unit = float(amount), UNITS[0]
    for unit in UNITS:
        if value < STEP or unit == UNITS[-1]:
            break
        value /= STEP
    digits = "#,##0" if unit == "byte" or value >= 100 or value == int(value) else "#,##0.#"  # noqa: PLR2004  # three digits say enough
    return format_unit(value, f"digital-{unit}", length="short", format=digits, locale=locale)
