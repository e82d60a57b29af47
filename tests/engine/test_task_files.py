"""Files added to a question, and what of a file the parties can open, on both databases."""

from datetime import date, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image

from engine import cases, instances, jobs, postfach, task_files, tasks
from engine.errors import Invalid, NotFound
from engine.house import House
from engine.instances import Sender, Started
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

SOON = AT + timedelta(hours=1)


@pytest.fixture
def started(house: House) -> Started:
    """A Vorgang with an open question."""
    sender = Sender(Kanal.PORTAL)
    sent = instances.start(house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key="k")
    clerk = staff(house, "amt", "steueramt")
    with house.db.read() as conn:
        (task,) = tasks.of_vorgang(conn, sent.vorgang_id, by=clerk, on=AT)
    work = tasks.work_on(house, task.id, by=clerk, at=AT)
    known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
    asked = {"ergebnis": "rueckfrage", "rueckfrage_text": "Wie alt?", "rueckfrage_frist_am": date(2026, 12, 15)}
    tasks.complete(house, task.id, known | asked, by=clerk, at=AT)
    while jobs.run_due(house, at=AT):
        pass
    return sent


def question(house: House, started: Started) -> UUID:
    with house.db.read() as conn:
        (task,) = tasks.of_vorgang(conn, started.vorgang_id, by=citizen(), on=SOON)
    return task.id


def photo() -> bytes:
    stream = BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    return stream.getvalue()


def add(house: House, task_id: UUID, content: bytes, name: str = "pass.png") -> str:
    added = task_files.add(house, task_id, field="nachweis", name=name, content=content, by=citizen(), at=SOON)
    return added.id


def test_a_file_is_filed_at_once_and_cancelled_when_it_is_taken_back(house: House, started: Started) -> None:
    task_id = question(house, started)
    file_id = add(house, task_id, photo())
    assert list(task_files.added(house, task_id, by=citizen(), at=SOON)) == [file_id]

    for _ in range(2):
        task_files.take_back(house, task_id, file_id, by=citizen(), at=SOON)

    assert task_files.added(house, task_id, by=citizen(), at=SOON) == {}
    clerk = staff(house, "amt", "steueramt")
    filed = {str(one.id): one for one in cases.get(house, started.vorgang_id, by=clerk, at=SOON).documents}
    assert filed[file_id].storniert_reason == "Vor dem Senden der Antwort entfernt"
    with pytest.raises(NotFound):
        cases.open_document(house, started.vorgang_id, UUID(file_id), by=citizen(), at=SOON)


def test_the_copy_of_the_application_cannot_be_taken_back(house: House, started: Started) -> None:
    task_id = question(house, started)
    papers = cases.get(house, started.vorgang_id, by=citizen(), at=SOON).documents

    task_files.take_back(house, task_id, str(papers[0].id), by=citizen(), at=SOON)

    assert papers[0] in cases.get(house, started.vorgang_id, by=citizen(), at=SOON).documents


def test_only_documents_are_taken_and_only_from_the_party(house: House, started: Started) -> None:
    task_id = question(house, started)

    with pytest.raises(Invalid, match="upload_refused"):
        add(house, task_id, b"MZ", "pass.pdf")
    with pytest.raises(NotFound):
        task_files.add(house, task_id, field="nachweis", name="a.png", content=photo(), by=citizen("max"), at=SOON)


def test_opening_a_document_reads_the_message_it_came_with(house: House, started: Started) -> None:
    (message,) = postfach.list_of(house, citizen().id)

    postfach.read_with(house, message.documents[0], by=citizen("max"), at=SOON)
    assert postfach.list_of(house, citizen().id)[0].read_at is None
    postfach.read_with(house, message.documents[0], by=citizen(), at=SOON)
    assert postfach.list_of(house, citizen().id)[0].read_at == SOON
