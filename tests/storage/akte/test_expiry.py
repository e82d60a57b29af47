"""Drafts: what becomes of them when they are sent, thrown away, or too old."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from storage.akte import changes, documents, verify, vorgaenge
from storage.akte.expiry import expire_drafts, forget_draft
from storage.akte.rows import table_of
from storage.crypto import KeyDestroyed
from storage.keys import load_key
from storage.models.entwurf import Entwurf, EntwurfFile
from tests.storage.akte.conftest import AT, CITIZEN, new_vorgang, store_draft, store_upload

LATER = AT + timedelta(days=30)


def _left(conn):
    return [conn.execute(select(func.count()).select_from(table_of(m))).scalar() for m in (Entwurf, EntwurfFile)]


def test_a_sent_draft_becomes_the_vorgang_and_its_uploads_stay_where_they_lie(database, master, store, case, tmp_path):
    with database.begin() as conn:
        draft = store_draft(conn, master, expires_at=LATER)
        upload = store_upload(conn, store, draft)
    stored_before = {listed.key for listed in store.iterate("darmstadt")}
    opened = vorgaenge.open_vorgang(
        master, new_vorgang(7), tenant_id="darmstadt", akte_id=case.akte_id, at=AT, by=CITIZEN, draft=draft
    )
    filed = documents.file_upload(
        opened.key, upload, vorgang_id=opened.id, art="nachweis", eingegangen_am=AT, at=AT, by=CITIZEN
    )
    with database.begin() as conn:
        vorgaenge.write(conn, opened)
        changes.write(conn, opened.key, opened.id, [filed])
    with database.read() as conn:
        view, content = documents.open_document(conn, store, opened.key, opened.id, upload["id"])
        assert _left(conn) == [0, 0]
        assert verify.verify(conn, store, tmp_path / "anchors.jsonl").findings == []
    assert (opened.id, content, view.name) == (draft.id, b"%PDF-1.7 Ausweis", "Ausweis.pdf")
    assert {listed.key for listed in store.iterate("darmstadt")} == stored_before


def test_only_drafts_whose_time_is_over_expire_and_take_their_keys_with_them(database, master, store):
    with database.begin() as conn:
        old, young = (store_draft(conn, master, expires_at=AT + timedelta(days=days)) for days in (1, 2))
        store_upload(conn, store, old)
    with database.begin() as conn:
        counts = [expire_drafts(conn, at=AT + timedelta(days=1), by="system:worker") for _ in range(2)]
    with database.read() as conn:
        assert _left(conn) == [1, 0]
        load_key(conn, master, young.key.id)
        with pytest.raises(KeyDestroyed):
            load_key(conn, master, old.key.id)
    assert counts == [1, 0]


def test_a_draft_that_was_sent_meanwhile_keeps_its_key(database, master, case):
    with database.begin() as conn:
        draft = store_draft(conn, master, expires_at=LATER)
    opened = vorgaenge.open_vorgang(
        master, new_vorgang(7), tenant_id="darmstadt", akte_id=case.akte_id, at=AT, by=CITIZEN, draft=draft
    )
    with database.begin() as conn:
        vorgaenge.write(conn, opened)
        forget_draft(conn, draft.id, draft.key.id, at=AT, by=CITIZEN, reason="verworfen")
    with database.read() as conn:
        assert load_key(conn, master, draft.key.id).id == opened.key.id
