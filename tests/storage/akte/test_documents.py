"""Documents: filed once, never deleted, read back only as they were."""

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from storage.akte import changes, documents, history
from storage.akte.documents import AlreadyCancelled, DokumentUnknown, NewDokument
from storage.crypto import WrongKey, new_data_key
from storage.models.dokument import Fassung, Richtung, ScanState
from storage.objects.port import ObjectDamaged, ObjectMissing
from tests.storage.akte.conftest import AT, CITIZEN, CLERK

NACHWEIS = NewDokument(
    richtung=Richtung.EINGANG,
    art="nachweis",
    name="Müller Straße – Haftpflicht.pdf",
    content=b"%PDF-1.7 Haftpflicht",
    media_type="application/pdf",
    dokumentdatum=date(2026, 11, 1),
    eingegangen_am=AT,
    verfasser=CITIZEN,
)


def _file(database, store, case, new=NACHWEIS, *, at=AT, by=CITIZEN):
    change = documents.file_document(store, case.key, new, tenant_id="darmstadt", vorgang_id=case.id, at=at, by=by)
    with database.begin() as conn:
        changes.write(conn, case.key, case.id, [change])
    return change.row["id"]


def _open(database, store, case, dokument_id, key=None):
    with database.read() as conn:
        return documents.open_document(conn, store, key or case.key, case.id, dokument_id)


def test_a_filed_document_is_read_back_byte_by_byte(database, store, case):
    dokument_id = _file(database, store, case)
    view, content = _open(database, store, case, dokument_id)
    assert content == NACHWEIS.content
    assert view.name == NACHWEIS.name
    assert view.sha256 == sha256(NACHWEIS.content).digest()
    assert (view.number, view.richtung, view.fassung, view.scan_state) == (
        1,
        Richtung.EINGANG,
        Fassung.REINSCHRIFT,
        ScanState.OFFEN,
    )
    assert (view.dokumentdatum, view.eingegangen_am, view.filed_by) == (date(2026, 11, 1), AT, CITIZEN)


def test_neither_object_nor_row_shows_content_or_name(database, store, case):
    change = documents.file_document(
        store, case.key, NACHWEIS, tenant_id="darmstadt", vorgang_id=case.id, at=AT, by=CITIZEN
    )
    stored = store.get(change.row["object_key"])
    assert b"Haftpflicht" not in stored
    assert b"Haftpflicht" not in change.row["name"]
    assert change.row["object_key"].startswith(f"darmstadt/{case.id}/")


def test_filing_is_recorded_in_the_history_with_hash_and_name(database, store, case):
    dokument_id = _file(database, store, case)
    with database.read() as conn:
        entry = history.read(conn, case.key, case.id)[-1]
    assert (entry.kind, entry.subject_kind, entry.subject_id) == ("dokument.abgelegt", "dokument", dokument_id)
    assert entry.payload["sha256"] == sha256(NACHWEIS.content).hexdigest()
    assert entry.payload["name"] == NACHWEIS.name


def test_documents_are_listed_in_the_order_of_filing_whatever_their_clocks_say(database, store, case):
    names = ["c", "a", "b"]
    for number, name in enumerate(names):
        _file(database, store, case, replace(NACHWEIS, name=name), at=AT - timedelta(minutes=number))
    with database.read() as conn:
        listed = documents.list_documents(conn, case.key, case.id)
    assert [(view.number, view.name) for view in listed] == [(1, "c"), (2, "a"), (3, "b")]


def test_a_cancelled_document_stays_and_says_why(database, store, case):
    dokument_id = _file(database, store, case)
    with database.begin() as conn:
        change = documents.cancel(conn, dokument_id, reason="doppelt", at=AT, by=CLERK)
        changes.write(conn, case.key, case.id, [change])
    view, content = _open(database, store, case, dokument_id)
    assert (view.storniert_by, view.storniert_reason, view.storniert_at) == (CLERK, "doppelt", AT)
    assert content == NACHWEIS.content


def test_a_document_is_cancelled_once(database, store, case):
    dokument_id = _file(database, store, case)
    with database.begin() as conn:
        changes.write(conn, case.key, case.id, [documents.cancel(conn, dokument_id, reason="x", at=AT, by=CLERK)])
    with database.begin() as conn, pytest.raises(AlreadyCancelled):
        documents.cancel(conn, dokument_id, reason="y", at=AT, by=CLERK)


def test_a_refiled_document_is_encrypted_anew_and_leaves_its_trace(database, store, case, another_case):
    target = another_case(2)
    dokument_id = _file(database, store, case)
    with database.begin() as conn:
        there, here = documents.refile(
            conn,
            store,
            dokument_id,
            source_key=case.key,
            target_key=target.key,
            target_id=target.id,
            reason="falscher Vorgang",
            at=AT,
            by=CLERK,
        )
        changes.write(conn, target.key, target.id, [there])
        changes.write(conn, case.key, case.id, [here])
    moved, content = _open(database, store, target, there.row["id"])
    left, _ = _open(database, store, case, dokument_id)
    assert content == NACHWEIS.content
    assert (moved.moved_from_id, moved.name, moved.storniert_at) == (dokument_id, NACHWEIS.name, None)
    assert left.storniert_reason == "falscher Vorgang"
    with pytest.raises(WrongKey):
        case.key.decrypt(store.get(there.row["object_key"]), aad=b"")


def test_a_document_of_another_vorgang_is_unknown(database, store, case, another_case):
    dokument_id = _file(database, store, case)
    other = another_case(2)
    with database.read() as conn, pytest.raises(DokumentUnknown):
        documents.open_document(conn, store, other.key, other.id, dokument_id)
    with database.read() as conn, pytest.raises(DokumentUnknown):
        documents.cancel(conn, uuid4(), reason="x", at=AT, by=CLERK)


def test_the_wrong_key_opens_nothing(database, store, case):
    dokument_id = _file(database, store, case)
    with pytest.raises(WrongKey):
        _open(database, store, case, dokument_id, key=new_data_key())


def test_an_object_that_is_gone_or_changed_is_noticed(database, store, case, tmp_path):
    dokument_id = _file(database, store, case)
    path = next(path for path in (tmp_path / "objects").rglob("*") if path.is_file())
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ObjectDamaged):
        _open(database, store, case, dokument_id)
    path.unlink()
    with pytest.raises(ObjectMissing):
        _open(database, store, case, dokument_id)


def test_an_object_of_another_document_of_the_same_vorgang_does_not_open_as_this_one(database, store, case):
    one = documents.file_document(store, case.key, NACHWEIS, tenant_id="darmstadt", vorgang_id=case.id, at=AT, by=CLERK)
    two = documents.file_document(store, case.key, NACHWEIS, tenant_id="darmstadt", vorgang_id=case.id, at=AT, by=CLERK)
    with pytest.raises(WrongKey):
        documents.read_content(store, case.key, dict(one.row) | {"object_key": two.row["object_key"]})
