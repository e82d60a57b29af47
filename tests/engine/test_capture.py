"""Taking in what came on paper: by whom it was typed, when it came, and that nothing is refused for what is missing."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from engine import capture, cases, drafts, notes
from engine.actors import Actor, TrustLevel
from engine.drafts import OpenDraft
from engine.errors import Invalid
from engine.house import House
from engine.notes import NoteKind
from storage.models.vorgang import VorgangRow
from tests.houses import AT, deploy, dog_values, staff

PAPER = capture.arrival("papier", "2026-11-19", at=AT)


@pytest.fixture
def clerk(house: House) -> Actor:
    return staff(house, "hoffmann", "steueramt")


@pytest.fixture
def draft(house: House, clerk: Actor) -> OpenDraft:
    deploy(house)
    begun = drafts.begin(house, "hundesteuer_anmelden", by=clerk, at=AT)
    return drafts.resume(house, begun.id, by=clerk, at=AT, in_session=False)


def test_the_file_says_who_typed_when_it_came_and_when_it_was_typed(
    house: House, clerk: Actor, draft: OpenDraft
) -> None:
    started = capture.send(house, draft, dog_values(), PAPER, by=clerk, at=AT)

    with house.db.read() as conn:
        row = conn.execute(select(VorgangRow.__table__).where(VorgangRow.id == started.vorgang_id)).one()
    assert (row.kanal, row.typed_by, row.declared_by) == ("papier", clerk.id, None)
    assert row.eingegangen_am == datetime(2026, 11, 18, 23, 0, tzinfo=UTC)  # the first moment of 19 November in Berlin
    assert row.erfasst_am == AT
    assert row.trust_level == TrustLevel.KEINS.name.lower()
    seen = cases.by_number(house, started.aktenzeichen, started.access_code, at=AT)
    assert seen.aktenzeichen == started.aktenzeichen


def test_the_same_draft_twice_is_one_vorgang(house: House, clerk: Actor, draft: OpenDraft) -> None:
    first, second = (capture.send(house, draft, dog_values(), PAPER, by=clerk, at=AT) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("missing", ["hunde", "person", "anschrift", "ermaessigung", "bekanntgabe_kanal"])
def test_whatever_is_missing_it_is_taken_in_and_noted(
    house: House, clerk: Actor, draft: OpenDraft, missing: str
) -> None:
    values = {name: value for name, value in dog_values().items() if name != missing}
    with pytest.raises(Invalid):
        capture.send(house, draft, values, PAPER, by=clerk, at=AT)

    started = capture.send_with_gaps(house, draft, values, PAPER, by=clerk, at=AT)

    (note,) = notes.of_vorgang(house, started.vorgang_id, by=clerk, at=AT)
    assert note.kind is NoteKind.UNVOLLSTAENDIG
    assert note.text.startswith("Unvollständig eingegangen.")
    assert cases.waits(house, started.vorgang_id, by=clerk, at=AT)


def test_nothing_comes_in_tomorrow_or_by_no_way(house: House) -> None:
    tomorrow = (AT + timedelta(days=1)).date().isoformat()
    with pytest.raises(Invalid) as refused:
        capture.arrival("brieftaube", tomorrow, at=AT)
    assert set(refused.value.errors) == {capture.CHANNEL, capture.RECEIVED}
