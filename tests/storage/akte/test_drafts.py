"""Drafts: saved, resumed, sent with their uploads, forgotten."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from storage.akte import changes, documents, drafts, verify, vorgaenge
from storage.akte.drafts import DraftChanged, DraftUnknown, NewUpload
from storage.akte.rows import table_of
from storage.crypto import KeyDestroyed
from storage.keys import load_key
from storage.models.entwurf import Entwurf, EntwurfFile
from tests.storage.akte.conftest import AT, CITIZEN, new_vorgang

LATER = AT + timedelta(days=30)
ANSWERS = {"vorname": "Anna", "hunde": [{"name": "Rex", "größe": "40"}]}
NACHWEIS = NewUpload("nachweis", "Ausweis Müller.pdf", b"%PDF-1.7", "application/pdf")


@pytest.fixture
def draft(database, master):
    with database.begin() as conn:
        return _start(conn, master)[0]


def _start(conn, master, account=CITIZEN):
    return drafts.start(
        conn,
        master,
        procedure_key="hundesteuer_anmelden",
        deployment_id=uuid4(),
        account=account,
        page="person",
        answers=ANSWERS,
        at=AT,
        expires_at=LATER,
    )


def _save(conn, draft, page="hunde", **answers):
    return drafts.save(conn, draft, page=page, answers=ANSWERS | answers, at=AT, expires_at=LATER)


def test_a_draft_is_resumed_by_its_account(database, master, draft):
    with database.read() as conn:
        resumed = drafts.resume(conn, master, draft.id, account=CITIZEN, at=AT)
    assert (resumed.answers, resumed.page, resumed.version) == (ANSWERS, "person", 1)


def test_a_draft_is_resumed_by_its_code_without_an_account(database, master):
    with database.begin() as conn:
        draft, code = _start(conn, master, account=None)
    with database.read() as conn:
        assert drafts.resume_with_code(conn, master, draft.id, code=code.lower(), at=AT).answers == ANSWERS
        with pytest.raises(DraftUnknown):
            drafts.resume_with_code(conn, master, draft.id, code="0000-0000-0000-0000", at=AT)
        with pytest.raises(DraftUnknown):
            drafts.resume(conn, master, draft.id, account=CITIZEN, at=AT)


def test_a_foreign_unknown_or_expired_draft_looks_the_same(database, master, draft):
    with database.read() as conn:
        for draft_id, account, at in [
            (draft.id, "https://konto|bert", AT),
            (uuid4(), CITIZEN, AT),
            (draft.id, CITIZEN, LATER),
        ]:
            with pytest.raises(DraftUnknown):
                drafts.resume(conn, master, draft_id, account=account, at=at)


def test_answers_are_never_stored_in_clear(database, draft):
    with database.read() as conn:
        assert b"Anna" not in conn.execute(select(Entwurf.answers)).scalar_one()


def test_two_windows_do_not_overwrite_each_other(database, draft):
    with database.begin() as conn:
        saved = _save(conn, draft, vorname="Anne")
    with pytest.raises(DraftChanged), database.begin() as conn:
        _save(conn, draft, vorname="Andrea")
    with database.begin() as conn:
        assert _save(conn, saved, vorname="Anja").version == 3


def test_drafts_are_listed_newest_first(database, master, draft):
    with database.begin() as conn:
        other, _ = _start(conn, master)
        drafts.save(conn, other, page="x", answers={}, at=AT + timedelta(hours=1), expires_at=LATER)
        listed = drafts.drafts_of(conn, CITIZEN, at=AT)
        assert drafts.drafts_of(conn, CITIZEN, at=LATER) == []
    assert [draft_id for draft_id, _, _ in listed] == [other.id, draft.id]


def test_an_upload_is_read_back_and_can_be_removed(database, store, draft):
    with database.begin() as conn:
        upload = drafts.add_upload(conn, store, draft, NACHWEIS, at=AT)
        assert drafts.open_upload(conn, store, draft, upload.id) == (upload, NACHWEIS.content)
        assert [found.name for found in drafts.uploads(conn, draft)] == [NACHWEIS.name]
        drafts.remove_upload(conn, draft, upload.id)
        assert drafts.uploads(conn, draft) == []
        with pytest.raises(DraftUnknown):
            drafts.open_upload(conn, store, draft, upload.id)


def test_a_sent_draft_becomes_the_vorgang_and_its_uploads_stay_where_they_lie(
    database, master, store, case, draft, tmp_path
):
    with database.begin() as conn:
        upload = drafts.add_upload(conn, store, draft, NACHWEIS, at=AT)
    stored_before = {listed.key for listed in store.iterate("darmstadt")}
    with database.begin() as conn:
        rows = drafts.upload_rows(conn, draft.id)
        opened = vorgaenge.open_vorgang(
            master, new_vorgang(7), tenant_id="darmstadt", akte_id=case.akte_id, at=AT, by=CITIZEN, draft=draft
        )
        vorgaenge.write(conn, opened)
        filed = [
            documents.file_upload(
                opened.key, row, vorgang_id=opened.id, art="nachweis", eingegangen_am=AT, at=AT, by=CITIZEN
            )
            for row in rows
        ]
        changes.write(conn, opened.key, opened.id, filed)
    with database.read() as conn:
        view, content = documents.open_document(conn, store, opened.key, opened.id, upload.id)
        left = [conn.execute(select(func.count()).select_from(table_of(m))).scalar() for m in (Entwurf, EntwurfFile)]
        assert verify.verify(conn, store, tmp_path / "anchors.jsonl").findings == []
    assert (opened.id, content, view.name) == (draft.id, NACHWEIS.content, NACHWEIS.name)
    assert {listed.key for listed in store.iterate("darmstadt")} == stored_before
    assert left == [0, 0]


def test_a_discarded_draft_takes_its_key_with_it(database, master, store, draft):
    with database.begin() as conn:
        drafts.add_upload(conn, store, draft, NACHWEIS, at=AT)
        drafts.discard(conn, draft, at=AT, by=CITIZEN)
    with database.read() as conn:
        with pytest.raises(DraftUnknown):
            drafts.resume(conn, master, draft.id, account=CITIZEN, at=AT)
        with pytest.raises(KeyDestroyed):
            load_key(conn, master, draft.key.id)


def test_only_drafts_whose_time_is_over_expire(database, master, draft):
    with database.begin() as conn:
        young, _ = _start(conn, master)
        _save(conn, young)
        drafts.save(conn, draft, page="x", answers={}, at=AT, expires_at=AT + timedelta(days=1))
    with database.begin() as conn:
        assert drafts.expire(conn, at=AT + timedelta(days=1), by="system:worker") == 1
        assert drafts.expire(conn, at=AT + timedelta(days=1), by="system:worker") == 0
        assert drafts.resume(conn, master, young.id, account=CITIZEN, at=AT).page == "hunde"
