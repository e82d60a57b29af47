"""The Postfach: unread first, a Bescheid with what it means, and nobody else's."""

from engine import postfach
from tests.web.portal.conftest import Portal


def test_the_bescheid_lies_in_the_postfach_and_can_be_read(portal: Portal) -> None:
    erika = portal.citizen()
    started = portal.send(erika.actor)
    portal.decide(started)
    (message,) = postfach.list_of(portal.house, erika.actor.id)
    page = erika.get("/postfach")
    assert "1 ungelesen" in page
    assert f"/postfach/{message.id}" in page

    opened = erika.get(f"/postfach/{message.id}")

    assert "Was das bedeutet" in opened
    assert "bis zum 30. Dezember 2026" in opened
    document = f"/antraege/{started.vorgang_id}/dokumente/{message.documents[0]}"
    assert document in opened
    assert "Hundesteuer" in erika.get(document)
    assert "ungelesen" not in erika.get("/postfach")


def test_a_question_leads_to_its_answer(portal: Portal) -> None:
    erika = portal.citizen()
    started = portal.send(erika.actor)
    portal.ask(started, "Wie alt ist Bello?")
    (message,) = postfach.list_of(portal.house, erika.actor.id)

    page = erika.get(f"/postfach/{message.id}")

    assert "Wie alt ist Bello?" in page
    assert f"/aufgaben/{portal.task(started, 'rueckfrage_beantworten', erika.actor)}" in page
    assert "Frist: 15. Dezember 2026" in page


def test_an_empty_postfach_says_what_will_be_in_it(portal: Portal) -> None:
    assert "Ihr Postfach ist leer" in portal.citizen().get("/postfach")


def test_a_foreign_message_looks_like_none_and_stays_unread(portal: Portal) -> None:
    erika, other = portal.citizen(), portal.citizen("max")
    portal.decide(portal.send(erika.actor))
    (message,) = postfach.list_of(portal.house, erika.actor.id)

    other.get(f"/postfach/{message.id}", 404)

    assert postfach.list_of(portal.house, erika.actor.id)[0].read_at is None
    assert portal.anonymous().client.get(f"/postfach/{message.id}").status_code in (302, 303)


def test_more_messages_ask_the_database_no_more_often(portal: Portal, statements: list[str]) -> None:
    erika = portal.citizen()
    needed = []
    for number in (1, 3):
        while portal.sent < number:
            portal.ask(portal.send(erika.actor), "Wie alt ist Bello?")
        erika.get("/postfach")
        statements.clear()
        page = erika.get("/postfach")
        needed.append(len(statements))
        assert page.count("entries__item--new") == number
    assert needed[0] == needed[1], statements
