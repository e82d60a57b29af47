"""How often somebody may guess, on both databases."""

from datetime import timedelta

import pytest

from engine import attempts
from engine.errors import NotFound, TooMany
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
        guess(house, number="a-1 ", address="192.0.2.2", what=lambda: pytest.fail("looked at"))
    assert refused.value.retry_after_s == 900
    with pytest.raises(TooMany):
        guess(house, number="A-2")


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
        attempts.limited(house, attempts.number_and_token("A-1", "2"), wrong, at=AT)
