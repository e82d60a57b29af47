"""Removes objects that no row names: left by a process that died before it wrote the row, or by an old draft."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from storage.db import Database
from storage.models.dokument import Dokument
from storage.models.entwurf import EntwurfFile
from storage.objects.port import Listed, ObjectStore

KEPT_FOR = timedelta(hours=24)
"""How long an object may be without a row: far longer than any request or job takes from the one to the other."""

_AT_ONCE = 500


def collect(db: Database, store: ObjectStore, *, at: datetime) -> int:
    """Remove the tenant's orphans that are older than a day, by the store's clock; return how many.

    No hold can be on them: what is on hold is named by a row. Nothing is removed unless the database answers.
    """
    before = at - KEPT_FOR
    old = (listed for listed in store.iterate(db.tenant_id) if listed.changed_at < before)
    removed = 0
    for some in _batches(old):
        named = _named(db, [listed.key for listed in some])
        for listed in some:
            if listed.key not in named:
                store.delete(listed.key)
                removed += 1
    store.discard_unfinished(db.tenant_id, before=before)
    return removed


def _named(db: Database, keys: list[str]) -> set[str]:
    with db.read() as conn:
        return {
            key
            for table in (Dokument, EntwurfFile)
            for key in conn.execute(
                select(table.object_key).where(table.tenant_id == db.tenant_id, table.object_key.in_(keys))
            ).scalars()
        }


def _batches(objects: Iterable[Listed]) -> Iterator[list[Listed]]:
    batch: list[Listed] = []
    for listed in objects:
        batch.append(listed)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
