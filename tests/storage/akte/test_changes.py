"""Many write into one Vorgang at once: no event is lost, no link broken, nothing overwritten unseen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import update

from storage.akte import changes, history, parties, verify
from storage.akte.changes import RowChanged
from storage.akte.events import Event
from storage.akte.parties import NewParty
from storage.akte.rows import alteration, read_row
from storage.models.party import PartyKind, Rolle, VorgangParty
from storage.models.vorgang import VorgangRow
from storage.steps import LostRace
from tests.storage.akte.conftest import AT, CITIZEN, CLERK, deploy

WRITERS, ROUNDS = 8, 10
ANNA = NewParty(Rolle.ANTRAGSTELLER, PartyKind.PERSON, {"nachname": "Beispiel"}, date(2026, 11, 24))


def test_eight_writers_and_a_running_instance_append_to_one_chain(open_database, database, store, case, tmp_path):
    instance_id = _start_instance(database, case)
    start = Barrier(WRITERS + 1)

    def note(writer: int) -> None:
        own = open_database(pool_size=1)
        start.wait()
        for number in range(ROUNDS):
            with own.begin() as conn:
                event = Event("vermerk", AT, f"clerk {writer}", {"nummer": number})
                changes.append(conn, case.key, case.id, [event])

    def run() -> None:
        start.wait()
        for number in range(ROUNDS):
            _step_until_it_succeeds(database, case, instance_id, number)

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        for future in [pool.submit(run), *(pool.submit(note, writer) for writer in range(WRITERS))]:
            future.result()
    with database.read() as conn:
        entries = history.read(conn, case.key, case.id)
        assert verify.verify(conn, store, tmp_path / "anchors.jsonl").findings == []
    assert len(entries) == 1 + (WRITERS + 1) * ROUNDS
    for writer in range(WRITERS):
        noted = [entry.payload["nummer"] for entry in entries if entry.actor_id == f"clerk {writer}"]
        assert noted == list(range(ROUNDS))


def _start_instance(database, case):
    instance_id = uuid4()
    with database.begin() as conn:
        deployment = deploy(conn)
        head = changes.lock_head(conn, case.id)
    with database.step() as step:
        step.create(
            instance_id,
            deployment_id=deployment,
            procedure_key="hundesteuer_anmelden",
            key_id=case.key.id,
            at=AT,
            vorgang_id=case.id,
            akte_head=head,
        )
        step.save(state=b"0", status="active", at=AT, actor_id=CLERK, command="Start", moves={}, payload=b"")
    return instance_id


def _step_until_it_succeeds(database, case, instance_id, number):
    for _ in range(200):
        try:
            with database.step() as step:
                step.load(instance_id)
                step.save(state=b"s", status="active", at=AT, actor_id=CLERK, command="x", moves={}, payload=b"")
                step.akte_event(case.key, Event("aufgabe.erledigt", AT, CLERK, {"nummer": number}))
        except LostRace:
            continue
        return
    raise AssertionError("never won")


def test_a_row_that_was_changed_since_it_was_read_is_not_overwritten(database, case):
    added = parties.add(case.key, ANNA, tenant_id="darmstadt", vorgang_id=case.id, at=AT, by=CITIZEN)
    with database.begin() as conn:
        changes.write(conn, case.key, case.id, [added])
        stale = parties.end(conn, added.row["id"], valid_to=date(2027, 1, 1), reason="Umzug", at=AT, by=CLERK)
        fresh = parties.correct(conn, case.key, added.row["id"], {"nachname": "Muster"}, at=AT, by=CLERK)
        changes.write(conn, case.key, case.id, [fresh])
    with pytest.raises(RowChanged), database.begin() as conn:
        changes.write(conn, case.key, case.id, [stale])
    with database.read() as conn:
        assert parties.list_parties(conn, case.key, case.id)[0].valid_to is None


def test_what_proves_nothing_may_change_meanwhile(database, case):
    with database.begin() as conn:
        current = read_row(conn, VorgangRow, "darmstadt", case.id)
        conn.execute(update(VorgangRow).where(VorgangRow.id == case.id).values(status="abgeschlossen"))
        change = alteration(
            VorgangRow, current, {"office": "ordnungsamt"}, kind="vorgang.abgegeben", at=AT, actor_id=CLERK, payload={}
        )
        changes.write(conn, case.key, case.id, [change])
        row = read_row(conn, VorgangRow, "darmstadt", case.id)
    assert (row["office"], row["status"]) == ("ordnungsamt", "abgeschlossen")


def test_two_changes_of_one_row_follow_each_other(database, case):
    added = parties.add(case.key, ANNA, tenant_id="darmstadt", vorgang_id=case.id, at=AT, by=CITIZEN)
    corrected = alteration(
        VorgangParty, added.row, {"account": CITIZEN}, kind="partei.konto", at=AT, actor_id=CLERK, payload={}
    )
    with database.begin() as conn:
        changes.write(conn, case.key, case.id, [added, corrected])
    with database.read() as conn:
        assert parties.roles_of(conn, CITIZEN, case.id, on=date(2026, 11, 24)) == {Rolle.ANTRAGSTELLER}


@pytest.mark.parametrize("values", [{"hausnummer": "7"}, {"rolle": "antragsteller", "spitzname": "x"}])
def test_a_column_that_does_not_exist_is_a_programming_error(case, values):
    with pytest.raises(ValueError, match="has no column"):
        alteration(VorgangParty, {}, values, kind="x", at=AT, actor_id=CLERK, payload={})
