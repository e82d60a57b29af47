"""The anchor: heads of all chains, appended at intervals to a file outside the database.

Who owns the database could compute a whole chain anew; then it no longer fits what the anchor remembers. One line of
the file is one entry, canonical JSON; the entries of a tenant form a chain of their own. The file is only ever
appended to: in production it lies on another system, or where the operating system allows nothing else.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, Uuid, bindparam, insert, literal, select, text, union_all

from storage.akte import zugriffe
from storage.akte.events import plain
from storage.akte.rows import table_of
from storage.chain import GENESIS, canonical_json, link
from storage.db import tenant_of
from storage.files import sync_folder
from storage.models.anchor import Anchor, AnchoredHead, ChainKind
from storage.models.instance import Instance
from storage.models.vorgang import VorgangRow

ZUGRIFF_CHAIN = UUID(int=0)
"""The id of the one chain of access blocks that a tenant has."""

_HEADS_PER_ENTRY = 5_000
_REMEMBER = text("""
    INSERT INTO anchored_head (tenant_id, kind, chain_id, seq) VALUES (:tenant_id, :kind, :chain_id, :seq)
    ON CONFLICT (tenant_id, kind, chain_id) DO UPDATE SET seq = excluded.seq
""").bindparams(bindparam("chain_id", type_=Uuid()))


class AnchorBroken(Exception):
    """The file is shorter than the database knows; the message is a German sentence. Nothing was appended."""


class ChainHead(NamedTuple):
    """The end of one chain; `kind` is a ChainKind."""

    kind: str
    chain_id: UUID
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the file; `at` is the text that was written, `hash` the link that it claims."""

    tenant_id: str
    seq: int
    at: str
    heads: Sequence[ChainHead]
    previous: bytes
    hash: bytes


class _Tip(NamedTuple):
    """The end of the chain of entries."""

    seq: int
    hash: bytes


def write(conn: Connection, path: Path, *, at: datetime) -> int:
    """Append the heads of all chains that have grown; return how many. Without any, an empty entry shows that it ran.

    Raises AnchorBroken, or OSError if the file cannot be written; then the transaction must not commit.
    """
    with _locked(path) as file:
        tip = _catch_up(conn, path)
        heads = _grown(conn)
        for start in range(0, len(heads) or 1, _HEADS_PER_ENTRY):
            entry = _entry(tenant_of(conn), tip, heads[start : start + _HEADS_PER_ENTRY], at)
            tip = _remember(conn, entry, at, ends_at_byte=_append(file, entry))
    return len(heads)


