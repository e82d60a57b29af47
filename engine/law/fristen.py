"""Periods after §§ 187-193 BGB, as § 31 HVwVfG, § 108 AO and § 26 SGB X apply them.

Every result says when the period ends, why, and after which norm. Days are Berlin's, moments are UTC.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.law.citations import norm
from engine.law.values import Verfahrensrecht, german_date, german_day
from engine.law.workdays import holiday_name, next_working_day

BERLIN = ZoneInfo("Europe/Berlin")
_MONTHS_PER_YEAR = 12


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Beginning(StrEnum):
    """How a period begins (§ 187 BGB)."""

    EVENT = "event"
    """Something happens in the course of a day; that day does not count (Abs. 1)."""
    START_OF_DAY = "start_of_day"
    """The period runs from the beginning of a day; that day counts (Abs. 2)."""


class Ending(StrEnum):
    """What happens when the last day is no working day."""

    NEXT_WORKING_DAY = "next_working_day"
    """The rule: § 193 BGB and its sisters."""
    SAME_DAY = "same_day"
    """The end stays: a benefit for a fixed time, an appointment, or a day named with reference to the norm."""


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as the law counts it; `parse` reads German and English spellings and ISO 8601."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 0 < self.count <= 1200:
            raise ValueError(f"a period has between 1 and 1200 units, not {self.count}")

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read "1 Monat", "2 Wochen", "3 Monate", "1 Jahr", "Tag", "halber Monat" (§ 189 BGB) or "P1M"."""
        words = text.strip().lower()
        if words in _FIXED:
            return _FIXED[words]
        match = re.fullmatch(r"p?(\d{1,4})?\s*([a-zäöü]+)(?:\([a-z]+\))?", words)
        if match is None or match[2] not in _UNITS:
            raise ValueError(f"not a period: {text!r}")
        return cls(int(match[1] or 1), _UNITS[match[2]])

    def dative(self) -> str:
        """As after "von": "einem Monat", "zwei Wochen", "10 Tagen"."""
        one, many = {
            Unit.DAY: ("einem Tag", "Tagen"),
            Unit.WEEK: ("einer Woche", "Wochen"),
            Unit.MONTH: ("einem Monat", "Monaten"),
            Unit.YEAR: ("einem Jahr", "Jahren"),
        }[self.unit]
        return one if self.count == 1 else f"{_number(self.count)} {many}"

    def within(self) -> str:
        """As in a remedy instruction: "innerhalb eines Monats", "innerhalb von zwei Wochen"."""
        one = {Unit.DAY: "eines Tages", Unit.WEEK: "einer Woche", Unit.MONTH: "eines Monats", Unit.YEAR: "eines Jahres"}
        return f"innerhalb {one[self.unit]}" if self.count == 1 else f"innerhalb von {self.dative()}"

    def __str__(self) -> str:
        one, many = {
            Unit.DAY: ("Tag", "Tage"),
            Unit.WEEK: ("Woche", "Wochen"),
            Unit.MONTH: ("Monat", "Monate"),
            Unit.YEAR: ("Jahr", "Jahre"),
        }[self.unit]
        return f"{self.count} {one if self.count == 1 else many}"


