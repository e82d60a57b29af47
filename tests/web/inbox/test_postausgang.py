"""The Postausgang: letters listed, printed as one PDF and recorded as posted, without losing what others did."""

from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO

import pikepdf
import pytest
from lxml import html
from sqlalchemy import text

from engine import tasks
from engine.instances import Started
from engine.letters import Attachment
from tests.web.inbox.conftest import Browser, Office

PAGE = "/inbox/postausgang"
COVER, BESCHEID = 500, 400


class PagesRenderer:
    """Draws one blank page per letter; its height tells the cover from a Bescheid."""

    def render(self, html: str, *, title: str, at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
        height = COVER if title.startswith("Postausgang") else BESCHEID
        target = BytesIO()
        with pikepdf.new() as pdf:
            pdf.add_blank_page(page_size=(300, height))
            pdf.save(target)
        return target.getvalue()


@pytest.fixture
def post(office: Office) -> Browser:
    object.__setattr__(office.house, "renderer", PagesRenderer())
    return office.browser("Karl Brandt", "poststelle")


@pytest.fixture
def letters(office: Office, post: Browser) -> list[Started]:
    """Two decisions that go by letter, and one in the Postfach."""
    schulz = office.browser("Petra Schulz", "steueramt")
    by_letter = {"bekanntgabe_kanal": "brief", "einwilligung_abruf": False}
    started = [office.receive(**by_letter), office.receive(**by_letter), office.receive()]
    for one in started:
        office.do(one, "anzeige_pruefen", schulz.actor, ergebnis="vollstaendig")
        office.do(one, "steuer_festsetzen", schulz.actor, entscheidung="festsetzen")
    office.work_off()
    return started[:2]


def task_ids(office: Office, letters: list[Started], post: Browser) -> list[str]:
    return [str(office.task(one, "bescheid_versenden", post.actor)) for one in letters]


def today(office: Office) -> str:
    return office.now().date().isoformat()


def postings(office: Office) -> list[tuple[str, str]]:
    with office.house.db.read() as conn:
        query = text("SELECT status, abgesandt_am, abgesandt_by FROM bekanntgabe WHERE kanal = 'brief'")
        return sorted((row.status, str(row.abgesandt_am), row.abgesandt_by) for row in conn.execute(query))


def test_the_page_lists_every_waiting_letter_with_its_address_and_chooses_all(
    letters: list[Started], post: Browser
) -> None:
    document = html.fromstring(post.get(PAGE))

    assert "2 Briefe warten auf die Post" in document.text_content()
    assert len(document.xpath("//input[@name='brief'][@checked]")) == 2
    assert all(box.xpath("following-sibling::label") for box in document.xpath("//input[@name='brief']"))
    address = document.xpath("//tbody/tr[1]/td[@data-label='An']")[0].text_content()
    assert address == "Frau Erika Muster, Rheinstraße 1, 64283 Darmstadt"


def test_the_inbox_leads_there_only_while_letters_wait_for_this_person(
    office: Office, letters: list[Started], post: Browser
) -> None:
    link = 'href="/inbox/postausgang"'
    assert link in post.get("/inbox")
    assert link not in office.browser("Petra Schulz", "steueramt").get("/inbox")
    post.post(PAGE, brief=task_ids(office, letters, post), abgesandt_am=today(office))
    assert link not in post.get("/inbox")


def test_only_who_may_take_the_tasks_sees_letters(office: Office, letters: list[Started], post: Browser) -> None:
    ids = task_ids(office, letters, post)
    for name, role in (("Petra Schulz", "steueramt"), ("Ralf Stein", "ordnungsamt")):
        someone = office.browser(name, role)
        assert "Kein Brief wartet" in someone.get(PAGE)
        assert someone.post(f"{PAGE}/drucken", brief=ids).status_code == 422
        assert someone.post(PAGE, brief=ids, abgesandt_am=today(office)).status_code == 409
    assert {status for status, *_ in postings(office)} == {"vorbereitet"}


def test_the_chosen_letters_are_one_pdf_behind_a_list_each_on_a_new_sheet(
    office: Office, letters: list[Started], post: Browser
) -> None:
    answer = post.post(f"{PAGE}/drucken", brief=task_ids(office, letters, post))

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    with pikepdf.open(BytesIO(answer.data)) as pdf:
        heights = [int(page.mediabox[3]) for page in pdf.pages]
    assert heights[::2] == [COVER, BESCHEID, BESCHEID]
    assert len(heights) == 6
    with office.house.db.read() as conn:
        opened = conn.execute(text("SELECT count(*) FROM zugriff WHERE subject_kind = 'dokument'")).scalar_one()
    assert opened == 2
    assert {status for status, *_ in postings(office)} == {"vorbereitet"}


def test_one_act_records_who_posted_the_chosen_letters_and_when(
    office: Office, letters: list[Started], post: Browser
) -> None:
    first, _ = task_ids(office, letters, post)

    answer = post.post(PAGE, brief=[first], abgesandt_am=today(office))
    office.work_off()

    assert (answer.status_code, answer.location) == (303, PAGE)
    assert postings(office) == [
        ("bekannt_gegeben", today(office), post.actor.id),
        ("vorbereitet", "None", None),
    ]
    page = post.get(PAGE)
    assert "1 Brief ist als abgesandt vermerkt" in page
    assert "1 Brief wartet auf die Post" in page


def test_sending_the_same_twice_is_no_conflict(office: Office, letters: list[Started], post: Browser) -> None:
    ids = task_ids(office, letters, post)
    for _ in range(2):
        assert post.post(PAGE, brief=ids, abgesandt_am=today(office)).status_code == 303
    assert "Kein Brief wartet" in post.get(PAGE)


def test_what_somebody_else_did_meanwhile_is_told_and_the_rest_is_recorded(
    office: Office, letters: list[Started], post: Browser
) -> None:
    ids = task_ids(office, letters, post)
    other = office.browser("Anna Post", "poststelle")
    office.do(letters[0], "bescheid_versenden", other.actor, abgesandt_am=office.now().date())

    answer = post.post(PAGE, brief=ids, abgesandt_am=today(office))

    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "Anna Post hat den Versand um" in page
    assert "1 Brief ist vermerkt. Diese nicht:" in page
    office.work_off()
    assert {who for _, _, who in postings(office)} == {other.actor.id, post.actor.id}


def test_a_letter_that_somebody_holds_cannot_be_chosen_but_says_who_has_it(
    office: Office, letters: list[Started], post: Browser
) -> None:
    other = office.browser("Anna Post", "poststelle")
    held = office.task(letters[0], "bescheid_versenden", other.actor)
    tasks.claim(office.house, held, by=other.actor, at=office.now())

    document = html.fromstring(post.get(PAGE))
    answer = post.post(PAGE, brief=[str(held)], abgesandt_am=today(office))

    assert len(document.xpath("//input[@name='brief']")) == 1
    assert "Anna Post" in document.text_content()
    assert answer.status_code == 409
    assert "Anna Post bearbeitet diese Aufgabe." in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("choose", "day", "said"),
    [
        (False, "2026-11-24", "Wählen Sie mindestens einen Brief aus."),
        (True, "", "an welchem Tag die Briefe zur Post"),
        (True, "gestern", "an welchem Tag die Briefe zur Post"),
        (True, "2099-01-01", "Der Tag liegt in der Zukunft."),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_the_choice_stays(
    office: Office, letters: list[Started], post: Browser, choose: bool, day: str, said: str
) -> None:
    ids = task_ids(office, letters, post)

    answer = post.post(PAGE, brief=ids[:1] if choose else [], abgesandt_am=day)

    assert answer.status_code == 422
    document = html.fromstring(answer.get_data(as_text=True))
    assert said in document.text_content()
    assert document.xpath("//input[@name='brief'][@checked]/@value") == (ids[:1] if choose else [])
    assert document.xpath("//input[@name='abgesandt_am']/@value") == [day]


def test_no_letter_was_posted_before_it_was_written(office: Office, letters: list[Started], post: Browser) -> None:
    answer = post.post(PAGE, brief=task_ids(office, letters, post), abgesandt_am=date(2020, 1, 2).isoformat())

    assert answer.status_code == 409
    assert "Er kann nicht vorher abgesandt worden sein." in answer.get_data(as_text=True)
    assert {status for status, *_ in postings(office)} == {"vorbereitet"}
