"""The folder as an object store: the common contract, and what only a folder can suffer."""

import errno
import os
import resource
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from storage.files import UNFINISHED
from storage.objects.folder import FolderStore
from storage.objects.port import ObjectDamaged, StoreFull, StoreUnavailable
from tests.storage.objects.contract import TENANT, ObjectStoreContract


class TestFolderStore(ObjectStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return FolderStore(tmp_path)


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path)


def _file(tmp_path, ref):
    return tmp_path / ref.key


def test_a_changed_byte_is_noticed_on_reading(store, tmp_path):
    ref = store.put(TENANT, uuid4(), b"Bescheid")
    _file(tmp_path, ref).write_bytes(b"bescheid")
    with pytest.raises(ObjectDamaged):
        store.get(ref.key)


def test_a_truncated_object_is_noticed_on_reading(store, tmp_path):
    ref = store.put(TENANT, uuid4(), b"Bescheid")
    os.truncate(_file(tmp_path, ref), 3)
    with pytest.raises(ObjectDamaged):
        store.get(ref.key)


def test_putting_the_content_again_heals_a_damaged_object(store, tmp_path):
    owner = uuid4()
    ref = store.put(TENANT, owner, b"Bescheid")
    os.truncate(_file(tmp_path, ref), 3)
    store.put(TENANT, owner, b"Bescheid")
    assert store.get(ref.key) == b"Bescheid"


def test_a_link_in_place_of_an_object_is_not_followed(store, tmp_path):
    ref = store.put(TENANT, uuid4(), b"Bescheid")
    secret = tmp_path / "secret"
    secret.write_bytes(b"Bescheid")
    _file(tmp_path, ref).unlink()
    _file(tmp_path, ref).symlink_to(secret)
    with pytest.raises(StoreUnavailable):
        store.get(ref.key)


def test_objects_are_for_their_owner_alone(store, tmp_path):
    ref = store.put(TENANT, uuid4(), b"x")
    path = _file(tmp_path, ref)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_beyond_the_limit_says_so_and_leaves_nothing(store, tmp_path):
    owner = uuid4()
    kept = store.put(TENANT, owner, b"kept")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with pytest.raises(StoreFull, match="erschöpft"):
            store.put(TENANT, owner, b"x" * 128 * 1024)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in (tmp_path / TENANT / str(owner)).iterdir()] == [kept.key.rpartition("/")[2]]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_so_and_leaves_nothing(store, tmp_path, monkeypatch, code):
    owner = uuid4()
    store.put(TENANT, owner, b"kept")

    def fail(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreFull):
        store.put(TENANT, owner, b"lost")
    assert len(list((tmp_path / TENANT / str(owner)).iterdir())) == 1


def test_a_missing_root_is_refused_at_the_start(tmp_path):
    with pytest.raises(StoreUnavailable, match="fehlt"):
        FolderStore(tmp_path / "none")


def test_a_root_that_vanishes_is_unavailable(store, tmp_path):
    ref = store.put(TENANT, uuid4(), b"x")
    tmp_path.rename(tmp_path.with_name("moved"))
    with pytest.raises(StoreUnavailable):
        store.put(TENANT, uuid4(), b"x")
    with pytest.raises(StoreUnavailable):
        store.get(ref.key)


def test_strange_files_in_the_folder_are_no_objects(store, tmp_path):
    ref = store.put(TENANT, uuid4(), b"x")
    (_file(tmp_path, ref).parent / "notes.txt").write_text("x")
    (tmp_path / TENANT / "notes.txt").write_text("x")
    assert [listed.key for listed in store.iterate(TENANT)] == [ref.key]


def test_only_old_unfinished_files_are_discarded(store, tmp_path):
    folder = _file(tmp_path, store.put(TENANT, uuid4(), b"x")).parent
    old, new = folder / f"{UNFINISHED}old", folder / f"{UNFINISHED}new"
    for path in (old, new):
        path.write_bytes(b"half")
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(old, (two_days_ago, two_days_ago))
    assert store.discard_unfinished(TENANT, before=datetime.now(UTC) - timedelta(days=1)) == 1
    assert (old.exists(), new.exists()) == (False, True)
