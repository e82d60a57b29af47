"""The lead gives tasks to others, whoever holds them; the file says so, and four eyes stay four."""

import pytest

from engine import instances, tasks
from engine.errors import NotAllowed, NotFound
from engine.files import key_of_vorgang
from engine.house import House
from engine.instances import Sender
from storage import queries
from storage.akte import history
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff


def test_only_the_lead_reassigns_and_only_to_staff(house: House) -> None:
    schulz, vogel = staff(house, "schulz", "steueramt"), staff(house, "vogel", "steueramt")
    lead = staff(house, "albrecht", "steueramt", "leitung")
    sender = Sender(Kanal.PORTAL)
    started = instances.start(
        house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key="k"
    )
    with house.db.read() as conn:
        (task,) = tasks.of_vorgang(conn, started.vorgang_id, by=schulz, on=AT)
    tasks.claim(house, task.id, by=schulz, at=AT)

    with pytest.raises(NotAllowed):
        tasks.reassign(house, task.id, to=vogel.id, by=schulz, at=AT)
    with pytest.raises(NotFound):
        tasks.reassign(house, task.id, to=citizen().id, by=lead, at=AT)
    for _ in range(2):
        tasks.reassign(house, task.id, to=vogel.id, by=lead, at=AT)

    with house.db.read() as conn:
        assert [one.id for one in queries.assigned(conn, vogel.id, limit=9)] == [task.id]
        assert queries.claimable(conn, queries.candidates_of({"steueramt"}), limit=9) == []
        entries = history.read(conn, key_of_vorgang(house, conn, started.vorgang_id), started.vorgang_id)
        following = tasks.acted_before(house, conn, task)
    assert [one.payload["an"] for one in entries if one.kind == "aufgabe.zugeteilt"] == [vogel.id]
    assert vogel.id not in following  # being given a task is not yet acting
