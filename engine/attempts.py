"""How often somebody may guess: a number and its access code, for the portal's status page and the interface alike.

The limit holds over all processes, because tries are rows. A try counts before the guess is judged, so that many at
once do not slip through together; one that succeeds is taken back.

Every limit is one of who asks, never of the number alone: else whoever knows a number could shut its owner out. Codes
have 80 random bits, so no number of askers together finds one.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Final, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, func, insert, select

from engine.errors import TooMany, Unavailable
from engine.house import House
from storage.db import tenant_of
from storage.models.attempt import Attempt

WINDOW: Final = timedelta(minutes=15)
PER_NUMBER: Final = 5
"""Wrong codes for one number, from one address or program."""
PER_ADDRESS: Final = 20
"""Wrong codes for all numbers together; behind one address may be a whole library."""
PER_TOKEN: Final = 50
"""A program asks for many people; the limit per number is the same for it."""
SIGN_INS: Final = 20
"""Sign-ins that the provider began and that failed, from one address; passwords are the provider's to guard."""

Found = TypeVar("Found")


def number_and_address(number: str, address: str) -> dict[str, int]:
    """The limits of a person who types a number and its code."""
    place = f"address:{_neighbourhood(address)}"
    return {f"{_number(number)} {place}": PER_NUMBER, place: PER_ADDRESS}


def number_and_token(number: str, token: str) -> dict[str, int]:
    """The limits of a program that asks for people."""
    place = f"token:{token}"
    return {f"{_number(number)} {place}": PER_NUMBER, place: PER_TOKEN}


def sign_in(address: str) -> dict[str, int]:
    """The limit of answers of an identity provider that are wrong."""
    return {f"sign-in:{_neighbourhood(address)}": SIGN_INS}


def limited(house: House, limits: Mapping[str, int], guess: Callable[[], Found], *, at: datetime) -> Found:
    """Return what `guess` returns; raises TooMany before it when one of the subjects was tried too often.

    `limits` maps a subject to the number of failures allowed within WINDOW. A guess that raises counts as a failure,
    unless something is away that it needs.
    """
    with house.db.begin() as conn:
        _forget(conn, at)
        ids = [_count_in(conn, subject, at) for subject in limits]
    with house.db.begin() as conn:
        full = [subject for subject, limit in limits.items() if _tries(conn, subject, at) > limit]
        if full:
            _take_back(conn, ids)  # a refused try must not keep the door shut for longer
    if full:
        raise TooMany("too_many_tries", retry_after_s=int(WINDOW.total_seconds()))
    try:
        found = guess()
    except Unavailable:
        with house.db.begin() as conn:
            _take_back(conn, ids)
        raise
    with house.db.begin() as conn:
        _take_back(conn, ids)
    return found


def _number(number: str) -> str:
    return f"number:{number.strip().upper()}"


def _neighbourhood(address: str) -> str:
    """An IPv6 customer has at least 2^64 addresses, so her whole network counts as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(getattr(found, "ipv4_mapped", None) or found)


def _count_in(conn: Connection, subject: str, at: datetime) -> UUID:
    attempt_id = uuid4()
    row = {"tenant_id": tenant_of(conn), "id": attempt_id, "subject_sha256": _digest(subject), "at": at}
    conn.execute(insert(Attempt).values(row))
    return attempt_id


def _tries(conn: Connection, subject: str, at: datetime) -> int:
    query = select(func.count()).where(
        Attempt.tenant_id == tenant_of(conn),
        Attempt.subject_sha256 == _digest(subject),
        Attempt.at > at - WINDOW,
    )
    return conn.execute(query).scalar_one()


def _take_back(conn: Connection, ids: list[UUID]) -> None:
    conn.execute(delete(Attempt).where(Attempt.tenant_id == tenant_of(conn), Attempt.id.in_(ids)))


def _forget(conn: Connection, at: datetime) -> None:
    conn.execute(delete(Attempt).where(Attempt.tenant_id == tenant_of(conn), Attempt.at <= at - WINDOW))


def _digest(subject: str) -> bytes:
    return sha256(subject.encode("utf-8", "replace")).digest()
