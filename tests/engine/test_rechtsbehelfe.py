"""A Widerspruch on paper: in time, late, with revoked finality, and told to who waits, on both databases."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from engine import cases, instances, jobs, rechtsbehelfe, tasks
from engine.actors import Actor
from engine.cases import Decision
from engine.errors import Invalid, NotFound
from engine.files import open_file
from engine.house import House
from engine.instances import Sender, Started
from engine.rechtsbehelfe import Lodged, Recorded
from storage.akte.changes import write
from storage.akte.rows import alteration, read_row
from storage.akte.verify import verify
from storage.models.message import Message
from storage.models.verwaltungsakt import Bekanntgabe, Rechtsbehelf, RechtsbehelfForm
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

LATER = datetime(2027, 2, 1, 9, tzinfo=UTC)


def clerk(house: House) -> Actor:
    return staff(house, "amt", "steueramt")


@pytest.fixture
def decided(house: House) -> Started:
    """A Vorgang whose Bescheid was made known in the Postfach."""
    sender = Sender(Kanal.PORTAL)
    sent = instances.start(house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key="k")
    for values in ({"ergebnis": "vollstaendig"}, {"entscheidung": "festsetzen"}):
        with house.db.read() as conn:
            (task,) = tasks.of_vorgang(conn, sent.vorgang_id, by=clerk(house), on=AT)
        work = tasks.work_on(house, task.id, by=clerk(house), at=AT)
        known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
        tasks.complete(house, task.id, known | values, by=clerk(house), at=AT)
        while jobs.run_due(house, at=AT):
            pass
    return sent


def decision(house: House, decided: Started) -> Decision:
    (found,) = cases.get(house, decided.vorgang_id, by=clerk(house), at=LATER).decisions
    return found


def last_day(house: House, decided: Started) -> date:
    return max(filter(None, (row(house, decided)["frist_ende"], row(house, decided)["frist_ende_latest"])))


def row(house: House, decided: Started) -> Mapping[str, Any]:
    with house.db.read() as conn:
        found = read_row(conn, Bekanntgabe, house.tenant_id, decision(house, decided).services[0].id)
    assert found is not None
    return found


def note_finality(house: House, decided: Started) -> None:
    served = row(house, decided)
    with house.db.begin() as conn:
        file = open_file(house, conn, decided.vorgang_id)
        noted = alteration(
            Bekanntgabe,
            served,
            {"bestandskraft_noted_on": LATER.date()},
            kind="bekanntgabe.bestandskraft",
            at=LATER,
            actor_id="system:test",
            payload={},
        )
        write(conn, file.key, file.id, [noted])


def record(house: House, decided: Started, day: date, *, by: Actor | None = None, **more: Any) -> Recorded:
    stream = BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    lodged = Lodged(day, RechtsbehelfForm.SCHRIFTLICH, "widerspruch.png", stream.getvalue(), **more)
    service = decision(house, decided).services[0].id
    return rechtsbehelfe.record(house, decided.vorgang_id, service, lodged, by=by or clerk(house), at=LATER)


def test_on_the_last_day_it_is_in_time_and_challenges_the_decision(
    house: House, decided: Started, tmp_path: Path
) -> None:
    recorded = record(house, decided, last_day(house, decided))

    assert recorded.in_time
    assert "fristgerecht" in recorded.reason
    assert decision(house, decided).status == "angefochten"
    filed = cases.get(house, decided.vorgang_id, by=clerk(house), at=LATER).documents
    assert "widerspruch.png" in [one.name for one in filed]
    with house.db.read() as conn:
        found = read_row(conn, Rechtsbehelf, house.tenant_id, recorded.id)
        assert verify(conn, house.objects, tmp_path / "anchor").findings == []
    assert found is not None
    assert (found["kind"], found["wiedereinsetzung"]) == ("widerspruch", False)


def test_it_is_told_to_who_waits_for_the_decision(house: House, decided: Started) -> None:
    record(house, decided, last_day(house, decided))

    with house.db.read() as conn:
        (sent,) = conn.execute(select(Message.name, Message.key)).all()
    assert tuple(sent) == ("rechtsbehelf.eingelegt", str(decision(house, decided).id))


def test_a_day_later_it_is_late_and_finality_stays(house: House, decided: Started) -> None:
    note_finality(house, decided)

    recorded = record(house, decided, last_day(house, decided) + timedelta(days=1))

    assert (recorded.in_time, recorded.revoked_finality) == (False, False)
    assert "verspätet" in recorded.reason
    assert decision(house, decided).status == "bekannt_gegeben"
    assert row(house, decided)["bestandskraft_revoked_on"] is None


@pytest.mark.parametrize(("days", "wiedereinsetzung"), [(0, False), (1, True)])
def test_finality_is_revoked_by_one_from_the_post_or_with_wiedereinsetzung(
    house: House, decided: Started, days: int, wiedereinsetzung: bool
) -> None:
    note_finality(house, decided)
    day = last_day(house, decided) + timedelta(days=days)

    recorded = record(house, decided, day, wiedereinsetzung=wiedereinsetzung)

    assert recorded.revoked_finality
    assert row(house, decided)["bestandskraft_revoked_reason"] == recorded.reason
    assert decision(house, decided).status == "angefochten"


def test_only_the_office_records_and_nothing_from_the_future(house: House, decided: Started) -> None:
    for stranger in (citizen(), staff(house, "ordnung", "ordnungsamt")):
        with pytest.raises(NotFound):
            record(house, decided, LATER.date(), by=stranger)
    with pytest.raises(Invalid):
        record(house, decided, LATER.date() + timedelta(days=1))
