"""The task of a question leads to the page of its Rückfrage; a foreign one looks like none."""

from tests.web.portal.conftest import Portal
from tests.web.portal.test_rueckfragen import asked


def test_the_address_of_the_task_leads_to_its_rueckfrage(portal: Portal) -> None:
    erika, _started, address = asked(portal)
    task = address.removesuffix("/rueckfrage")

    answers = [erika.client.get(task), erika.post(task, antwort="Drei.")]

    assert [(one.status_code, one.location) for one in answers] == [(303, address)] * 2
    assert "Das ist alles" in erika.get(address), "nothing is sent by the way"


def test_nobody_else_finds_it(portal: Portal) -> None:
    _erika, _started, address = asked(portal)
    portal.citizen("max").get(address.removesuffix("/rueckfrage"), 404)
