"""Messages: to exactly one waiting instance, once, or an error that somebody sees."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from storage import db, messages
from storage.models.incident import Incident
from storage.models.message import Message
from tests.storage.factories import AT, create, rows, save


def _receive(database: db.Database, message_id: str = "m1", at: datetime = AT, **fields: object) -> bool:
    row = {"id": uuid4(), "name": "antwort", "key": "HST-1", "payload": b"p", "key_id": uuid4()} | fields
    with database.begin() as conn:
        return messages.receive(conn, message_id=message_id, at=at, **row)  # type: ignore[arg-type]


def _wait(database: db.Database, name: str = "antwort", key: str = "HST-1") -> UUID:
    with database.step() as step:
        instance_id = create(step, database)
        step.expect_message("w1", element="warten", name=name, key=key)
    return instance_id


def _deliverable(database: db.Database, at: datetime = AT) -> list[messages.Match]:
    with database.read() as conn:
        return messages.deliverable(conn, at=at, limit=10)


def test_a_message_with_a_known_id_is_received_once(
    database: db.Database, open_database: Callable[..., db.Database]
) -> None:
    assert _receive(database)
    assert not _receive(database, name="anderes", payload=b"q")
    assert [row["name"] for row in rows(database, Message)] == ["antwort"]
    assert _receive(open_database("kassel"))


def test_a_received_message_is_found_by_its_senders_id(database: db.Database) -> None:
    _receive(database)
    with database.read() as conn:
        found = messages.by_message_id(conn, "m1")
        assert messages.by_message_id(conn, "m2") is None
        assert messages.count_stored(conn) == 1
    assert found is not None
    assert (found.status, found.payload, found.received_at, found.expires_at) == (
        "stored", b"p", AT, AT + timedelta(hours=24),
    )  # fmt: skip


def test_a_message_meets_the_instance_that_waits_for_its_name_and_key(database: db.Database) -> None:
    instance_id = _wait(database)
    _wait(database, name="anderes")
    _wait(database, key="HST-2")
    with database.read() as conn:
        assert messages.waiting_for(conn, "antwort", "HST-1") == [messages.Waiting(instance_id, "w1", "warten")]
        assert messages.waiting_for(conn, "antwort", "HST-3") == []


def test_a_message_that_came_before_the_wait_is_delivered_later_and_once(database: db.Database) -> None:
    _receive(database)
    assert _deliverable(database) == []
    instance_id = _wait(database)
    (match,) = _deliverable(database)
    assert [one.instance_id for one in match.waiting] == [instance_id]
    with database.step() as step:
        step.load(instance_id)
        save(step, command="deliver_message")
        step.close_wait("w1", "message")
        step.take_message(match.message.id)
    assert _deliverable(database) == []
    assert [(row["status"], row["instance_id"]) for row in rows(database, Message)] == [("delivered", instance_id)]


def test_a_message_for_which_two_wait_is_an_error_for_a_person(database: db.Database) -> None:
    _receive(database)
    for _ in range(2):
        _wait(database)
    (match,) = _deliverable(database)
    assert len(match.waiting) == 2
    for _ in range(2):  # refusing it twice is one incident
        with database.begin() as conn:
            messages.refuse_ambiguous(conn, match.message, at=AT, waiting=2)
    assert _deliverable(database) == []
    assert [row["status"] for row in rows(database, Message)] == ["ambiguous"]
    assert [row["code"] for row in rows(database, Incident)] == ["message_ambiguous"]


def test_a_message_nobody_waited_for_expires_after_24_hours_with_an_incident(database: db.Database) -> None:
    _receive(database)
    _receive(database, "m2", at=AT + timedelta(hours=1))
    with database.begin() as conn:
        assert messages.expire(conn, at=AT + timedelta(hours=24) - timedelta(microseconds=1)) == 0
        assert messages.expire(conn, at=AT + timedelta(hours=24)) == 1
    assert {row["message_id"]: row["status"] for row in rows(database, Message)} == {"m1": "expired", "m2": "stored"}
    assert [row["code"] for row in rows(database, Incident)] == ["message_unmatched"]
    _wait(database)
    assert [match.message.message_id for match in _deliverable(database)] == ["m2"]
    assert _deliverable(database, AT + timedelta(hours=25)) == []


def test_settled_messages_are_forgotten_after_30_days(database: db.Database) -> None:
    _receive(database)
    _receive(database, "m2", at=AT + timedelta(days=40))
    with database.begin() as conn:
        messages.expire(conn, at=AT + timedelta(days=2))
        assert messages.forget(conn, at=AT + timedelta(days=30)) == 0
        assert messages.forget(conn, at=AT + timedelta(days=31)) == 1
    assert [row["message_id"] for row in rows(database, Message)] == ["m2"]
