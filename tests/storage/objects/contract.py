"""What every object store does, whatever it is made of; each store's test module runs all of it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Thread
from uuid import UUID, uuid4

import pytest

from storage.objects.port import InvalidKey, ObjectMissing, ObjectStore, ObjectStoreError

TENANT = "darmstadt"
BAD_KEYS = [
    "",
    "/",
    "..",
    "darmstadt",
    f"darmstadt/{UUID(int=1)}",
    f"darmstadt/{UUID(int=1)}/",
    f"darmstadt/{UUID(int=1)}/{'A' * 64}",
    f"darmstadt/{UUID(int=1)}/{'a' * 63}",
    f"darmstadt/{UUID(int=1)}/{'a' * 64}/x",
    f"darmstadt/{UUID(int=1)}/{'a' * 64}\n",
    f"darmstadt//{'a' * 64}",
    f"darmstadt/../{UUID(int=1)}/{'a' * 64}",
    f"../darmstadt/{UUID(int=1)}/{'a' * 64}",
    f"/darmstadt/{UUID(int=1)}/{'a' * 64}",
    f"./{UUID(int=1)}/{'a' * 64}",
    f"../{UUID(int=1)}/{'a' * 64}",
    f"dar\x00mstadt/{UUID(int=1)}/{'a' * 64}",
    f"darmstadt/{UUID(int=1)}/{'a' * 60}\x00aaa",
    f"darmstadt\\..\\{UUID(int=1)}/{'a' * 64}",
    f"Darmstadt/{UUID(int=1)}/{'a' * 64}",
    f"darmstadt/{{{UUID(int=1)}}}/{'a' * 64}",
    f"%2e%2e/{UUID(int=1)}/{'a' * 64}",
]


class ObjectStoreContract:
    """Subclasses give a fixture `store` that is empty at the start of each test."""

    def test_what_was_put_is_read_back_under_its_hash(self, store: ObjectStore):
        owner = uuid4()
        ref = store.put(TENANT, owner, b"Bescheid")
        assert ref.key == f"{TENANT}/{owner}/{sha256(b'Bescheid').hexdigest()}"
        assert ref.size_bytes == 8
        assert store.get(ref.key) == b"Bescheid"
        assert store.get(ref.key, ref.version_id) == b"Bescheid"
        assert store.exists(ref.key)

    @pytest.mark.parametrize("content", [b"", b"\x00", bytes(range(256)) * 4096, b"\r\n\x1a" * 7])
    def test_every_content_comes_back_byte_by_byte(self, store: ObjectStore, content: bytes):
        assert store.get(store.put(TENANT, uuid4(), content).key) == content

    def test_the_same_content_twice_is_one_object(self, store: ObjectStore):
        owner = uuid4()
        assert store.put(TENANT, owner, b"x").key == store.put(TENANT, owner, b"x").key
        assert len(list(store.iterate(TENANT))) == 1

    def test_owners_and_tenants_share_nothing(self, store: ObjectStore):
        refs = [store.put(tenant, uuid4(), b"x") for tenant in (TENANT, TENANT, "koeln")]
        store.delete(refs[0].key)
        assert [store.exists(ref.key) for ref in refs] == [False, True, True]

    def test_an_absent_object_is_missing(self, store: ObjectStore):
        key = f"{TENANT}/{uuid4()}/{'0' * 64}"
        assert not store.exists(key)
        with pytest.raises(ObjectMissing):
            store.get(key)

    def test_deleting_twice_does_no_harm(self, store: ObjectStore):
        ref = store.put(TENANT, uuid4(), b"x")
        store.delete(ref.key)
        store.delete(ref.key)
        with pytest.raises(ObjectMissing):
            store.get(ref.key)

    def test_iterating_yields_every_object_of_one_tenant(self, store: ObjectStore):
        before = datetime.now(UTC) - timedelta(minutes=5)
        refs = {store.put(TENANT, uuid4(), bytes([number])).key for number in range(20)}
        store.put("koeln", uuid4(), b"x")
        listed = list(store.iterate(TENANT))
        assert {entry.key for entry in listed} == refs
        assert {entry.size_bytes for entry in listed} == {1}
        assert all(before < entry.changed_at < datetime.now(UTC) + timedelta(minutes=5) for entry in listed)

    def test_iterating_an_unknown_tenant_yields_nothing(self, store: ObjectStore):
        assert list(store.iterate("leer")) == []

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_a_malformed_key_never_reaches_the_store(self, store: ObjectStore, key: str):
        for use in (store.get, store.exists, store.delete):
            with pytest.raises(InvalidKey):
                use(key)

    @pytest.mark.parametrize("tenant", ["", ".", "..", "a/b", "../a", "a\x00", "Köln", "A", "a b", "a" * 64])
    def test_a_malformed_tenant_never_reaches_the_store(self, store: ObjectStore, tenant: str):
        with pytest.raises(InvalidKey):
            store.put(tenant, uuid4(), b"x")
        with pytest.raises(InvalidKey):
            list(store.iterate(tenant))

    def test_many_writers_of_the_same_and_other_content(self, store: ObjectStore):
        owner, failures = uuid4(), []

        def write(number: int) -> None:
            try:
                for round_ in range(5):
                    store.get(store.put(TENANT, owner, b"same" if round_ % 2 else bytes([number, round_])).key)
            except ObjectStoreError as error:
                failures.append(error)

        threads = [Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(list(store.iterate(TENANT))) == 8 * 3 + 1

    def test_discarding_unfinished_uploads_touches_no_object(self, store: ObjectStore):
        ref = store.put(TENANT, uuid4(), b"x")
        store.discard_unfinished(TENANT, before=datetime.now(UTC) + timedelta(days=1))
        assert store.get(ref.key) == b"x"
