"""Access codes: typed by people, told on the telephone, stored as a hash only."""

from uuid import uuid4

import pytest

from storage.akte.codes import code_fits, code_hash, new_code


def test_codes_are_long_and_never_the_same():
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(len(code) == 19 and not set("ILOU") & set(code) for code in codes)


@pytest.mark.parametrize(
    "typed", ["7K3M-0QXA-1111-2222", "7k3m 0qxa 1111 2222", "7K3M0QXAIIL12222", "7k3m-OqxA-illi-2222"]
)
def test_what_people_misread_makes_no_difference(typed):
    owner = uuid4()
    assert code_fits(typed, owner, code_hash("7K3M-0QXA-1111-2222", owner))


def test_a_code_fits_its_owner_alone():
    owner, code = uuid4(), new_code()
    assert not code_fits(code, uuid4(), code_hash(code, owner))
    assert not code_fits(new_code(), owner, code_hash(code, owner))
    assert not code_fits(code, owner, None)
    assert not code_fits("", owner, None)
