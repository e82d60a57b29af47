"""How often somebody may guess, on both databases."""

from datetime import timedelta

import pytest

from engine import attempts
from engine.errors import NotFound, TooMany, Unavailable
from engine.house import House
from tests.houses import AT


def wrong() -> str:
    raise NotFound("number_or_code_wrong")


def guess(house: House, number: str = "A-1", address: str = "192.0.2.1", at=AT, what=wrong) -> str:
    return attempts.limited(house, attempts.number_and_address(number, address), what, at=at)


def test_the_sixth_wrong_try_is_not_looked_at(house: House) -> None:
    for _ in range(5):
        with pytest.raises(NotFound):
            guess(house)
    with pytest.raises(TooMany) as refused:
        guess(house, number="a-1 ", what=lambda: pytest.fail("looked at"))
    assert refused.value.retry_after_s == 900


def test_who_knows_a_number_cannot_shut_its_owner_out(house: House) -> None:
    for number in range(50):
        with pytest.raises((NotFound, TooMany)):
            guess(house, address=f"198.51.100.{number % 10}")
    assert guess(house, address="192.0.2.7", what=lambda: "ok") == "ok"


def test_trying_many_numbers_ends_too(house: House) -> None:
    for number in range(attempts.PER_ADDRESS):
        with pytest.raises(NotFound):
            guess(house, number=f"A-{number}")
    with pytest.raises(TooMany):
        guess(house, number="A-99", what=lambda: pytest.fail("looked at"))
    assert guess(house, number="A-99", address="192.0.2.2", what=lambda: "ok") == "ok"


def test_the_addresses_of_one_network_count_as_one(house: House) -> None:
    for number in range(5):
        with pytest.raises(NotFound):
            guess(house, address=f"2001:db8:1:2::{number}")
    with pytest.raises(TooMany):
        guess(house, address="2001:db8:1:2:ffff::1")
    with pytest.raises(NotFound):
        guess(house, address="2001:db8:1:3::1")
    assert attempts.sign_in("::ffff:192.0.2.1") == attempts.sign_in("192.0.2.1")
    assert attempts.sign_in("somewhere") == {"sign-in:somewhere": attempts.SIGN_INS}


def test_a_try_for_which_something_is_away_does_not_count(house: House) -> None:
    def away() -> str:
        raise Unavailable("provider_away")

    for _ in range(10):
        with pytest.raises(Unavailable):
            guess(house, what=away)


def test_right_ones_and_refused_ones_do_not_count(house: House) -> None:
    for _ in range(10):
        assert guess(house, what=lambda: "ok") == "ok"
    for _ in range(5):
        with pytest.raises(NotFound):
            guess(house)
    for minute in range(14):
        with pytest.raises(TooMany):
            guess(house, at=AT + timedelta(minutes=minute))
    assert guess(house, at=AT + timedelta(minutes=15), what=lambda: "ok") == "ok"


def test_a_program_that_asks_for_many_people_has_room_for_more(house: House) -> None:
    for number in range(20):
        with pytest.raises(NotFound):
            attempts.limited(house, attempts.number_and_token(f"A-{number}", "1"), wrong, at=AT)
    for _ in range(4):
        with pytest.raises(NotFound):
            attempts.limited(house, attempts.number_and_token("A-1", "1"), wrong, at=AT)
    with pytest.raises(TooMany):
        attempts.limited(house, attempts.number_and_token("A-1", "1"), wrong, at=AT)
    with pytest.raises(NotFound):
        attempts.limited(house, attempts.number_and_token("A-1", "2"), wrong, at=AT)
