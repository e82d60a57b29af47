"""The collector removes what no row names and is old enough, and nothing else."""

import os
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from storage.akte import changes, documents
from storage.akte.documents import NewDokument
from storage.crypto import create_master_key
from storage.db import Database, DatabaseUnavailable
from storage.models.dokument import Richtung
from storage.objects import collector
from storage.objects.folder import FolderStore
from tests.storage.akte.conftest import AT, CITIZEN, open_case, store_draft, store_upload

NOW = datetime.now(UTC)
NEW = NewDokument(Richtung.EINGANG, "nachweis", "Nachweis", b"%PDF", "application/pdf")


@pytest.fixture
def store(tmp_path):
    (tmp_path / "objects").mkdir()
    return FolderStore(tmp_path / "objects")


@pytest.fixture
def master(tmp_path):
    return create_master_key(tmp_path / "master.key")


def _age(tmp_path, key, hours):
    then = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(tmp_path / "objects" / key, (then, then))


def test_old_orphans_go_and_what_rows_name_stays(database, master, store, tmp_path, monkeypatch):
    monkeypatch.setattr(collector, "_AT_ONCE", 2)
    with database.begin() as conn:
        case = open_case(conn, master)
        change = documents.file_document(
            store, case.key, NEW, tenant_id="darmstadt", vorgang_id=case.id, at=AT, by=CITIZEN
        )
        changes.write(conn, case.key, case.id, [change])
        draft = store_draft(conn, master, expires_at=NOW)
        store_upload(conn, store, draft)
    named = {listed.key for listed in store.iterate("darmstadt")}
    orphans = [store.put("darmstadt", uuid4(), bytes([number])).key for number in range(4)]
    foreign = store.put("kassel", uuid4(), b"x").key
    for key in [*named, *orphans[:3], foreign]:
        _age(tmp_path, key, 25)
    _age(tmp_path, orphans[3], 23)
    assert collector.collect(database, store, at=NOW) == 3
    assert {listed.key for listed in store.iterate("darmstadt")} == named | {orphans[3]}
    assert store.exists(foreign)
    assert collector.collect(database, store, at=NOW) == 0


def test_nothing_is_removed_while_the_database_does_not_answer(store, tmp_path):
    key = store.put("darmstadt", uuid4(), b"x").key
    _age(tmp_path, key, 48)
    gone = Database("postgresql://nobody@127.0.0.1:1/none", tenant_id="darmstadt")
    with pytest.raises(DatabaseUnavailable):
        collector.collect(gone, store, at=NOW)
    assert store.exists(key)
