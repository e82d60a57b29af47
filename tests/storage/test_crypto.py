"""Master key, data keys and what their ciphertexts are bound to."""

from uuid import uuid4

import pytest

from storage.crypto import (
    OVERHEAD_BYTES,
    DataKey,
    MasterKey,
    MasterKeyUnusable,
    WrongKey,
    create_master_key,
    new_data_key,
    place,
)


@pytest.fixture
def master(tmp_path):
    return create_master_key(tmp_path / "keys" / "master.key")


def test_a_master_key_is_created_for_its_owner_alone_and_read_back(tmp_path):
    path = tmp_path / "keys" / "master.key"
    created = create_master_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert MasterKey.from_file(path).id == created.id


def test_an_existing_master_key_is_never_replaced(tmp_path):
    path = tmp_path / "master.key"
    before = create_master_key(path)
    with pytest.raises(MasterKeyUnusable):
        create_master_key(path)
    assert MasterKey.from_file(path).id == before.id


def test_a_master_key_that_others_can_read_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "master.key"
    create_master_key(path)
    path.chmod(0o640)
    with pytest.raises(MasterKeyUnusable, match="chmod 600"):
        MasterKey.from_file(path)


@pytest.mark.parametrize(
    "content", ["", "amtsweg-master-key-1:", "amtsweg-master-key-1:QUJD", "Schlüssel", "\x00" * 40]
)
def test_a_file_that_is_no_master_key_is_refused_without_showing_its_content(tmp_path, content):
    path = tmp_path / "master.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(MasterKeyUnusable) as raised:
        MasterKey.from_file(path)
    assert not content or content not in str(raised.value)


def test_a_missing_master_key_is_named(tmp_path):
    with pytest.raises(MasterKeyUnusable, match=r"fehlt\.key"):
        MasterKey.from_file(tmp_path / "fehlt.key")


def test_a_data_key_survives_wrapping(master):
    key = new_data_key()
    opened = master.unwrap(master.wrap(key, tenant_id="darmstadt"), key_id=key.id, tenant_id="darmstadt")
    aad = place("dokument", "darmstadt", uuid4())
    assert opened.id == key.id
    assert opened.decrypt(key.encrypt(b"Hund", aad=aad), aad=aad) == b"Hund"


def test_a_wrapped_key_is_bound_to_its_id_tenant_and_master(master, tmp_path):
    key = new_data_key()
    wrapped = master.wrap(key, tenant_id="darmstadt")
    for other_master, key_id, tenant_id in [
        (master, uuid4(), "darmstadt"),
        (master, key.id, "koeln"),
        (create_master_key(tmp_path / "other.key"), key.id, "darmstadt"),
    ]:
        with pytest.raises(WrongKey):
            other_master.unwrap(wrapped, key_id=key_id, tenant_id=tenant_id)


def test_a_ciphertext_is_bound_to_its_place_and_never_the_same_twice():
    key = new_data_key()
    aad = place("nachricht", "darmstadt", "a")
    one, two = key.encrypt(b"x", aad=aad), key.encrypt(b"x", aad=aad)
    assert one != two
    assert len(one) == 1 + OVERHEAD_BYTES
    with pytest.raises(WrongKey):
        key.decrypt(one, aad=place("nachricht", "darmstadt", "b"))


def test_every_changed_bit_and_every_cut_is_noticed():
    key = new_data_key()
    stored = key.encrypt(b"Bescheid", aad=b"")
    for index in range(len(stored) * 8):
        changed = bytearray(stored)
        changed[index // 8] ^= 1 << index % 8
        with pytest.raises(WrongKey):
            key.decrypt(bytes(changed), aad=b"")
    for length in range(len(stored)):
        with pytest.raises(WrongKey):
            key.decrypt(stored[:length], aad=b"")


def test_no_secret_appears_in_a_repr(master):
    key = DataKey(uuid4(), b"k" * 32)
    assert "kkkk" not in repr(key)
    assert repr(master) == f"MasterKey(id={master.id!r})"


def test_two_places_never_read_the_same():
    assert place("a", "b", "c") != place("a", "bc")
    with pytest.raises(ValueError, match="NUL"):
        place("a", "b\x00c")
