"""Opening, finding, moving and closing a Vorgang."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from storage import keys
from storage.akte import changes, documents, history, verify, vorgaenge
from storage.akte.changes import VorgangUnknown
from storage.akte.documents import NewDokument
from storage.akte.rows import read_row
from storage.akte.vorgaenge import NewAkte
from storage.crypto import KeyDestroyed, WrongKey, create_master_key
from storage.models.akte import Geheimnis
from storage.models.dokument import Richtung
from storage.models.vorgang import Suchmerkmal, VorgangRow
from tests.storage.akte.conftest import AT, CITIZEN, CLERK, deploy, new_vorgang


def test_an_opened_vorgang_stands_with_its_first_event(database, case):
    with database.read() as conn:
        row = read_row(conn, VorgangRow, "darmstadt", case.id)
        entries = history.read(conn, case.key, case.id)
        merkmale = conn.execute(select(Suchmerkmal.name, Suchmerkmal.value)).all()
    assert (row["aktenzeichen"], row["status"], row["kette_seq"]) == ("HST-2026-000001", "offen", 1)
    assert (row["eingegangen_am"], row["trust_level"], row["declared_by"]) == (AT, "substantiell", CITIZEN)
    assert [(entry.seq, entry.kind, entry.subject_kind) for entry in entries] == [(1, "vorgang.eroeffnet", "vorgang")]
    assert merkmale == [("chip", "276098100000001")]


def test_number_and_code_open_the_vorgang_and_nothing_else_does(database, case, another_case):
    other = another_case(2)
    code = case.vorgang.access_code
    with database.read() as conn:
        assert vorgaenge.find_by_code(conn, " hst-2026-000001 ", code.lower().replace("-", " ")) == case.id
        assert vorgaenge.find_by_code(conn, "HST-2026-000001", other.vorgang.access_code) is None
        assert vorgaenge.find_by_code(conn, "HST-2026-000002", code) is None
        assert vorgaenge.find_by_code(conn, "HST-2026-999999", code) is None
        assert vorgaenge.find_by_code(conn, "HST-2026-000001", "") is None


def test_the_access_code_is_not_stored(database, case):
    with database.read() as conn:
        row = read_row(conn, VorgangRow, "darmstadt", case.id)
    assert case.vorgang.access_code.replace("-", "").encode() not in row["access_code_hash"]
    assert len(case.vorgang.access_code.replace("-", "")) == 16


def test_the_key_is_loaded_with_the_right_master_key_only(database, master, case, tmp_path):
    with database.read() as conn:
        assert keys.load_key(conn, master, case.key.id).decrypt(case.key.encrypt(b"x", aad=b""), aad=b"") == b"x"
        with pytest.raises(WrongKey, match="Hauptschlüssel"):
            keys.load_key(conn, create_master_key(tmp_path / "other.key"), case.key.id)


def test_a_destroyed_key_is_gone_for_good(database, master, case):
    for by in (CLERK, CITIZEN):
        with database.begin() as conn:
            keys.destroy_key(conn, case.key.id, at=AT, by=by, reason="Aufbewahrung beendet")
    with database.read() as conn, pytest.raises(KeyDestroyed, match="vernichtet"):
        keys.load_key(conn, master, case.key.id)


def test_events_follow_each_other_and_open_with_the_key(database, case):
    events = [vorgaenge.Event(f"vermerk.{n}", AT, CLERK, {"text": f"Anruf {n}"}) for n in range(3)]
    with database.begin() as conn:
        head = changes.append(conn, case.key, case.id, events)
    with database.read() as conn:
        entries = history.read(conn, case.key, case.id, after_seq=1)
        assert history.actors_of(conn, case.id) == {CITIZEN, CLERK}
    assert head.seq == 4
    assert [entry.payload["text"] for entry in entries] == ["Anruf 0", "Anruf 1", "Anruf 2"]


def test_a_vorgang_of_another_tenant_is_unknown(open_database, case):
    with open_database("kassel").begin() as conn, pytest.raises(VorgangUnknown):
        changes.append(conn, case.key, case.id, [])


def test_a_vorgang_moves_to_another_akte_with_a_reason(database, case, another_case):
    other = another_case(2)
    with database.begin() as conn:
        vorgaenge.move(conn, case.key, case.id, akte_id=other.akte_id, reason="Haushalt", at=AT, by=CLERK)
    with database.read() as conn:
        assert read_row(conn, VorgangRow, "darmstadt", case.id)["akte_id"] == other.akte_id
        assert history.read(conn, case.key, case.id)[-1].payload["grund"] == "Haushalt"


def test_zda_starts_retention_at_the_end_of_the_year_in_local_time(database, case):
    new_year_in_berlin = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    with database.begin() as conn:
        vorgaenge.close(conn, case.key, case.id, at=new_year_in_berlin, by=CLERK)
    with database.read() as conn:
        row = read_row(conn, VorgangRow, "darmstadt", case.id)
    assert (row["status"], row["zda_by"], row["retention_until"]) == ("zda", CLERK, date(2037, 12, 31))


def test_without_a_period_nothing_is_ever_due():
    assert vorgaenge.retention_end(AT, None) is None


def test_two_vorgaenge_cannot_have_the_same_number(database, master, case):
    again = vorgaenge.open_vorgang(
        master, new_vorgang(1), tenant_id="darmstadt", akte_id=case.akte_id, at=AT, by=CITIZEN
    )
    with pytest.raises(IntegrityError, match=r"(?i)unique"), database.begin() as conn:
        vorgaenge.write(conn, again)


def test_a_vorgang_opens_together_with_the_first_step_of_its_instance(database, master, store, tmp_path):
    akte = vorgaenge.open_akte(
        master,
        NewAkte("968.1", "steuerfall", "Anna", "steueramt", Geheimnis.STEUER),
        tenant_id="darmstadt",
        at=AT,
        by=CITIZEN,
    )
    opened = vorgaenge.open_vorgang(master, new_vorgang(), tenant_id="darmstadt", akte_id=akte.id, at=AT, by=CITIZEN)
    new = NewDokument(Richtung.EINGANG, "antrag", "Angaben", b"{}", "application/json")
    filed = documents.file_document(
        store, opened.key, new, tenant_id="darmstadt", vorgang_id=opened.id, at=AT, by=CITIZEN
    )
    with database.begin() as conn:
        deployment = deploy(conn)
    instance_id = uuid4()
    with database.step() as step:
        step.create(
            instance_id,
            deployment_id=deployment,
            procedure_key="hundesteuer_anmelden",
            key_id=opened.key.id,
            at=AT,
            vorgang_id=opened.id,
            akte_head=opened.head,
        )
        step.save(state=b"s", status="active", at=AT, actor_id=CITIZEN, command="Start", moves={}, payload=b"")
        for statement in akte.statements:
            step.also(statement)
        vorgaenge.add_to_step(step, opened)
        changes.add_to_step(step, opened.key, [filed])
    with database.read() as conn:
        entries = history.read(conn, opened.key, opened.id)
        report = verify.verify(conn, store, tmp_path / "anchors.jsonl")
    assert [(entry.seq, entry.kind, entry.instance_id, entry.instance_seq) for entry in entries] == [
        (1, "vorgang.eroeffnet", instance_id, 1),
        (2, "dokument.abgelegt", instance_id, 1),
    ]
    assert report.findings == []
