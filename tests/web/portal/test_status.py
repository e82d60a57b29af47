"""Status by number and code: the stage and nothing else, the same answer for wrong and unknown, and a lock."""

from datetime import timedelta

from tests.web.conftest import Clock
from tests.web.portal.conftest import Portal


def test_number_and_code_show_the_stage_and_nothing_else(portal: Portal) -> None:
    visitor = portal.anonymous()
    started = portal.send(visitor.actor)
    portal.decide(started)

    answer = visitor.post("/status", nummer=started.aktenzeichen.lower(), code=started.access_code)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Der Bescheid ist unterwegs" in page
    for hidden in ("Erika", "Muster", "120,00", "Bello", "/dokumente/", started.access_code):
        assert hidden not in page


def test_a_wrong_code_and_an_unknown_number_are_answered_alike(portal: Portal) -> None:
    visitor = portal.anonymous()
    started = portal.send(visitor.actor)

    wrong = visitor.post("/status", nummer=started.aktenzeichen, code="AAAA-AAAA-AAAA-AAAA")
    unknown = visitor.post("/status", nummer="X-1", code="AAAA-AAAA-AAAA-AAAA")

    assert wrong.status_code == unknown.status_code == 404
    pages = [one.get_data(as_text=True) for one in (wrong, unknown)]
    assert "Zu dieser Nummer und diesem Code finden wir nichts." in pages[0]
    assert pages[0].replace(started.aktenzeichen, "X-1") == pages[1]
    assert "AAAA-AAAA" not in pages[0]


def test_after_five_wrong_codes_the_right_one_has_to_wait(portal: Portal, clock: Clock) -> None:
    visitor = portal.anonymous()
    started = portal.send(visitor.actor)
    for _ in range(5):
        visitor.post("/status", nummer=started.aktenzeichen, code="AAAA-AAAA-AAAA-AAAA")

    locked = visitor.post("/status", nummer=started.aktenzeichen, code=started.access_code)

    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "900"
    assert "in 15 Minuten" in locked.get_data(as_text=True)
    clock.advance(timedelta(minutes=16))
    assert visitor.post("/status", nummer=started.aktenzeichen, code=started.access_code).status_code == 200


def test_what_is_missing_is_said_at_its_field(portal: Portal) -> None:
    answer = portal.anonymous().post("/status", nummer="", code="")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#nummer"' in page
    assert 'href="#code"' in page