def read(path: Path, tenant_id: str, *, from_byte: int = 0) -> Iterator[tuple[Entry, int]]:
    """Yield the entries of a tenant with the byte at which each ends.

    A line that is no entry is passed over: a crash may leave half a line, and damage shows as a gap in the chain.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(from_byte)
        for line in file:
            from_byte += len(line)
            entry = _parse(line)
            if entry is not None and entry.tenant_id == tenant_id:
                yield entry, from_byte


def link_of(entry: Entry) -> bytes:
    """Return the link of an entry; equals `entry.hash` unless somebody changed it."""
    header = {
        "chain": "anchor",
        "tenant": entry.tenant_id,
        "seq": entry.seq,
        "at": entry.at,
        "heads": len(entry.heads),
    }
    return link(entry.previous, header, canonical_json(_heads_json(entry.heads)))


def _grown(conn: Connection) -> list[ChainHead]:
    """Return the heads that are further than when they were anchored last."""
    tenant_id = tenant_of(conn)
    chains = (
        _further(ChainKind.INSTANCE, Instance.tenant_id, Instance.id, Instance.version, Instance.head_hash, tenant_id),
        _further(
            ChainKind.VORGANG,
            VorgangRow.tenant_id,
            VorgangRow.id,
            VorgangRow.kette_seq,
            VorgangRow.kette_hash,
            tenant_id,
        ),
    )
    heads = [ChainHead(*row) for row in conn.execute(union_all(*chains))]
    block = zugriffe.last_block(conn)
    if block is not None and block.seq > _anchored(conn, ChainKind.ZUGRIFF, ZUGRIFF_CHAIN):
        heads.append(ChainHead(ChainKind.ZUGRIFF.value, ZUGRIFF_CHAIN, block.seq, block.hash))
    return heads


def _anchored(conn: Connection, kind: ChainKind, chain_id: UUID) -> int:
    query = select(AnchoredHead.seq).where(
        AnchoredHead.tenant_id == tenant_of(conn), AnchoredHead.kind == kind.value, AnchoredHead.chain_id == chain_id
    )
    return conn.execute(query).scalar() or 0


def _further(kind: ChainKind, tenant: Any, chain_id: Any, seq: Any, hash_: Any, tenant_id: str) -> Select[Any]:
    anchored = (
        (AnchoredHead.tenant_id == tenant) & (AnchoredHead.kind == kind.value) & (AnchoredHead.chain_id == chain_id)
    )
    query = select(literal(kind.value), chain_id, seq, hash_).outerjoin(AnchoredHead, anchored)
    return query.where(tenant == tenant_id, seq > 0, (AnchoredHead.seq.is_(None)) | (AnchoredHead.seq < seq))


def _catch_up(conn: Connection, path: Path) -> _Tip:
    """Return where the entries of the tenant end, after remembering those whose transaction did not commit."""
    query = select(table_of(Anchor)).where(Anchor.tenant_id == tenant_of(conn)).order_by(Anchor.seq.desc()).limit(1)
    known = conn.execute(query).one_or_none()
    tip = _Tip(known.seq, known.hash) if known else _Tip(0, GENESIS)
    ends_at_byte = known.ends_at_byte if known else 0
    if path.stat().st_size < ends_at_byte:
        raise AnchorBroken("Die Ankerdatei ist kürzer als zuletzt. Prüfen Sie mit „amtsweg verify“, was fehlt.")
    for entry, end in read(path, tenant_of(conn), from_byte=ends_at_byte):
        tip = _remember(conn, entry, datetime.fromisoformat(entry.at), ends_at_byte=end)
    return tip


def _entry(tenant_id: str, tip: _Tip, heads: Sequence[ChainHead], at: datetime) -> Entry:
    unsealed = Entry(tenant_id, tip.seq + 1, plain(at), heads, tip.hash, b"")
    return replace(unsealed, hash=link_of(unsealed))


def _append(file: int, entry: Entry) -> int:
    """Write the entry as a line of its own and make it last; return the size of the file."""
    size = os.fstat(file).st_size
    broken_off = size > 0 and os.pread(file, 1, size - 1) != b"\n"
    line = (b"\n" if broken_off else b"") + canonical_json(_to_json(entry)) + b"\n"
    while line:
        line = line[os.write(file, line) :]
    os.fsync(file)
    return os.fstat(file).st_size


def _remember(conn: Connection, entry: Entry, at: datetime, *, ends_at_byte: int) -> _Tip:
    row = {
        "tenant_id": entry.tenant_id,
        "seq": entry.seq,
        "at": at,
        "heads": len(entry.heads),
        "hash": entry.hash,
        "ends_at_byte": ends_at_byte,
    }
    conn.execute(insert(Anchor).values(row))
    heads = [
        {"tenant_id": entry.tenant_id, "kind": head.kind, "chain_id": head.chain_id, "seq": head.seq}
        for head in entry.heads
    ]
    if heads:
        conn.execute(_REMEMBER, heads)
    return _Tip(entry.seq, entry.hash)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open the file for appending; one process at a time."""
    is_new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if is_new:
            sync_folder(path.parent)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _to_json(entry: Entry) -> dict[str, Any]:
    return {
        "tenant": entry.tenant_id,
        "seq": entry.seq,
        "at": entry.at,
        "heads": _heads_json(entry.heads),
        "previous": entry.previous.hex(),
        "hash": entry.hash.hex(),
    }


def _heads_json(heads: Sequence[ChainHead]) -> list[list[Any]]:
    return [[head.kind, str(head.chain_id), head.seq, head.hash.hex()] for head in heads]


def _parse(line: bytes) -> Entry | None:
    try:
        data = json.loads(line)
        heads = [ChainHead(kind, UUID(chain), seq, bytes.fromhex(hash_)) for kind, chain, seq, hash_ in data["heads"]]
        previous, hash_ = bytes.fromhex(data["previous"]), bytes.fromhex(data["hash"])
        entry = Entry(data["tenant"], data["seq"], data["at"], heads, previous, hash_)
        return entry if canonical_json(_to_json(entry)) + b"\n" == line else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