@dataclass(frozen=True, slots=True)
class Frist:
    """A period with its end.

    `ends_on` is the last day on which one is in time; `over_at` (UTC) is the first moment that is too late.
    `counted_end_on` is the end before it was moved to a working day. `safe_on` is earlier than `ends_on` only where
    the law is open: a citizen is told `safe_on` (in time under every reading), the office relies on `ends_on`.
    """

    period: Period
    begins_on: date
    counted_end_on: date
    ends_on: date
    safe_on: date
    over_at: datetime
    norm: str
    reason: str

    @property
    def is_open(self) -> bool:
        """Whether readings of the law differ about the end."""
        return self.safe_on != self.ends_on

    def is_over(self, at: datetime) -> bool:
        """`at` is aware."""
        return at >= self.over_at

    def to_json(self) -> dict[str, str]:
        """Plain strings, dates in ISO 8601: what the file keeps."""
        return {
            "period": str(self.period),
            "begins_on": self.begins_on.isoformat(),
            "counted_end_on": self.counted_end_on.isoformat(),
            "ends_on": self.ends_on.isoformat(),
            "safe_on": self.safe_on.isoformat(),
            "over_at": self.over_at.isoformat(),
            "norm": self.norm,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Counting:
    """Which norms say how a period is counted, and that its end moves to a working day."""

    norm: str
    shift_norm: str


def period_end(
    begins_on: date,
    period: Period | str,
    *,
    verfahrensrecht: Verfahrensrecht | str,
    jurisdiction: str = "DE-HE",
    beginning: Beginning = Beginning.EVENT,
    ending: Ending = Ending.NEXT_WORKING_DAY,
) -> Frist:
    """Compute the end of a period that starts with `begins_on` (Berlin date of the event, or first counted day).

    A period that an office sets begins the day after it was made known (§ 31 Abs. 2 HVwVfG): pass the day of
    Bekanntgabe with the default `beginning`.
    """
    rule = norm("fristen", Verfahrensrecht(verfahrensrecht), jurisdiction=jurisdiction, on=begins_on)
    counting = Counting(rule.full, rule.paragraph("verschiebung"))
    return count_period(begins_on, period, counting, jurisdiction=jurisdiction, beginning=beginning, ending=ending)


def count_period(
    begins_on: date,
    period: Period | str,
    counting: Counting,
    *,
    jurisdiction: str,
    beginning: Beginning = Beginning.EVENT,
    ending: Ending = Ending.NEXT_WORKING_DAY,
) -> Frist:
    """As `period_end`, with the norms of another code (a court's period counts after the ZPO)."""
    length = Period.parse(period) if isinstance(period, str) else period
    counted = counted_end(begins_on, length, beginning)
    ends_on = counted if ending is Ending.SAME_DAY else next_working_day(counted, jurisdiction)
    return Frist(
        period=length,
        begins_on=begins_on,
        counted_end_on=counted,
        ends_on=ends_on,
        safe_on=ends_on,
        over_at=day_after(ends_on),
        norm=f"{counting.norm}, {_counting_norm(length, beginning)}",
        reason=_reason(begins_on, length, beginning, counted, ends_on, jurisdiction, counting.shift_norm),
    )


def extend(
    frist: Frist, period: Period | str, *, verfahrensrecht: Verfahrensrecht | str, jurisdiction: str = "DE-HE"
) -> Frist:
    """Extend a period: the new one runs from the expiry of the old one (§ 190 BGB), that is from its moved end."""
    return period_end(
        frist.ends_on + timedelta(days=1),
        period,
        verfahrensrecht=verfahrensrecht,
        jurisdiction=jurisdiction,
        beginning=Beginning.START_OF_DAY,
    )


def counted_end(begins_on: date, period: Period, beginning: Beginning = Beginning.EVENT) -> date:
    """Return the last day of a period before it is moved to a working day (§§ 187, 188 BGB)."""
    if period.unit in (Unit.DAY, Unit.WEEK):
        days = period.count * (7 if period.unit is Unit.WEEK else 1)
        return begins_on + timedelta(days=days if beginning is Beginning.EVENT else days - 1)
    months = period.count * (_MONTHS_PER_YEAR if period.unit is Unit.YEAR else 1)
    if beginning is Beginning.EVENT:
        return _in_month(begins_on, months, begins_on.day)
    if begins_on.day == 1:
        return _last_of_month(begins_on, months - 1)
    return _in_month(begins_on, months, begins_on.day - 1)


def day_after(day: date) -> datetime:
    """Return the midnight in Berlin that ends `day`, in UTC; right on the days when the clock changes too."""
    return datetime.combine(day + timedelta(days=1), time(), BERLIN).astimezone(UTC)


def berlin_date(at: datetime) -> date:
    """Return the calendar day in Berlin of an aware moment."""
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return at.astimezone(BERLIN).date()


def latest(fristen: Sequence[Frist]) -> Frist:
    """Fold the same period under several readings of the law into one: the latest end counts, the earliest is safe."""
    last = max(fristen, key=lambda frist: frist.ends_on)
    safe_on = min(frist.ends_on for frist in fristen)
    if safe_on == last.ends_on:
        return last
    reason = (
        f"{last.reason} Die Rechtslage ist offen: Nach anderer Auffassung endet die Frist schon am "
        f"{german_day(safe_on)}. Wer bis dahin handelt, wahrt die Frist in jedem Fall."
    )
    return Frist(
        period=last.period,
        begins_on=last.begins_on,
        counted_end_on=last.counted_end_on,
        ends_on=last.ends_on,
        safe_on=safe_on,
        over_at=last.over_at,
        norm=last.norm,
        reason=reason,
    )


def _in_month(start: date, months: int, day: int) -> date:
    """The day of that number `months` later, or the last day of a month that lacks it (§ 188 Abs. 3 BGB)."""
    last = _last_of_month(start, months)
    return last.replace(day=min(day, last.day))


def _last_of_month(start: date, months: int) -> date:
    year, month = divmod(start.year * _MONTHS_PER_YEAR + start.month + months, _MONTHS_PER_YEAR)
    return date(year, month + 1, 1) - timedelta(days=1)


def _counting_norm(period: Period, beginning: Beginning) -> str:
    start = "187 Abs. 1" if beginning is Beginning.EVENT else "187 Abs. 2"
    end = {Unit.DAY: "188 Abs. 1", Unit.WEEK: "188 Abs. 2"}.get(period.unit, "188 Abs. 2 und 3")
    return f"§§ {start}, {end} BGB"


def _reason(
    begins_on: date, period: Period, beginning: Beginning, counted: date, ends_on: date, jurisdiction: str, shift: str
) -> str:
    if beginning is Beginning.EVENT:
        start = f"beginnt mit dem Ablauf des {german_date(begins_on)}"
    else:
        start = f"beginnt am {german_date(begins_on)}, der Tag zählt mit"
    sentence = f"Die Frist von {period.dative()} {start} und endet mit dem Ablauf des {german_date(counted)}"
    if ends_on == counted:
        return f"{sentence} ({_weekday_or_holiday(counted, jurisdiction)})."
    return (
        f"{sentence}. Das ist kein Werktag ({_weekday_or_holiday(counted, jurisdiction)}). "
        f"Deshalb endet die Frist erst am {german_day(ends_on)} ({shift})."
    )


def _weekday_or_holiday(day: date, jurisdiction: str) -> str:
    return holiday_name(day, jurisdiction) or german_day(day).split(",")[0]


def _number(count: int) -> str:
    words = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf")
    return words[count] if count < len(words) else str(count)


_UNITS = {
    "tag": Unit.DAY, "tage": Unit.DAY, "tagen": Unit.DAY, "day": Unit.DAY, "days": Unit.DAY, "d": Unit.DAY,
    "woche": Unit.WEEK, "wochen": Unit.WEEK, "week": Unit.WEEK, "weeks": Unit.WEEK, "w": Unit.WEEK,
    "monat": Unit.MONTH, "monate": Unit.MONTH, "monaten": Unit.MONTH, "month": Unit.MONTH, "months": Unit.MONTH,
    "m": Unit.MONTH,
    "jahr": Unit.YEAR, "jahre": Unit.YEAR, "jahren": Unit.YEAR, "year": Unit.YEAR, "years": Unit.YEAR, "y": Unit.YEAR,
}  # fmt: skip

# § 189 Abs. 1 BGB says what half and quarter periods mean.
_FIXED = {
    "halbes jahr": Period(6, Unit.MONTH),
    "halbjahr": Period(6, Unit.MONTH),
    "vierteljahr": Period(3, Unit.MONTH),
    "halber monat": Period(15, Unit.DAY),
}
