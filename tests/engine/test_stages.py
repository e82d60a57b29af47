"""The time line of a Vorgang: it announces what usually follows, and nothing that may never come."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from engine import catalog
from engine.stages import stages
from tests.houses import PROCESSES

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def keys(procedure: str, *, done: tuple[str, ...] = (), active: str = "") -> list[str]:
    """The stages that are shown; the current one has a star."""
    found = catalog.load(catalog.read_folder(PROCESSES / procedure), folder=procedure)
    steps = [SimpleNamespace(at=AT, moves={"completed": done})]
    lines = stages(found, steps, frozenset({active} if active else ()), language="de")
    return [f"{line.key}*" if line.is_current else line.key for line in lines]


@pytest.mark.parametrize(
    ("done", "active", "shown"),
    [
        ((), "antrag_pruefen", ["pruefung*", "bekanntgabe"]),
        (("antrag_pruefen",), "dokument_versenden", ["pruefung", "bekanntgabe*"]),
        (("antrag_pruefen", "ablehnung_erzeugen"), "rechtsbehelfsfrist", ["pruefung", "bekanntgabe", "frist*"]),
        (("antrag_pruefen", "dokument_bereitstellen", "bescheinigung_erteilt"), "", None),
    ],
)
def test_a_refusal_is_shown_only_when_it_has_come_to_that(
    done: tuple[str, ...], active: str, shown: list[str] | None
) -> None:
    found = keys("meldebescheinigung", done=done, active=active)
    assert found == (shown or ["pruefung", "bekanntgabe", "erteilt*"])


def test_a_question_is_shown_from_the_moment_it_is_asked() -> None:
    procedure = "hundesteuer_anmelden"
    assert "rueckfrage" not in keys(procedure, active="anzeige_pruefen")
    assert "rueckfrage*" in keys(procedure, done=("anzeige_pruefen",), active="rueckfrage_beantworten")
    assert "rueckfrage" in keys(procedure, done=("rueckfrage_beantworten",), active="steuer_festsetzen")
