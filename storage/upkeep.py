"""What has to be done at intervals for the E-Akte: chain access records, anchor the chains, forget what is over.

A worker calls `run` as often as it likes; the work is done when the last anchor is old enough. Security first: if the
anchor cannot be written, the rest is not done either, and the error is for a person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from storage import idempotency
from storage.akte import anchor, zugriffe
from storage.akte.expiry import DRAFTS_AT_ONCE, expire_drafts
from storage.db import Database, tenant_of
from storage.models.anchor import Anchor
from storage.objects import collector
from storage.objects.port import ObjectStore

EVERY = timedelta(hours=1)
"""How much of the chains could be cut off unnoticed at most; operators are alarmed when it becomes four hours."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one run did."""

    accesses_chained: int
    chains_anchored: int
    drafts_expired: int
    keys_forgotten: int
    objects_removed: int


def run(db: Database, store: ObjectStore, anchor_file: Path, *, at: datetime, by: str = "system:worker") -> Done | None:
    """Do what is due; None if the last anchor is younger than EVERY. Raises AnchorBroken, OSError, ObjectStoreError.

    Two workers at once do no harm: the slower one fails on a number that the faster one took, and runs again.
    """
    with db.read() as conn:
        last = last_anchor(conn)
    if last is not None and at - last < EVERY:
        return None
    accesses_chained = _all(db, lambda conn: zugriffe.chain(conn, at=at), zugriffe.BLOCK_RECORDS)
    with db.begin() as conn:
        chains_anchored = anchor.write(conn, anchor_file, at=at)
    drafts_expired = _all(db, lambda conn: expire_drafts(conn, at=at, by=by), DRAFTS_AT_ONCE)
    keys_forgotten = _all(db, lambda conn: idempotency.forget(conn, at=at), idempotency.AT_ONCE)
    objects_removed = collector.collect(db, store, at=at)
    return Done(accesses_chained, chains_anchored, drafts_expired, keys_forgotten, objects_removed)


def _all(db: Database, work: Callable[[Connection], int], at_once: int) -> int:
    """Repeat work that takes a share at a time, each in a transaction of its own, until a share is not full."""
    total = 0
    while True:
        with db.begin() as conn:
            done = work(conn)
        total += done
        if done < at_once:
            return total


def last_anchor(conn: Connection) -> datetime | None:
    """Return when the chains of the tenant were anchored last; operators watch its age."""
    return conn.execute(select(func.max(Anchor.at)).where(Anchor.tenant_id == tenant_of(conn))).scalar()
