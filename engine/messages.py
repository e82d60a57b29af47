"""Messages between instances and from outside: delivered to exactly one waiting place, or kept, or reported.

A message's id is idempotent per tenant. Nobody waits yet: it is kept for 24 hours. More than one waits: it is an error
that a person sees, because a message that reaches the wrong case harms two people.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

import orjson
from sqlalchemy import Connection, insert

from engine import catalog
from engine.actors import Actor, system
from engine.advance import advance, begin
from engine.errors import Conflict
from engine.feel import values as feel
from engine.feel.values import Value
from engine.house import House
from engine.runtime.commands import DeliverMessage, Start
from storage import messages as stored
from storage.crypto import place
from storage.keys import load_key, new_key
from storage.messages import Match
from storage.models.data_key import DataKeyRow, KeyPurpose
from storage.steps import LostRace


class Delivery(StrEnum):
    """What became of a message; REPEATED: its id was known, and nothing happened again."""

    DELIVERED = "delivered"
    STARTED = "started"
    STORED = "stored"
    AMBIGUOUS = "ambiguous"
    REPEATED = "repeated"


def correlate(
    house: House, name: str, *, key: str, variables: Mapping[str, Value], message_id: str, by: Actor, at: datetime
) -> Delivery:
    """Deliver a message by name and correlation key, or start the one procedure that begins with it.

    It is stored first, so nothing is lost whatever happens next. The same `message_id` again changes nothing.
    """
    if not _receive(house, name, key, variables, message_id, at):
        return Delivery.REPEATED
    with house.db.read() as conn:
        message = stored.by_message_id(conn, message_id)
        waiting = stored.waiting_for(conn, name, key)
        starting = [] if waiting else _starting(conn, name)
    if message is None:
        return Delivery.STORED
    if len(starting) == 1:
        return _start(house, Match(message, ()), starting[0], by=by, at=at)
    return _hand_over(house, Match(message, waiting), by=by, at=at) if waiting else Delivery.STORED


def deliver_stored(house: House, *, at: datetime, limit: int) -> int:
    """Deliver kept messages for which somebody waits by now, and give up those that nobody took in 24 hours.

    Returns how many were delivered. A worker calls it at intervals: a message and a wait that come at the same moment
    do not see each other.
    """
    with house.db.read() as conn:
        found = stored.deliverable(conn, at=at, limit=limit)
        any_expired = stored.any_expired(conn, at=at)
    worker = system("worker", tenant_id=house.tenant_id)
    delivered = [_hand_over(house, match, by=worker, at=at) for match in found]
    if any_expired:
        with house.db.begin() as conn:
            stored.expire(conn, at=at)
    return delivered.count(Delivery.DELIVERED)


def _receive(house: House, name: str, key: str, variables: Mapping[str, Value], message_id: str, at: datetime) -> bool:
    """Store the message, encrypted with a key of its own."""
    own_id = uuid4()
    data_key, key_row = new_key(house.master_key, KeyPurpose.INSTANCE, tenant_id=house.tenant_id, at=at)
    document = {one: feel.to_json(value) for one, value in variables.items()}
    payload = data_key.encrypt(orjson.dumps(document), aad=place("message", house.tenant_id, own_id))
    with house.db.begin() as conn:
        if not stored.receive(
            conn, id=own_id, message_id=message_id, name=name, key=key, payload=payload, key_id=data_key.id, at=at
        ):
            return False
        conn.execute(insert(DataKeyRow).values(key_row))
    return True


def _hand_over(house: House, match: Match, *, by: Actor, at: datetime) -> Delivery:
    message = match.message
    if len(match.waiting) > 1:
        with house.db.begin() as conn:
            stored.refuse_ambiguous(conn, message, at=at, waiting=len(match.waiting))
        return Delivery.AMBIGUOUS
    wait, variables = match.waiting[0].wait, _variables(house, match)
    try:
        advance(
            house,
            match.waiting[0].instance_id,
            lambda case, _step: DeliverMessage(wait=wait, at=at, variables=variables, bindings=case.deployed.bindings),
            by=by,
            write=lambda step, _done: step.take_message(message.id),
        )
    except Conflict:  # somebody else was faster, or the instance is busy: the worker tries again
        return Delivery.STORED
    return Delivery.DELIVERED


def _start(house: House, match: Match, deployed: catalog.Deployed, *, by: Actor, at: datetime) -> Delivery:
    """Start a technical instance: it has no Vorgang, and a key of its own."""
    message = match.message
    key, key_row = new_key(house.master_key, KeyPurpose.INSTANCE, tenant_id=house.tenant_id, at=at)
    try:
        with house.db.step() as step:
            step.also(insert(DataKeyRow).values(key_row))
            begin(
                house,
                step,
                deployed,
                uuid4(),
                Start(
                    program=deployed.procedure.process.hash,
                    at=at,
                    variables=_variables(house, match),
                    message=message.name,
                    bindings=deployed.bindings,
                ),
                key=key,
                by=by,
                business_key=message.key,
            )
            step.take_message(message.id)
    except LostRace:
        return Delivery.REPEATED
    return Delivery.STARTED


def _variables(house: House, match: Match) -> dict[str, Value]:
    message = match.message
    with house.db.read() as conn:
        key = load_key(conn, house.master_key, message.key_id)
    document = orjson.loads(key.decrypt(message.payload, aad=place("message", house.tenant_id, message.id)))
    return {name: feel.from_json(value) for name, value in document.items()}


def _starting(conn: Connection, name: str) -> list[catalog.Deployed]:
    return [one for one in catalog.catalogue(conn) if name in one.procedure.process.message_starts]
