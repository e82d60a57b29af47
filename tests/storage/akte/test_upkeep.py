"""What is done at intervals."""

from datetime import UTC, datetime, timedelta

import pytest

from storage import upkeep
from storage.akte import verify, zugriffe
from storage.akte.anchor import AnchorBroken
from storage.models.zugriff import ZugriffKind
from tests.storage.akte.conftest import AT, CLERK, store_draft, store_upload


@pytest.fixture
def path(tmp_path):
    return tmp_path / "anchors.jsonl"


def test_a_run_chains_anchors_and_forgets(database, master, store, case, path, monkeypatch):
    monkeypatch.setattr(zugriffe, "BLOCK_RECORDS", 2)
    with database.begin() as conn:
        draft = store_draft(conn, master, expires_at=AT)
        store_upload(conn, store, draft)
        for _ in range(5):
            zugriffe.record(
                conn, ZugriffKind.LESEN, case.id, subject_kind="vorgang", subject_id=case.id, at=AT, actor_id=CLERK
            )
    at = datetime.now(UTC) + timedelta(hours=25)  # the upload is a day old by the store's clock
    assert upkeep.run(database, store, path, at=at) == upkeep.Done(5, 2, 1, 0, 1)
    with database.read() as conn:
        assert verify.verify(conn, store, path).clean
        assert upkeep.last_anchor(conn) == at


def test_nothing_is_done_before_it_is_due(database, store, case, path):
    assert upkeep.run(database, store, path, at=AT) is not None
    assert upkeep.run(database, store, path, at=AT + timedelta(minutes=59)) is None
    assert upkeep.run(database, store, path, at=AT + timedelta(minutes=60)) == upkeep.Done(0, 0, 0, 0, 0)


def test_a_broken_anchor_stops_everything_and_is_told(database, store, case, path):
    upkeep.run(database, store, path, at=AT)
    path.write_bytes(b"")
    with pytest.raises(AnchorBroken, match="kürzer"):
        upkeep.run(database, store, path, at=AT + timedelta(hours=2))
