"""The Postausgang as a use case: what waits, what is recorded, and what stays as it was."""

from datetime import date
from io import BytesIO

import pikepdf
import pytest

from engine import postausgang
from engine.errors import Conflict, Invalid
from engine.house import House
from tests.engine.test_case import SOON, decided_case, rows, work_off
from tests.houses import PlainRenderer, staff

BY_LETTER = {"bekanntgabe_kanal": "brief", "einwilligung_abruf": False}


def test_a_posted_letter_is_served_and_leaves_the_list(house: House) -> None:
    started, clerk = decided_case(house, **BY_LETTER)
    post = staff(house, "post", "poststelle")
    with house.db.read() as conn:
        assert postausgang.is_waiting(conn, by=post)
        assert not postausgang.is_waiting(conn, by=clerk)
    (letter,) = postausgang.waiting(house, by=post, at=SOON)
    assert (letter.vorgang_id, letter.copies, letter.attempt) == (started.vorgang_id, 1, 1)
    assert len(letter.address) >= 3

    refused = postausgang.record_posted(house, [letter.task.id], date(2026, 11, 24), by=post, at=SOON)
    assert refused == []
    assert postausgang.waiting(house, by=post, at=SOON) == []
    work_off(house)

    assert rows(house, "SELECT status, abgesandt_by FROM bekanntgabe") == [
        {"status": "bekannt_gegeben", "abgesandt_by": post.id}
    ]
    with house.db.read() as conn:
        assert not postausgang.is_waiting(conn, by=post)


def test_another_day_for_what_is_recorded_is_a_conflict_and_the_same_is_not(house: House) -> None:
    decided_case(house, **BY_LETTER)
    post = staff(house, "post", "poststelle")
    (letter,) = postausgang.waiting(house, by=post, at=SOON)
    for _ in range(2):
        assert postausgang.record_posted(house, [letter.task.id], date(2026, 11, 24), by=post, at=SOON) == []

    other = staff(house, "anna", "poststelle")
    (refused,) = postausgang.record_posted(house, [letter.task.id], date(2026, 11, 24), by=other, at=SOON)

    assert refused.error.code == "task_finished"
    assert refused.error.details["holder"] == post.id


def test_nothing_is_posted_tomorrow_or_before_it_was_written(house: House) -> None:
    decided_case(house, **BY_LETTER)
    post = staff(house, "post", "poststelle")
    (letter,) = postausgang.waiting(house, by=post, at=SOON)

    with pytest.raises(Invalid):
        postausgang.record_posted(house, [letter.task.id], date(2027, 1, 1), by=post, at=SOON)
    (refused,) = postausgang.record_posted(house, [letter.task.id], date(2026, 11, 1), by=post, at=SOON)

    assert refused.error.code == "posted_before_written"
    assert rows(house, "SELECT status FROM bekanntgabe") == [{"status": "vorbereitet"}]


def test_what_is_no_pdf_stops_the_print_with_its_aktenzeichen(house: House) -> None:
    """The plain renderer of this house files pages of HTML; the cover is a real PDF."""
    decided_case(house, **BY_LETTER)
    post = staff(house, "post", "poststelle")
    letters = postausgang.waiting(house, by=post, at=SOON)
    object.__setattr__(house, "renderer", _Blank())

    with pytest.raises(Conflict) as refused:
        postausgang.print_together(house, letters, "<p>Liste</p>", by=post, at=SOON)

    assert refused.value.code == "letter_unreadable"
    assert refused.value.details["aktenzeichen"] == letters[0].task.aktenzeichen


class _Blank(PlainRenderer):
    def render(self, html: str, **_given: object) -> bytes:
        target = BytesIO()
        with pikepdf.new() as pdf:
            pdf.add_blank_page()
            pdf.save(target)
        return target.getvalue()
