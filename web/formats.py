"""How dates, money and sizes look where people read them; times are shown as Berlin's clock shows them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

BERLIN = ZoneInfo("Europe/Berlin")


def local(moment: datetime) -> datetime:
    """Return an aware moment on Berlin's clock."""
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone cannot be shown")
    return moment.astimezone(BERLIN)


def day(value: date | datetime, locale: str = "de") -> str:
    """Return "15. Januar 2027"; a moment counts as its day in Berlin."""
    on = local(value).date() if isinstance(value, datetime) else value
    return format_date(on, "d. MMMM y" if locale == "de" else "d MMMM y", locale=locale)


def iso_day(text: str, locale: str = "de") -> str:
    """Return `day` of an ISO date; what is none is shown as it came."""
    try:
        return day(date.fromisoformat(text), locale)
    except ValueError:
        return text


def day_short(value: date | datetime) -> str:
    """Return "15.01.2027", for tables."""
    on = local(value).date() if isinstance(value, datetime) else value
    return f"{on:%d.%m.%Y}"


def moment(value: datetime, locale: str = "de") -> str:
    """Return "15. Januar 2027, 14:05 Uhr"."""
    clock = f"{local(value):%H:%M}"
    return f"{day(value, locale)}, {clock} Uhr" if locale == "de" else f"{day(value, locale)}, {clock}"


def euro(amount: Decimal | int, locale: str = "de") -> str:
    """Return "1.120,00 EUR"; an int counts euros, not cents."""
    return f"{format_decimal(amount, '#,##0.00', locale=locale)} EUR"


def size(size_bytes: int, locale: str = "de") -> str:
    """Return "2,4 MB" (decimal units, as file managers show them)."""
    amount, unit = Decimal(size_bytes), "Byte"
    for larger in ("kB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    pattern = "0" if unit == "Byte" or amount >= 100 else "0.#"
    return f"{format_decimal(amount, pattern, locale=locale)} {unit}"


def days_until(value: date | datetime, today: date) -> str:
    """Return how far a Frist is: "heute", "morgen", "in 3 Tagen", "seit 2 Tagen überfällig"."""
    on = local(value).date() if isinstance(value, datetime) else value
    days = (on - today).days
    if days < 0:
        return "seit gestern überfällig" if days == -1 else f"seit {-days} Tagen überfällig"
    return {0: "heute", 1: "morgen"}.get(days, f"in {days} Tagen")


def urgency(value: date | datetime, today: date) -> str:
    """Return the KERN colour that goes with `days_until`: danger, warning or info."""
    on = local(value).date() if isinstance(value, datetime) else value
    days = (on - today).days
    if days < 0:
        return "danger"
    return "warning" if days <= 3 else "info"


def today_in_berlin(now: datetime) -> date:
    return local(now).date()


def utc_now() -> datetime:
    """The clock of the edge; everything below gets the time as an argument."""
    return datetime.now(UTC)
