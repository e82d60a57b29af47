"""Number ranges: form, check digits, and never twice the same, whoever draws at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.akte.numbers import CheckDigit, NumberRange, check_digits, draw, written

AKTENZEICHEN = NumberRange("aktenzeichen", "HST-{jahr}-{nummer}-{pruef}")
WRITERS, DRAWS = 8, 25


def test_eight_writers_at_once_never_draw_the_same_number(open_database):
    start = Barrier(WRITERS)

    def write(_: int) -> list[str]:
        database, drawn = open_database(pool_size=1), []
        start.wait()
        for _round in range(DRAWS):
            with database.begin() as conn:
                drawn.append(draw(conn, AKTENZEICHEN, tenant_id="darmstadt", year=2027))
        return drawn

    with ThreadPoolExecutor(WRITERS) as pool:
        numbers = [number for drawn in pool.map(write, range(WRITERS)) for number in drawn]
    assert sorted(numbers) == sorted(written(AKTENZEICHEN, 2027, n) for n in range(1, WRITERS * DRAWS + 1))


def test_a_number_drawn_in_a_transaction_that_fails_is_drawn_again(database):
    def draw_and_fail():
        with database.begin() as conn:
            draw(conn, AKTENZEICHEN, tenant_id="darmstadt", year=2027)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        draw_and_fail()
    with database.begin() as conn:
        assert draw(conn, AKTENZEICHEN, tenant_id="darmstadt", year=2027) == written(AKTENZEICHEN, 2027, 1)


def test_years_ranges_and_tenants_count_apart(open_database):
    darmstadt, kassel = open_database(), open_database("kassel")
    other = NumberRange("kassenzeichen", "{nummer}{pruef}", width=8, check=CheckDigit.MOD_97_10)
    with darmstadt.begin() as conn:
        drawn = [draw(conn, AKTENZEICHEN, tenant_id="darmstadt", year=year) for year in (2027, 2027, 2028)]
        drawn.append(draw(conn, other, tenant_id="darmstadt", year=2027))
    with kassel.begin() as conn:
        drawn.append(draw(conn, AKTENZEICHEN, tenant_id="kassel", year=2027))
    assert drawn == [
        written(AKTENZEICHEN, 2027, 1),
        written(AKTENZEICHEN, 2027, 2),
        written(AKTENZEICHEN, 2028, 1),
        written(other, 0, 1),
        written(AKTENZEICHEN, 2027, 1),
    ]


def test_a_range_without_year_never_starts_again(database):
    marke = NumberRange("marke", "{nummer}", width=5, check=CheckDigit.NONE)
    with database.begin() as conn:
        drawn = [draw(conn, marke, tenant_id="darmstadt", year=year) for year in (2026, 2027)]
    assert drawn == ["00001", "00002"]


def test_a_number_wider_than_the_range_grows():
    assert written(NumberRange("n", "N{nummer}", width=2, check=CheckDigit.NONE), 2027, 1234) == "N1234"


@pytest.mark.parametrize(
    ("check", "text", "digits"),
    [
        (CheckDigit.MOD_11_10, "8609574271", "9"),  # Steuer-Identifikationsnummer of the tax authority's examples
        (CheckDigit.MOD_11_10, "4703689281", "6"),
        (CheckDigit.MOD_97_10, "539007547034RF", "18"),  # creditor reference RF18 5390 0754 7034 (ISO 11649)
        (CheckDigit.NONE, "1", ""),
    ],
)
def test_check_digits_are_those_of_the_standards(check, text, digits):
    assert check_digits(check, text) == digits


@given(st.integers(1, 10**8), st.integers(0, 20), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number, place, change):
    right = written(AKTENZEICHEN, 2027, number)
    digits = [index for index, sign in enumerate(right) if sign.isdigit()]
    index = digits[place % len(digits)]
    wrong = right[:index] + str((int(right[index]) + change) % 10) + right[index + 1 :]
    head, _, typed = wrong.rpartition("-")
    assert check_digits(CheckDigit.MOD_11_10, head) != typed


@pytest.mark.parametrize(
    ("pattern", "check"),
    [
        ("HST", CheckDigit.NONE),
        ("HST-{nummer}", CheckDigit.MOD_11_10),
        ("HST-{nummer}-{pruef}", CheckDigit.NONE),
        ("Hst-{nummer}", CheckDigit.NONE),
    ],
)
def test_a_range_that_cannot_work_is_refused(pattern, check):
    with pytest.raises(ValueError, match="Nummernkreis"):
        NumberRange("x", pattern, check=check)
