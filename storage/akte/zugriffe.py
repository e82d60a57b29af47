"""Access records: written where somebody reads, chained in blocks by a job, off the hot path."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, insert, select, update

from storage.akte.events import fingerprint, plain
from storage.akte.rows import table_of
from storage.chain import GENESIS, link
from storage.db import tenant_of
from storage.models.zugriff import Zugriff, ZugriffBlock, ZugriffKind

BLOCK_RECORDS = 10_000


class BlockRow(NamedTuple):
    """A row of `zugriff_block`, in the order of its columns."""

    tenant_id: str
    seq: int
    at: datetime
    records: int
    records_hash: bytes
    previous_hash: bytes
    hash: bytes


def record(
    conn: Connection,
    kind: ZugriffKind,
    vorgang_id: UUID,
    *,
    subject_kind: str,
    subject_id: UUID,
    at: datetime,
    actor_id: str,
    reason: str | None = None,
) -> None:
    """Record that somebody saw, fetched, exported or was told something; before it is handed out."""
    row = {
        "tenant_id": tenant_of(conn),
        "id": uuid4(),
        "vorgang_id": vorgang_id,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "kind": kind.value,
        "at": at,
        "actor_id": actor_id,
        "reason": reason,
    }
    conn.execute(insert(Zugriff).values(row))


def chain(conn: Connection, *, at: datetime) -> int:
    """Chain the oldest records that are in no block yet into one; return how many.

    Call it again while it returns BLOCK_RECORDS. Of two jobs at once one fails on the number of the block: nothing is
    lost, it runs again.
    """
    tenant_id = tenant_of(conn)
    query = select(table_of(Zugriff)).where(Zugriff.tenant_id == tenant_id, Zugriff.block_seq.is_(None))
    rows = conn.execute(query.order_by(Zugriff.at, Zugriff.id).limit(BLOCK_RECORDS)).mappings().all()
    if not rows:
        return 0
    last = last_block(conn)
    seq = last.seq + 1 if last else 1
    records = [dict(row) | {"block_seq": seq, "position": position} for position, row in enumerate(rows, 1)]
    previous = last.hash if last else GENESIS
    block = BlockRow(tenant_id, seq, at, len(records), records_hash(records), previous, b"")
    conn.execute(insert(ZugriffBlock).values(block._replace(hash=link_of(block))._asdict()))
    place = update(Zugriff).where(Zugriff.tenant_id == tenant_id, Zugriff.id == bindparam("record_id"))
    places = [{"record_id": row["id"], "block": seq, "place": row["position"]} for row in records]
    conn.execute(place.values(block_seq=bindparam("block"), position=bindparam("place")), places)
    return len(records)


def last_block(conn: Connection) -> BlockRow | None:
    """Return the newest block of the tenant."""
    query = select(table_of(ZugriffBlock)).where(ZugriffBlock.tenant_id == tenant_of(conn))
    row = conn.execute(query.order_by(ZugriffBlock.seq.desc()).limit(1)).one_or_none()
    return BlockRow(*row) if row else None


def link_of(block: BlockRow) -> bytes:
    """Return the link of a block, from everything but its `hash`; the next one has it as `previous_hash`."""
    header = {
        "chain": "zugriff",
        "tenant": block.tenant_id,
        "seq": block.seq,
        "at": plain(block.at),
        "records": block.records,
    }
    return link(block.previous_hash, header, block.records_hash)


def records_hash(records: Sequence[Mapping[str, Any]]) -> bytes:
    """Return what stands for the records of a block, in their order."""
    return sha256(b"".join(fingerprint(record) for record in records)).digest()
