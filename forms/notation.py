"""Numbers, dates and times as people in Germany write and read them."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

BERLIN: Final = ZoneInfo("Europe/Berlin")
MONTHS: Final = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)

_MOST_DIGITS: Final = 30
_BLANKS: Final = str.maketrans("", "", " \u00a0\u2009\u202f'")
_SWAPPED: Final = str.maketrans(",.", ".,")
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?")
_COMMA: Final = re.compile(r"[+-]?[0-9]+(?:,[0-9]+)?")
_POINT: Final = re.compile(r"[+-]?[0-9]+\.[0-9]+")
_MACHINE: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_GERMAN_DATE: Final = re.compile(r"([0-9]{1,2})\s*\.\s*([0-9]{1,2})\s*\.\s*([0-9]{4})")
_WORD_DATE: Final = re.compile(r"([0-9]{1,2})\s*\.\s*([A-Za-zäÄ]{3,9})\.?\s+([0-9]{4})")
_ISO_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME: Final = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::([0-9]{2}))?(?:\s*Uhr)?")


def parse_number(text: str) -> Decimal | None:
    """`1.234,50`, `1234,5`, `1 234` and, where no thousands can be meant, `12.5`; None for anything else.

    `1.234` is one thousand two hundred thirty-four: the text is read as German.
    """
    compact = text.translate(_BLANKS).replace("\u2212", "-")
    if sum(character.isdigit() for character in compact) > _MOST_DIGITS:
        return None
    if _GROUPED.fullmatch(compact):
        return Decimal(compact.replace(".", "").replace(",", "."))
    if _COMMA.fullmatch(compact):
        return Decimal(compact.replace(",", "."))
    return Decimal(compact) if _POINT.fullmatch(compact) else None


def parse_machine_number(text: str) -> Decimal | None:
    """`1234.50` as programs write it, else None."""
    return Decimal(text) if len(text) <= _MOST_DIGITS and _MACHINE.fullmatch(text) else None


def parse_date(text: str) -> date | None:
    """`15.01.2027`, `5. Januar 2027` or `2027-01-15`; None for anything else, also for the 30th of February."""
    text = text.strip()
    if match := _ISO_DATE.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _GERMAN_DATE.fullmatch(text):
        return _date(int(match[3]), int(match[2]), int(match[1]))
    if match := _WORD_DATE.fullmatch(text):
        return _date(int(match[3]), _month(match[2]), int(match[1]))
    return None


def parse_time(text: str) -> time | None:
    """`14:30`, `14.30 Uhr` or `14:30:00`, else None."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError:
        return None


def parse_datetime(text: str) -> datetime | None:
    """A date and a time, separated by a blank, a comma or `T`, meant in Europe/Berlin; None for anything else.

    A wall time that does not exist or exists twice (the clock change) is taken as Python's `fold=0` reads it.
    """
    day, _, clock = text.strip().replace(",", " ").replace("T", " ").rpartition(" ")
    if clock == "Uhr":
        day, _, clock = day.strip().rpartition(" ")
    parsed_day, parsed_clock = parse_date(day), parse_time(clock)
    if parsed_day is None or parsed_clock is None:
        return None
    return datetime.combine(parsed_day, parsed_clock, tzinfo=BERLIN)


def show_number(number: Decimal) -> str:
    """`1.234,5`, digits as they are."""
    return _german(f"{number:,f}")


def show_money(amount: Decimal) -> str:
    """`1.234,50 EUR`."""
    return _german(f"{amount:,.2f}") + " EUR"


def write_number(number: Decimal) -> str:
    """`1234,5`, as one types it into a field."""
    return f"{number:f}".replace(".", ",")


def show_date(day: date) -> str:
    """`15. Januar 2027`."""
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"


def write_date(day: date) -> str:
    """`15.01.2027`, as one types it into a field."""
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


def show_time(clock: time) -> str:
    """`14:30 Uhr`."""
    return write_time(clock) + " Uhr"


def write_time(clock: time) -> str:
    """`14:30`, with seconds only where there are some."""
    return f"{clock:%H:%M:%S}" if clock.second else f"{clock:%H:%M}"


def show_datetime(moment: datetime) -> str:
    """`15. Januar 2027, 14:30 Uhr`; an aware moment is shown as the clock in Berlin reads."""
    local = _local(moment)
    return f"{show_date(local.date())}, {show_time(local.timetz())}"


def write_datetime(moment: datetime) -> str:
    """`15.01.2027 14:30`."""
    local = _local(moment)
    return f"{write_date(local.date())} {write_time(local.timetz())}"


def show_size(size_bytes: int) -> str:
    """`2,4 MB`, `830 kB`, `12 Byte`."""
    if size_bytes < 1_000:
        return f"{size_bytes} Byte"
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1_000:.0f} kB"
    return f"{size_bytes / 1_000_000:.1f} MB".replace(".", ",")


def _local(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(BERLIN)


def _german(text: str) -> str:
    return text.translate(_SWAPPED)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(name: str) -> int:
    short = name.lower()[:3]
    return next((number for number, month in enumerate(MONTHS, 1) if month.lower().startswith(short)), 0)
