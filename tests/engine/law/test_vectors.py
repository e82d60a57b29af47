from pathlib import Path

import pytest

from engine.law import vectors
from tests.shared_data import shared

_HEAD = "id;regime;ereignis;ereignisdatum;bekanntgabe_oder_beginn;regel;fristlaenge;ende_ohne_verschiebung;fristende"
_OWN = Path(__file__).with_name("abruf-122a.csv").read_text("utf-8")


def test_all_reference_vectors_pass():
    report = vectors.run(shared("egov/derived/fristen-testvectors.csv").read_text("utf-8"))

    assert report.differences == ()
    assert report.passed == report.total >= 27


def test_own_vectors_for_download_of_tax_decisions_pass():
    report = vectors.run(_OWN)

    assert report.differences == ()
    assert report.passed == report.total == 12


def test_a_wrong_expectation_is_a_difference_and_not_a_pass():
    report = vectors.run(_OWN.replace("2027-02-08;2027-02-08", "2027-02-08;2027-02-09", 1))

    assert (report.passed, report.total) == (11, 12)
    assert report.differences == (vectors.Difference("A04", "fristende", "2027-02-09", "2027-02-08"),)


def test_an_unknown_length_is_reported_with_its_reason():
    report = vectors.run(_OWN.replace("1 Jahr", "1 Äon"))

    assert [(one.id, one.column) for one in report.differences] == [("A10", "regime")]
    assert "1 Äon" in report.differences[0].computed


def test_a_file_without_the_columns_is_refused():
    with pytest.raises(ValueError, match="fristlaenge"):
        vectors.run("id;regime\n1;AO")


@pytest.mark.parametrize(
    ("regime", "event", "event_on", "served_on"),
    [
        ("VwVfG/Post Inland", "Aufgabe zur Post", "2024-12-30", "2025-01-02"),
        ("AO/Post Ausland", "Aufgabe zur Post", "2026-12-18", "2027-01-18"),
        ("SGB X/Post Inland", "Aufgabe zur Post", "2026-12-23", "2026-12-27"),
        ("SGB X Abruf", "Absendung der Benachrichtigung", "2026-12-23", "2026-12-27"),
        ("VwVfG elektronisch", "Absendung", "2026-11-02", "2026-11-06"),
        ("Zustellung", "Empfangsbekenntnis", "2026-11-07", "2026-11-07"),
        ("Zustellung Einschreiben", "Aufgabe zur Post", "2026-11-02", "2026-11-06"),
    ],
)
def test_regimes_of_other_channels_are_understood(regime, event, event_on, served_on):
    report = vectors.run(f"{_HEAD}\nX;{regime};{event};{event_on};{served_on};;1 Monat;;\n")

    assert report.differences == ()


def test_a_download_that_never_came_is_not_served():
    row = "N;VwVfG Abruf;kein Abruf binnen zehn Tagen;2026-11-02;nicht bekannt gegeben;;1 Monat;;"

    assert vectors.run(f"{_HEAD}\n{row}\n").passed == 1
    assert vectors.run(f"{_HEAD}\n{row.replace('nicht bekannt gegeben', '2026-11-03')}\n").passed == 0


def test_a_row_that_expects_nothing_does_not_pass():
    report = vectors.run(f"{_HEAD}\nE;AO/Post Inland;Aufgabe zur Post;2026-11-02;;;1 Monat;;\n")

    assert (report.passed, report.total) == (0, 1)
