"""The law's functions of FEEL (`law.add working days` ...): `engine.law` for whoever writes a procedure.

They are pure: the clock is the evaluation's `now`, the tables are dated, and where a function depends on a place or a
procedural code, an argument names it or the procedure's own is taken. Days and results are Berlin's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial, wraps
from typing import Any, Final

from engine import law
from engine.feel.errors import NoValue
from engine.feel.frame import Frame
from engine.feel.library import Library
from engine.feel.numbers import whole
from engine.feel.temporal import DAY, AnyDate, AnyDateTime, AnyTime, DaysTimeDuration, YearsMonthsDuration, date_part
from engine.feel.values import Value
from engine.law.fristen import BERLIN
from engine.law.service_hours import MAX_DAYS

_MAX_WORKING_DAYS: Final = 10_000
_WORKING_DAY: Final = "§ 193 BGB; Feiertage: § 1 HFeiertagsG und die Gesetze der anderen Länder"
_PERIOD: Final = "§§ 187 bis 193 BGB; § 31 HVwVfG, § 108 AO, § 26 SGB X"

_AnyDay = AnyDate | AnyDateTime
_Duration = YearsMonthsDuration | DaysTimeDuration


@dataclass(frozen=True, slots=True)
class Place:
    """What a procedure says of itself: whose holidays count, and which procedural code it follows."""

    jurisdiction: str
    verfahrensrecht: str

    def jurisdiction_or(self, given: str | None) -> str:
        return given or self.jurisdiction

    def code_or(self, given: str | None) -> law.Verfahrensrecht:
        try:
            return law.Verfahrensrecht(given or self.verfahrensrecht)
        except ValueError as error:
            known = ", ".join(code.value for code in law.Verfahrensrecht)
            raise NoValue(f"Das Verfahrensrecht „{given}“ ist nicht bekannt; möglich sind: {known}") from error


@dataclass(frozen=True, slots=True)
class _Declared:
    signature: str
    examples: tuple[str, ...]
    norm: str
    group: str
    framed: bool
    run: Callable[..., Value]


_DECLARED: Final[list[_Declared]] = []


def law_library(place: Place) -> Library:
    """The functions for procedures of that place; it only stands in for arguments that are not given."""
    library = Library()
    for one in _DECLARED:
        add = library.add(one.signature, *one.examples, group=one.group, norm=one.norm, framed=one.framed)
        add(partial(one.run, place))
    return library


def _declare(
    signature: str, *examples: str, norm: str = "", group: str, framed: bool = False
) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """As `Library.add`; the function gets the `Place` before everything else."""

    def register(function: Callable[..., Value]) -> Callable[..., Value]:
        @wraps(function)
        def run(*arguments: Any) -> Value:
            try:
                return function(*arguments)
            except law.LawUnknown as unknown:
                raise NoValue(_unknown(unknown)) from unknown

        _DECLARED.append(_Declared(signature, examples, norm, group, framed, run))
        return function

    return register


def _unknown(unknown: law.LawUnknown) -> str:
    where = unknown.key.get("jurisdiction")
    if unknown.topic == "holidays":
        return f"Für „{where}“ ist kein Feiertagskalender hinterlegt"
    return f"Für „{unknown.key.get('verfahrensrecht', where)}“ in „{where}“ ist dazu keine Vorschrift hinterlegt"


_days = partial(_declare, group="Werktage und Servicezeiten")


@_days(
    "law.is working day(date: day, jurisdiction: string?): boolean",
    'law.is working day(@"2027-01-15")',
    "true",
    'law.is working day(@"2027-05-27", "DE-BE")',
    "true",
    norm=_WORKING_DAY,
)
def is_working_day(place: Place, day: _AnyDay, where: str | None) -> Value:
    return law.is_working_day(_day(day), place.jurisdiction_or(where))


@_days(
    "law.next working day(date: day, jurisdiction: string?): date",
    'law.next working day(@"2027-01-16")',
    '@"2027-01-18"',
    norm=_WORKING_DAY,
)
def next_working_day(place: Place, day: _AnyDay, where: str | None) -> Value:
    return law.next_working_day(_day(day), place.jurisdiction_or(where))


@_days(
    "law.add working days(date: day, count: number, jurisdiction: string?): date",
    'law.add working days(@"2026-12-23", 2)',
    '@"2026-12-28"',
    'law.add working days(@"2026-12-28", -2)',
    '@"2026-12-23"',
    norm=_WORKING_DAY,
    framed=True,
)
def add_working_days(place: Place, frame: Frame, day: _AnyDay, count: Decimal, where: str | None) -> Value:
    """The day itself does not count."""
    number = whole(count)
    if number is None or abs(number) > _MAX_WORKING_DAYS:
        raise NoValue(f"Die Zahl der Werktage ist ganz und höchstens {_MAX_WORKING_DAYS}, nicht {count}")
    frame.run.spend(abs(number))
    return law.add_working_days(_day(day), number, place.jurisdiction_or(where))


@_days(
    "law.count working days(from: day, to: day, jurisdiction: string?): number",
    'law.count working days(@"2026-12-23", @"2026-12-28")',
    "2",
    norm=_WORKING_DAY,
    framed=True,
)
def count_working_days(place: Place, frame: Frame, start: _AnyDay, end: _AnyDay, where: str | None) -> Value:
    """After the first day, up to and with the last."""
    first, last = _day(start), _day(end)
    frame.run.spend(abs((last - first).days))
    return Decimal(law.count_working_days(first, last, place.jurisdiction_or(where)))


@_days(
    "law.holiday(date: day, jurisdiction: string?): string",
    'law.holiday(@"2027-05-06")',
    '"Christi Himmelfahrt"',
    'law.holiday(@"2027-05-07")',
    "null",
    norm="§ 1 HFeiertagsG und die Gesetze der anderen Länder",
)
def holiday(place: Place, day: _AnyDay, where: str | None) -> Value:
    return law.holiday_name(_day(day), place.jurisdiction_or(where))


@_days(
    "law.holidays(year: number, jurisdiction: string?): list",
    "law.holidays(2027)[1]",
    '{date: @"2027-01-01", name: "Neujahr"}',
    norm="§ 1 HFeiertagsG und die Gesetze der anderen Länder",
)
def holidays(place: Place, year: Decimal, where: str | None) -> Value:
    number = whole(year)
    if number is None or not date.min.year <= number <= date.max.year:
        raise NoValue(f"{year} ist kein Jahr von 1 bis 9999")
    found = law.holidays(number, place.jurisdiction_or(where))
    return [{"date": day, "name": name} for day, name in found.items()]


@_days(
    "law.add service hours(from: date and time, duration: days and time duration, opens: time?, closes: time?, "
    "jurisdiction: string?): date and time",
    'law.add service hours(@"2027-01-15T16:00:00", @"PT4H")',
    '@"2027-01-18T10:00:00@Europe/Berlin"',
    'law.add service hours(@"2027-01-15T10:00:00", @"PT3H", @"08:30:00", @"12:00:00")',
    '@"2027-01-18T09:30:00@Europe/Berlin"',
    norm="Leistungsversprechen der Behördennummer 115: werktags 8 bis 18 Uhr",
    framed=True,
)
def add_service_hours(
    place: Place,
    frame: Frame,
    start: AnyDateTime,
    span: DaysTimeDuration,
    opens: AnyTime | None,
    closes: AnyTime | None,
    where: str | None,
) -> Value:
    usual = law.ServiceHours()
    begin, end = _clock(opens) or usual.opens, _clock(closes) or usual.closes
    if begin >= end:
        raise NoValue("Die Servicezeit beginnt nicht vor ihrem Ende")
    hours = law.ServiceHours(begin, end)
    if span.nanoseconds < 0 or span.timedelta() // hours.day_length > MAX_DAYS:
        raise NoValue(f"Die Servicezeit ist nicht negativ und dauert höchstens {MAX_DAYS} Werktage")
    frame.run.spend(span.timedelta() // hours.day_length)
    return law.add_service_hours(_moment(start), span.timedelta(), place.jurisdiction_or(where), hours).astimezone(
        BERLIN
    )


_periods = partial(_declare, group="Fristen")


@_periods(
    "law.deadline(begins on: day, period: string, procedural law: string?, jurisdiction: string?): date",
    'law.deadline(@"2027-01-31", "1 Monat")',
    '@"2027-03-01"',
    'law.deadline(@"2027-01-15", "2 Wochen", "SGB X")',
    '@"2027-01-29"',
    norm=_PERIOD,
)
def deadline(place: Place, day: _AnyDay, period: str, code: str | None, where: str | None) -> Value:
    """The last day in time; the day on which the period begins does not count."""
    return _frist(place, day, _read_period(period), code, where).ends_on


@_periods(
    "law.deadline(begins on: day, period: duration, procedural law: string?, jurisdiction: string?): date",
    'law.deadline(@"2027-01-02", @"P14D")',
    '@"2027-01-18"',
    norm=_PERIOD,
)
def deadline_after_duration(
    place: Place, day: _AnyDay, period: _Duration, code: str | None, where: str | None
) -> Value:
    return _frist(place, day, _period_of(period), code, where).ends_on


@_periods(
    "law.deadline details(begins on: day, period: string, procedural law: string?, jurisdiction: string?): context",
    'law.deadline details(@"2027-01-31", "1 Monat").over_at',
    '@"2027-03-02T00:00:00@Europe/Berlin"',
    'law.deadline details(@"2027-01-15", "2 Wochen", "AO").norm',
    '"§ 108 AO i. V. m. § 4 HessKAG, §§ 187 Abs. 1, 188 Abs. 2 BGB"',
    norm=_PERIOD,
)
def deadline_details(place: Place, day: _AnyDay, period: str, code: str | None, where: str | None) -> Value:
    """With `ends_on`, `over_at` (for a timer: the first moment that is too late), `norm` and `reason`."""
    frist = _frist(place, day, _read_period(period), code, where)
    return {
        "begins_on": frist.begins_on,
        "ends_on": frist.ends_on,
        "over_at": frist.over_at.astimezone(BERLIN),
        "norm": frist.norm,
        "reason": frist.reason,
    }


@_periods(
    "law.first moment after(date: day): date and time",
    'law.first moment after(@"2027-03-01")',
    '@"2027-03-02T00:00:00@Europe/Berlin"',
    norm="§ 188 Abs. 1 BGB",
)
def first_moment_after(_place: Place, day: _AnyDay) -> Value:
    """For a timer: a period that ends on a day is over then."""
    return law.day_after(_day(day)).astimezone(BERLIN)


@_periods(
    "law.letter served on(posted on: day, procedural law: string?, jurisdiction: string?): date",
    'law.letter served on(@"2026-12-18")',
    '@"2026-12-22"',
    norm="§ 41 Abs. 2 HVwVfG, § 122 Abs. 2 AO, § 37 Abs. 2 SGB X",
    framed=True,
)
def letter_served_on(place: Place, frame: Frame, posted: _AnyDay, code: str | None, where: str | None) -> Value:
    """The day on which a letter counts as received, unless it came later or not at all."""
    facts = law.Facts(posted_on=_day(posted))
    service = law.served(
        place.code_or(code), law.Channel.BRIEF, facts, jurisdiction=place.jurisdiction_or(where), at=frame.run.now
    )
    if service.served_on is None:
        raise NoValue(service.reason)
    return service.served_on


@_periods(
    "law.remedy deadline(served on: day, procedural law: string?, jurisdiction: string?): date",
    'law.remedy deadline(@"2026-12-22")',
    '@"2027-01-22"',
    norm="§ 70 Abs. 1 VwGO",
)
def remedy_deadline(place: Place, served: _AnyDay, code: str | None, where: str | None) -> Value:
    """The last day for a Widerspruch against a decision with a right instruction."""
    frist = law.remedy_period(
        _day(served), verfahrensrecht=place.code_or(code), jurisdiction=place.jurisdiction_or(where)
    )
    return frist.ends_on


_wording = partial(_declare, group="Daten in Worten")


@_wording("law.german date(date: day): string", 'law.german date(@"2027-01-15")', '"15.01.2027"')
def german_date(_place: Place, day: _AnyDay) -> Value:
    return law.german_date(_day(day))


@_wording("law.german day(date: day): string", 'law.german day(@"2027-01-15")', '"Freitag, 15.01.2027"')
def german_day(_place: Place, day: _AnyDay) -> Value:
    return law.german_day(_day(day))


def _frist(place: Place, day: _AnyDay, period: law.Period, code: str | None, where: str | None) -> law.Frist:
    return law.period_end(
        _day(day), period, verfahrensrecht=place.code_or(code), jurisdiction=place.jurisdiction_or(where)
    )


def _read_period(text: str) -> law.Period:
    try:
        return law.Period.parse(text)
    except ValueError as error:
        raise NoValue(f"„{text}“ ist keine Frist wie „1 Monat“, „2 Wochen“ oder „10 Tage“") from error


def _period_of(duration: _Duration) -> law.Period:
    """Months are months of the calendar; days and weeks are days, hours no period of the law."""
    if isinstance(duration, YearsMonthsDuration):
        count, unit, rest = duration.months, law.Unit.MONTH, 0
    else:
        count, rest = divmod(duration.nanoseconds, DAY)
        unit = law.Unit.DAY
    try:
        if not rest:
            return law.Period(count, unit)
    except ValueError as error:
        raise NoValue("Eine Frist hat mindestens einen Tag und höchstens 1200 Tage oder Monate") from error
    raise NoValue("Eine Frist dauert ganze Tage, Monate oder Jahre, keine Stunden")


def _day(value: _AnyDay) -> date:
    """The day in Berlin of a date, or of a date and time with a zone; one without a zone is Berlin's."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return law.berlin_date(value)
    day = date_part(value) if isinstance(value, AnyDateTime) else value
    if not isinstance(day, date):
        raise NoValue("Das Recht rechnet mit den Jahren 1 bis 9999")
    return day


def _moment(value: AnyDateTime) -> datetime:
    if not isinstance(value, datetime):
        raise NoValue("Servicezeiten rechnen mit ganzen Mikrosekunden und den Jahren 1 bis 9999")
    return value if value.tzinfo is not None else value.replace(tzinfo=BERLIN)


def _clock(value: AnyTime | None) -> time | None:
    if value is None or isinstance(value, time):
        return value.replace(tzinfo=None) if value else None
    raise NoValue("Servicezeiten rechnen mit ganzen Mikrosekunden")
