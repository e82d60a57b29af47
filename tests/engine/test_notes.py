"""Notes: in the file and its chain, encrypted, and for nobody but the office."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine import instances, notes, tasks
from engine.errors import Invalid, NotFound
from engine.files import key_of_vorgang
from engine.house import House
from engine.instances import Sender, Started
from engine.notes import NoteKind
from storage.akte import history, verify
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

SOON = AT + timedelta(minutes=5)
SAID = "Frau Muster ruft an: Bello ist kastriert."


@pytest.fixture
def started(house: House) -> Started:
    sender = Sender(Kanal.PORTAL)
    return instances.start(house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key="k")


def test_a_note_is_read_by_the_office_with_its_author(house: House, started: Started) -> None:
    schulz, vogel = staff(house, "schulz", "steueramt"), staff(house, "vogel", "steueramt")

    notes.add(house, started.vorgang_id, NoteKind.TELEFON, f" {SAID} ", by=schulz, at=SOON, idempotency_key="a")

    (note,) = notes.of_vorgang(house, started.vorgang_id, by=vogel, at=SOON)
    assert (note.kind, note.who, note.text, note.at) == (NoteKind.TELEFON, "Schulz", SAID, SOON)


def test_neither_the_citizen_nor_another_office_sees_or_writes_notes(house: House, started: Started) -> None:
    for stranger in (citizen(), staff(house, "stein", "ordnungsamt")):
        with pytest.raises(NotFound):
            notes.of_vorgang(house, started.vorgang_id, by=stranger, at=SOON)
        with pytest.raises(NotFound):
            notes.add(house, started.vorgang_id, NoteKind.VERMERK, "x", by=stranger, at=SOON, idempotency_key="a")


def test_a_double_click_writes_one_note(house: House, started: Started) -> None:
    schulz = staff(house, "schulz", "steueramt")
    for _ in range(2):
        notes.add(house, started.vorgang_id, NoteKind.VERMERK, SAID, by=schulz, at=SOON, idempotency_key="a")

    assert len(notes.of_vorgang(house, started.vorgang_id, by=schulz, at=SOON)) == 1


def test_an_empty_or_endless_note_is_refused(house: House, started: Started) -> None:
    schulz = staff(house, "schulz", "steueramt")
    for wrong in ("  ", "x" * (notes.TEXT_MAX + 1)):
        with pytest.raises(Invalid):
            notes.add(house, started.vorgang_id, NoteKind.VERMERK, wrong, by=schulz, at=SOON, idempotency_key="a")


def test_a_note_is_encrypted_and_part_of_the_chain(house: House, started: Started, tmp_path: Path) -> None:
    schulz = staff(house, "schulz", "steueramt")
    notes.add(house, started.vorgang_id, NoteKind.VERMERK, SAID, by=schulz, at=SOON, idempotency_key="a")

    with house.db.read() as conn:
        stored = conn.execute(text("SELECT text FROM vermerk")).scalar_one()
        assert verify.verify(conn, house.objects, tmp_path / "anchor").clean
        kinds = [
            one.kind for one in history.read(conn, key_of_vorgang(house, conn, started.vorgang_id), started.vorgang_id)
        ]
        assert "vermerk.geschrieben" in kinds
    assert b"Bello" not in bytes(stored)


def test_whoever_only_wrote_a_note_may_still_be_the_second_person(house: House, started: Started) -> None:
    schulz = staff(house, "schulz", "steueramt")
    notes.add(house, started.vorgang_id, NoteKind.VERMERK, SAID, by=schulz, at=SOON, idempotency_key="a")

    with house.db.read() as conn:
        (task,) = tasks.of_vorgang(conn, started.vorgang_id, by=schulz, on=SOON)
        assert schulz.id not in tasks.acted_before(house, conn, task)
