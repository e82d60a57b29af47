from datetime import UTC, date, datetime

import pytest

from engine.law import Beginning, Ending, Period, Unit, berlin_date, extend, period_end
from engine.law.fristen import counted_end, day_after


def _end(begins_on, period, **how):
    return period_end(begins_on, period, verfahrensrecht="AO/KAG", **how)


@pytest.mark.parametrize(
    ("event_on", "period", "expected"),
    [
        (date(2027, 1, 29), "1 Monat", date(2027, 2, 28)),
        (date(2027, 1, 30), "1 Monat", date(2027, 2, 28)),
        (date(2027, 1, 31), "1 Monat", date(2027, 2, 28)),
        (date(2028, 1, 31), "1 Monat", date(2028, 2, 29)),
        (date(2027, 2, 28), "1 Monat", date(2027, 3, 28)),
        (date(2026, 8, 31), "6 Monate", date(2027, 2, 28)),
        (date(2026, 12, 31), "2 Monate", date(2027, 2, 28)),
        (date(2026, 11, 30), "1 Monat", date(2026, 12, 30)),
        (date(2028, 2, 29), "1 Jahr", date(2029, 2, 28)),
        (date(2024, 2, 29), "4 Jahre", date(2028, 2, 29)),
        (date(2026, 11, 24), "2 Wochen", date(2026, 12, 8)),
        (date(2026, 12, 31), "1 Tag", date(2027, 1, 1)),
        (date(2026, 12, 22), "10 Tage", date(2027, 1, 1)),
        (date(2026, 11, 24), "Vierteljahr", date(2027, 2, 24)),
        (date(2026, 11, 24), "halber Monat", date(2026, 12, 9)),
    ],
)
def test_a_period_from_an_event_ends_on_the_same_number_or_the_last_day(event_on, period, expected):
    assert counted_end(event_on, Period.parse(period)) == expected


@pytest.mark.parametrize(
    ("first_day", "period", "expected"),
    [
        (date(2027, 1, 1), "1 Monat", date(2027, 1, 31)),
        (date(2027, 2, 1), "1 Monat", date(2027, 2, 28)),
        (date(2027, 1, 31), "1 Monat", date(2027, 2, 28)),
        (date(2027, 1, 29), "1 Monat", date(2027, 2, 28)),
        (date(2027, 1, 15), "1 Monat", date(2027, 2, 14)),
        (date(2027, 1, 1), "1 Jahr", date(2027, 12, 31)),
        (date(2027, 3, 1), "1 Tag", date(2027, 3, 1)),
        (date(2027, 3, 1), "1 Woche", date(2027, 3, 7)),
    ],
)
def test_a_period_from_the_start_of_a_day_counts_that_day(first_day, period, expected):
    assert counted_end(first_day, Period.parse(period), Beginning.START_OF_DAY) == expected


def test_an_end_on_a_sunday_moves_to_the_next_working_day_and_says_why():
    frist = _end(date(2026, 11, 6), "1 Monat")

    assert (frist.counted_end_on, frist.ends_on) == (date(2026, 12, 6), date(2026, 12, 7))
    assert frist.reason == (
        "Die Frist von einem Monat beginnt mit dem Ablauf des 06.11.2026 und endet mit dem Ablauf des 06.12.2026. "
        "Das ist kein Werktag (Sonntag). Deshalb endet die Frist erst am Montag, 07.12.2026 (§ 108 Abs. 3 AO)."
    )
    assert frist.norm == "§ 108 AO i. V. m. § 4 HessKAG, §§ 187 Abs. 1, 188 Abs. 2 und 3 BGB"


def test_the_norm_follows_the_verfahrensrecht():
    frist = period_end(date(2026, 6, 3), "1 Tag", verfahrensrecht="HVwVfG")

    assert frist.ends_on == date(2026, 6, 5)
    assert "Fronleichnam" in frist.reason
    assert "§ 31 Abs. 3 HVwVfG" in frist.reason


def test_an_appointment_stays_on_its_day():
    assert _end(date(2026, 11, 6), "1 Monat", ending=Ending.SAME_DAY).ends_on == date(2026, 12, 6)


def test_the_first_moment_after_a_period_is_midnight_in_berlin_in_winter_and_summer():
    assert day_after(date(2026, 12, 7)) == datetime(2026, 12, 7, 23, tzinfo=UTC)
    assert day_after(date(2026, 7, 1)) == datetime(2026, 7, 1, 22, tzinfo=UTC)


def test_midnight_is_right_around_the_change_of_the_clock():
    assert day_after(date(2026, 3, 28)) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert day_after(date(2026, 3, 29)) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert day_after(date(2026, 10, 24)) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert day_after(date(2026, 10, 25)) == datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_a_period_is_over_only_after_its_last_moment():
    frist = _end(date(2026, 11, 9), "1 Monat")

    assert not frist.is_over(datetime(2026, 12, 9, 22, 59, 59, tzinfo=UTC))
    assert frist.is_over(datetime(2026, 12, 9, 23, tzinfo=UTC))


def test_an_extension_runs_from_the_moved_end_of_the_old_period():
    first = _end(date(2026, 11, 6), "1 Monat")

    longer = extend(first, "2 Wochen", verfahrensrecht="AO/KAG")

    assert first.ends_on == date(2026, 12, 7)
    assert longer.ends_on == longer.counted_end_on == date(2026, 12, 21)
    assert "der Tag zählt mit" in longer.reason


def test_the_day_in_berlin_differs_from_utc_late_in_the_evening():
    assert berlin_date(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == date(2027, 1, 1)
    with pytest.raises(ValueError, match="time zone"):
        berlin_date(datetime(2026, 12, 31, 23, 30))  # noqa: DTZ001 -- the naive moment is the point


@pytest.mark.parametrize("text", ["", "0 Tage", "-1 Tag", "1 Stunde", "12345 Tage", "P1Y2M", "1201 Monate"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match=r"period"):
        Period.parse(text)


def test_a_period_reads_iso_and_german():
    assert Period.parse("P1M") == Period.parse("1 Monat(e)") == Period(1, Unit.MONTH)
    assert Period(1, Unit.MONTH).within() == "innerhalb eines Monats"
    assert Period(2, Unit.WEEK).within() == "innerhalb von zwei Wochen"
    assert str(Period(14, Unit.DAY)) == "14 Tage"


def test_a_frist_is_kept_as_plain_strings():
    kept = _end(date(2026, 11, 6), "1 Monat").to_json()

    assert kept["ends_on"] == "2026-12-07"
    assert kept["over_at"] == "2026-12-07T23:00:00+00:00"
    assert all(isinstance(value, str) for value in kept.values())
