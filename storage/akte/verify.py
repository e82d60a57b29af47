"""Does everything still stand as it was recorded? Checks both chains, their heads, sealed rows, objects and the anchor.

Needs no key: links cover ciphertexts, objects are named by the hash of what is stored. So a Vorgang whose key was
destroyed still verifies. What cannot even be read counts as changed; nothing that somebody wrote into the database
or the anchor makes the check itself fail.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Connection, Table, func, select, type_coerce
from sqlalchemy.exc import DataError
from sqlalchemy.types import NULLTYPE

from storage import steps
from storage.akte import anchor, events, zugriffe
from storage.akte.raw import STREAMED, RawRow, read_rows
from storage.akte.report import Report, readable
from storage.akte.rows import SEALED, fingerprint_of, table_of
from storage.chain import GENESIS
from storage.crypto import OVERHEAD_BYTES
from storage.db import tenant_of
from storage.models.akte_event import AkteEvent
from storage.models.anchor import Anchor, ChainKind
from storage.models.data_key import DataKeyRow
from storage.models.dokument import Dokument
from storage.models.instance import Instance
from storage.models.step import StepRow
from storage.models.vorgang import VorgangRow
from storage.models.zugriff import Zugriff, ZugriffBlock
from storage.objects.port import ObjectMissing, ObjectStore, ObjectStoreError

_BAD_VALUE = (ValueError, TypeError, AttributeError, OverflowError)
_UNREADABLE = b""  # no link: differs from every one

Fingerprints = dict[tuple[Any, Any], Any]


def verify(conn: Connection, store: ObjectStore, anchor_file: Path) -> Report:
    """Check everything of the tenant whose connection this is; a `db.read()`, so that all is of one moment."""
    report = Report(tenant_of(conn))
    vouched = _Vouched(report)
    with _unreadable_is_found(report, "anchor"):
        _check_anchors(conn, anchor_file, vouched, report)
    fingerprints: Fingerprints = {}
    with _unreadable_is_found(report, "akte_event"):
        _walk(conn, _VORGANG, vouched, report, _collect(fingerprints, vouched, report))
    with _unreadable_is_found(report, "step"):
        _walk(conn, _INSTANCE, vouched, report, _count_step(report))
        _check_states(conn, report)
    with _unreadable_is_found(report, "zugriff"):
        _check_accesses(conn, vouched, report)
    vouched.report_missing()
    _check_sealed_rows(conn, fingerprints, report)
    with _unreadable_is_found(report, "dokument"):
        _check_objects(conn, store, report)
    return report


def verify_vorgang(conn: Connection, store: ObjectStore, anchor_file: Path, vorgang_id: UUID) -> Report:
    """Check one Vorgang with its instances, rows and objects as `verify` does; the access records are not part of it.

    What lies in another Vorgang, or was inserted without naming one, only `verify` finds.
    """
    report = Report(tenant_of(conn))
    instances = _instances_of(conn, vorgang_id)
    vouched = _Vouched(report, only=frozenset({vorgang_id, *instances}))
    with _unreadable_is_found(report, "anchor"):
        _check_anchors(conn, anchor_file, vouched, report)
    fingerprints: Fingerprints = {}
    with _unreadable_is_found(report, "akte_event"):
        _walk(conn, _VORGANG, vouched, report, _collect(fingerprints, vouched, report), only=vorgang_id)
    with _unreadable_is_found(report, "step"):
        for instance_id in instances:
            _walk(conn, _INSTANCE, vouched, report, _count_step(report), only=instance_id)
            _check_states(conn, report, only=instance_id)
    vouched.report_missing()
    _check_sealed_rows(conn, fingerprints, report, only=vorgang_id)
    with _unreadable_is_found(report, "dokument"):
        _check_objects(conn, store, report, only={"vorgang_id": vorgang_id})
    return report


def _instances_of(conn: Connection, vorgang_id: UUID) -> list[UUID]:
    query = select(Instance.id).where(Instance.tenant_id == tenant_of(conn), Instance.vorgang_id == vorgang_id)
    return list(conn.execute(query.order_by(Instance.id)).scalars())


class _Vouched:
    """Links that somebody else vouches for (an anchor, an event that names a step), to be met on the walk.

    `only` names the chains that are walked; None: all.
    """

    def __init__(self, report: Report, *, only: frozenset[UUID] | None = None) -> None:
        self._report = report
        self._only = only
        self._open: dict[tuple[Any, Any, Any], list[tuple[Any, str]]] = {}

    def add(self, kind: str, chain_id: Any, seq: Any, link: Any, witness: str) -> None:
        if self._only is None or chain_id in self._only:
            self._open.setdefault((kind, chain_id, seq), []).append((link, witness))

    def meet(self, kind: str, chain_id: Any, seq: Any, link: bytes) -> None:
        for expected, witness in self._open.pop((kind, chain_id, seq), ()):
            if expected != link:
                sentence = f"{_name(kind, chain_id)}: Eintrag {seq} ist ein anderer als der, den {witness} bezeugt."
                self._report.add("vouched_link_differs", f"{kind}:{chain_id}", sentence)

    def report_missing(self) -> None:
        for (kind, chain_id, seq), missing in self._open.items():
            for _, witness in missing:
                sentence = f"{_name(kind, chain_id)}: Eintrag {seq} fehlt, obwohl {witness} ihn bezeugt."
                self._report.add("vouched_link_missing", f"{kind}:{chain_id}", sentence)


@dataclass(frozen=True, slots=True)
class _Chains:
    """Where the rows of a kind of chain stand, and where their heads."""

    kind: str
    rows: Table
    chain_column: str
    head_seq: Column[Any]
    head_hash: Column[Any]
    link_of: Callable[[RawRow], bytes]


_VORGANG = _Chains(
    kind=ChainKind.VORGANG.value,
    rows=table_of(AkteEvent),
    chain_column="vorgang_id",
    head_seq=table_of(VorgangRow).c.kette_seq,
    head_hash=table_of(VorgangRow).c.kette_hash,
    link_of=lambda row: events.link_of(events.EventRow(*(row[name] for name in events.EventRow._fields))),
)
_INSTANCE = _Chains(
    kind=ChainKind.INSTANCE.value,
    rows=table_of(StepRow),
    chain_column="instance_id",
    head_seq=table_of(Instance).c.version,
    head_hash=table_of(Instance).c.head_hash,
    link_of=steps.link_of,
)


class _End(NamedTuple):
    """How far a walk came."""

    seq: Any
    link: bytes


def _walk(
    conn: Connection,
    chains: _Chains,
    vouched: _Vouched,
    report: Report,
    see: Callable[[RawRow], None],
    *,
    only: UUID | None = None,
) -> None:
    """Go along every chain of a kind, or `only` one, from its first link to its head."""
    rows = read_rows(
        conn,
        chains.rows,
        order_by=(chains.chain_column, "seq"),
        beside=(chains.head_seq, chains.head_hash),
        joined_by=(chains.chain_column, "id"),
        only={} if only is None else {chains.chain_column: only},
    )
    for chain_id, group in groupby(rows, key=lambda row: row[chains.chain_column]):
        end, last_row = _walk_one(chains, chain_id, group, vouched, report, see)
        _check_head(chains, chain_id, last_row, end, report)
    for chain_id in _without_rows(conn, chains, only):
        report.add(
            "chain_missing", f"{chains.kind}:{chain_id}", f"{_name(chains.kind, chain_id)}: Alle Einträge fehlen."
        )


def _walk_one(
    chains: _Chains,
    chain_id: Any,
    rows: Iterable[RawRow],
    vouched: _Vouched,
    report: Report,
    see: Callable[[RawRow], None],
) -> tuple[_End, RawRow]:
    end, row = _End(0, GENESIS), RawRow()
    where, name = f"{chains.kind}:{chain_id}", _name(chains.kind, chain_id)
    for row in rows:
        seq = row["seq"]
        if seq != end.seq + 1:
            report.add(
                "chain_gap", where, f"{name}: Nach Eintrag {end.seq} folgt Eintrag {seq}; dazwischen fehlt etwas."
            )
        elif row["previous_hash"] != end.link:
            report.add("chain_broken", where, f"{name}: Eintrag {seq} passt nicht an den davor; einer wurde verändert.")
        end = _End(seq if isinstance(seq, int) else end.seq + 1, _link(chains.link_of, row))
        vouched.meet(chains.kind, chain_id, seq, end.link)
        see(row)
    return end, row


def _check_head(chains: _Chains, chain_id: Any, row: RawRow, end: _End, report: Report) -> None:
    where, name = f"{chains.kind}:{chain_id}", _name(chains.kind, chain_id)
    owner = chains.head_seq.table.name
    head = (row[f"{owner}.{chains.head_seq.name}"], row[f"{owner}.{chains.head_hash.name}"])
    if head == (None, None):
        report.add("chain_orphaned", where, f"{name}: Einträge dazu gibt es, aber er selbst fehlt.")
    elif head != end:
        report.add(
            "head_differs", where, f"{name}: Die Kette endet nicht so, wie es vermerkt ist; ihr Ende wurde verändert."
        )


def _without_rows(conn: Connection, chains: _Chains, only: UUID | None) -> list[Any]:
    owner, rows = chains.head_seq.table, chains.rows
    query = select(type_coerce(owner.c.id, NULLTYPE)).outerjoin(
        rows, (rows.c.tenant_id == owner.c.tenant_id) & (rows.c[chains.chain_column] == owner.c.id)
    )
    query = query.where(owner.c.tenant_id == tenant_of(conn), chains.head_seq > 0, rows.c.seq.is_(None))
    query = query if only is None else query.where(owner.c.id == only)
    return list(conn.execute(query).scalars())


def _collect(fingerprints: Fingerprints, vouched: _Vouched, report: Report) -> Callable[[RawRow], None]:
    """Gather what events say about rows and steps."""

    def see(row: RawRow) -> None:
        report.events += 1
        if row["subject_kind"] is not None or row["subject_id"] is not None:
            fingerprints[row["subject_kind"], row["subject_id"]] = row["subject_fingerprint"]
        if row["instance_id"] is not None:
            witness = f"Ereignis {row['seq']} des Vorgangs {row['vorgang_id']}"
            vouched.add(ChainKind.INSTANCE.value, row["instance_id"], row["instance_seq"], row["step_hash"], witness)

    return see


def _count_step(report: Report) -> Callable[[RawRow], None]:
    def see(row: RawRow) -> None:  # noqa: ARG001 -- the walk's signature
        report.steps += 1

    return see


def _check_states(conn: Connection, report: Report, *, only: UUID | None = None) -> None:
    """The stored state of an instance must be the one that its newest step left."""
    instance, step = table_of(Instance), table_of(StepRow)
    newest = (step.c.tenant_id == instance.c.tenant_id) & (step.c.instance_id == instance.c.id)
    query = select(type_coerce(instance.c.id, NULLTYPE), instance.c.state, step.c.state_sha256)
    query = query.join(step, newest & (step.c.seq == instance.c.version)).where(instance.c.tenant_id == tenant_of(conn))
    query = query if only is None else query.where(instance.c.id == only)
    for instance_id, state, recorded in conn.execute(query, execution_options=STREAMED):
        if not isinstance(state, bytes) or sha256(state).digest() != recorded:
            name = _name(ChainKind.INSTANCE.value, instance_id)
            report.add("state_differs", f"instance:{instance_id}", f"{name}: Der gespeicherte Zustand wurde verändert.")


def _check_accesses(conn: Connection, vouched: _Vouched, report: Report) -> None:
    """Walk the blocks of access records, each with its records."""
    kind, name = ChainKind.ZUGRIFF.value, _name(ChainKind.ZUGRIFF.value, anchor.ZUGRIFF_CHAIN)
    end = _End(0, GENESIS)
    for row in read_rows(conn, table_of(ZugriffBlock), order_by=("seq",)):
        where = f"zugriff:{row['seq']}"
        if row["seq"] != end.seq + 1 or row["previous_hash"] != end.link:
            report.add("chain_broken", where, f"{name}: Block {row['seq']} passt nicht an den davor.")
        held = list(read_rows(conn, table_of(Zugriff), order_by=("position",), only={"block_seq": row["seq"]}))
        if not _holds(row, held):
            report.add(
                "records_differ", where, f"{name}: Einträge von Block {row['seq']} wurden verändert oder entfernt."
            )
        report.accesses += len(held)
        end = _End(row["seq"] if isinstance(row["seq"], int) else end.seq + 1, _link(_block_link, row))
        if row["hash"] != end.link:
            report.add("head_differs", where, f"{name}: Block {row['seq']} wurde verändert.")
        vouched.meet(kind, anchor.ZUGRIFF_CHAIN, row["seq"], end.link)
    for seq in _without_block(conn):
        report.add("block_missing", f"zugriff:{seq}", f"{name}: Block {seq} fehlt.")


def _without_block(conn: Connection) -> list[int]:
    same = (ZugriffBlock.tenant_id == Zugriff.tenant_id) & (ZugriffBlock.seq == Zugriff.block_seq)
    query = select(Zugriff.block_seq).outerjoin(ZugriffBlock, same).distinct()
    missing = query.where(
        Zugriff.tenant_id == tenant_of(conn), Zugriff.block_seq.is_not(None), ZugriffBlock.seq.is_(None)
    )
    return [seq for seq in conn.execute(missing).scalars() if seq is not None]


def _holds(block: RawRow, records: list[RawRow]) -> bool:
    try:
        return (block["records"], block["records_hash"]) == (len(records), zugriffe.records_hash(records))
    except _BAD_VALUE:
        return False


def _block_link(row: RawRow) -> bytes:
    return zugriffe.link_of(zugriffe.BlockRow(*(row[name] for name in zugriffe.BlockRow._fields)))


def _check_sealed_rows(
    conn: Connection, fingerprints: Fingerprints, report: Report, *, only: UUID | None = None
) -> None:
    """Each sealed row must be there and look as the newest event about it says, and none without an event."""
    for model in SEALED:
        table = table_of(model)
        with _unreadable_is_found(report, table.name):
            for row in _sealed_rows(conn, table, fingerprints, only):
                report.rows += 1
                recorded = fingerprints.pop((table.name, row["id"]), None)
                where = f"{table.name}:{row['id']}"
                if recorded is None:
                    report.add(
                        "row_unrecorded", where, f"{_row_name(where)} steht in keiner Akte; sie wurde eingefügt."
                    )
                elif _link(partial(fingerprint_of, model), row) != recorded:
                    report.add("row_changed", where, f"{_row_name(where)} wurde verändert.")
    names = {table_of(model).name for model in SEALED}
    for kind, row_id in fingerprints:
        if kind in names:
            where = f"{kind}:{row_id}"
            report.add("row_missing", where, f"{_row_name(where)} fehlt, obwohl die Akte sie nennt.")


def _sealed_rows(conn: Connection, table: Table, fingerprints: Fingerprints, only: UUID | None) -> Iterator[RawRow]:
    """The rows of a table, or those of one Vorgang: by its column, else those that its events name."""
    if only is None:
        yield from read_rows(conn, table, order_by=("id",))
    elif "vorgang_id" in table.c:
        yield from read_rows(conn, table, order_by=("id",), only={"vorgang_id": only})
    else:
        for row_id in [row_id for kind, row_id in fingerprints if kind == table.name and isinstance(row_id, UUID)]:
            yield from read_rows(conn, table, order_by=("id",), only={"id": row_id})


def _check_objects(
    conn: Connection, store: ObjectStore, report: Report, *, only: Mapping[str, Any] | None = None
) -> None:
    """Read every object that a document names; only where the key was destroyed may it be gone."""
    for row in read_rows(conn, table_of(Dokument), order_by=("vorgang_id", "id"), only=only):
        where = f"object:{row['object_key']}"
        try:
            size = len(store.get(row["object_key"], row["store_version_id"]))
        except ObjectMissing:
            if _is_erased(conn, row["vorgang_id"]):
                report.erased += 1
            else:
                report.add("object_missing", where, f"Dokument {row['id']}: Der Inhalt fehlt im Speicher.")
            continue
        except (ObjectStoreError, *_BAD_VALUE):
            report.add("object_damaged", where, f"Dokument {row['id']}: Der Inhalt ist beschädigt oder nicht lesbar.")
            continue
        report.objects += 1
        if size - OVERHEAD_BYTES != row["size_bytes"]:
            report.add("object_differs", where, f"Dokument {row['id']}: Der Inhalt ist nicht so groß wie vermerkt.")


def _is_erased(conn: Connection, vorgang_id: Any) -> bool:
    if not isinstance(vorgang_id, UUID):
        return False
    same = (DataKeyRow.tenant_id == VorgangRow.tenant_id) & (DataKeyRow.id == VorgangRow.key_id)
    query = select(func.count()).select_from(table_of(VorgangRow)).join(DataKeyRow, same)
    query = query.where(VorgangRow.tenant_id == tenant_of(conn), VorgangRow.id == vorgang_id)
    return bool(conn.execute(query.where(DataKeyRow.wrapped.is_(None))).scalar())


def _check_anchors(conn: Connection, path: Path, vouched: _Vouched, report: Report) -> None:
    """Check the chain of the anchors by its own links and by what the database remembers of it."""
    known = {row["seq"]: row for row in read_rows(conn, table_of(Anchor), order_by=("seq",))}
    heads: dict[tuple[Any, UUID], tuple[Any, bytes, str]] = {}
    end = _End(0, GENESIS)
    for entry, _ in anchor.read(path, report.tenant_id):
        link = _anchor_link(entry)
        if entry.seq != end.seq + 1 or entry.previous != end.link or link != entry.hash:
            sentence = f"Ankerdatei: Nach Eintrag {end.seq} wurde etwas verändert oder entfernt."
            report.add("anchor_changed", f"anchor:{entry.seq}", sentence)
        if not _remembered(known.pop(entry.seq, None), entry):
            sentence = f"Ankerdatei: Eintrag {entry.seq} ist ein anderer als der, den die Datenbank vermerkt."
            report.add("anchor_differs", f"anchor:{entry.seq}", sentence)
        end = _End(entry.seq if isinstance(entry.seq, int) else end.seq + 1, link)
        report.anchors, report.anchored_at = report.anchors + 1, entry.at
        witness = f"der Anker vom {readable(entry.at)}"
        heads |= {(head.kind, head.chain_id): (head.seq, head.hash, witness) for head in entry.heads}
    for seq in known:
        report.add(
            "anchor_missing", f"anchor:{seq}", f"Ankerdatei: Eintrag {seq} fehlt, obwohl die Datenbank ihn vermerkt."
        )
    for (kind, chain_id), head in heads.items():
        vouched.add(kind, chain_id, *head)


def _anchor_link(entry: anchor.Entry) -> bytes:
    try:
        return anchor.link_of(entry)
    except _BAD_VALUE:
        return _UNREADABLE


def _remembered(row: RawRow | None, entry: anchor.Entry) -> bool:
    """An entry that the database does not know is fine: its transaction did not commit, the next anchor makes it up."""
    if row is None:
        return True
    try:
        return (row["hash"], row["heads"], events.plain(row["at"])) == (entry.hash, len(entry.heads), entry.at)
    except _BAD_VALUE:
        return False


def _link(link_of: Callable[[RawRow], bytes], row: RawRow) -> bytes:
    try:
        return link_of(row)
    except _BAD_VALUE:
        return _UNREADABLE


@contextmanager
def _unreadable_is_found(report: Report, table: str) -> Iterator[None]:
    """A value that the driver itself cannot read (a date beyond the calendar) ends the look at one table only."""
    try:
        yield
    except DataError:
        report.add("table_unreadable", table, f"Tabelle {table}: Ein Wert ist nicht lesbar; er wurde verändert.")


def _name(kind: Any, chain_id: Any) -> str:
    if kind == ChainKind.ZUGRIFF.value:
        return "Zugriffsprotokoll"
    return f"{'Ablauf' if kind == ChainKind.INSTANCE.value else 'Vorgang'} {chain_id}"


def _row_name(where: str) -> str:
    table, _, row_id = where.partition(":")
    return f"Die Zeile {row_id} der Tabelle {table}"
