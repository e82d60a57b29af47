"""Every tampering is found; what nobody touched verifies clean, even after a key was destroyed."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage import db, keys, steps
from storage.akte import anchor, antraege, changes, documents, events, parties, verify, zugriffe
from storage.akte.documents import NewDokument
from storage.akte.events import Event, Head
from storage.akte.parties import NewParty
from storage.akte.report import Report
from storage.akte.rows import table_of
from storage.chain import GENESIS
from storage.crypto import MasterKey
from storage.models.akte_event import AkteEvent
from storage.models.anchor import Anchor
from storage.models.dokument import Dokument, Richtung
from storage.models.instance import Instance
from storage.models.party import PartyKind, Rolle, VorgangParty
from storage.models.step import StepRow
from storage.models.vorgang import Art, TrustLevel, VorgangRow
from storage.models.zugriff import Zugriff, ZugriffBlock, ZugriffKind
from storage.objects.folder import FolderStore
from tests.conftest import as_owner
from tests.storage.akte.conftest import AT, CITIZEN, CLERK, Case, deploy, open_case

TENANT = "darmstadt"
STEP, EVENT, INSTANCE, VORGANG = table_of(StepRow), table_of(AkteEvent), table_of(Instance), table_of(VorgangRow)


@dataclass(frozen=True)
class House:
    """A filled database with its objects and its anchor."""

    database: db.Database
    url: str
    store: FolderStore
    objects: Path
    anchor: Path
    cases: list[Case]
    instances: list[UUID]

    def verify(self) -> Report:
        with self.database.read() as conn:
            return verify.verify(conn, self.store, self.anchor)

    @contextmanager
    def as_owner(self) -> Iterator[Connection]:
        """Act as somebody who owns the database, without its guards; what was done is undone at the end."""
        with db.owner(as_owner(self.url)) as owner:
            conn = owner.execution_options(tenant_id=TENANT)
            _switch_guards_off(conn)
            yield conn
            conn.rollback()


def _switch_guards_off(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        for table in ("akte_event", "zugriff_block", "anchor"):
            conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    for name in conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
        conn.execute(text(f"DROP TRIGGER {name}"))


@pytest.fixture
def house(database, database_url, master, store, tmp_path) -> House:
    return _fill(database, database_url, master, store, tmp_path)


@pytest.fixture
def sqlite_house(sqlite_url, master, store, tmp_path) -> Iterator[House]:
    database = db.Database(sqlite_url, tenant_id=TENANT)
    yield _fill(database, sqlite_url, master, store, tmp_path)
    database.close()


@pytest.fixture
def postgres_house(postgres_url, master, store, tmp_path) -> Iterator[House]:
    database = db.Database(postgres_url, tenant_id=TENANT)
    yield _fill(database, postgres_url, master, store, tmp_path)
    database.close()


def _fill(database: db.Database, url: str, master: MasterKey, store: FolderStore, tmp_path: Path) -> House:
    anchor_file = tmp_path / "anchors.jsonl"
    with database.begin() as conn:
        deployment = deploy(conn)
        cases = [open_case(conn, master, number) for number in (1, 2, 3)]
    instances = [_run(database, store, case, deployment) for case in cases]
    _look(database, cases)
    with database.begin() as conn:
        zugriffe.chain(conn, at=AT)
        anchor.write(conn, anchor_file, at=AT)
    for case, instance in zip(cases, instances, strict=True):
        _step(database, case, instance, 5)
    _look(database, cases)
    with database.begin() as conn:
        zugriffe.chain(conn, at=AT)
    return House(database, url, store, tmp_path / "objects", anchor_file, cases, instances)


def _run(database: db.Database, store: FolderStore, case: Case, deployment: UUID) -> UUID:
    """Take an Antrag in, add a party, file documents, and run five steps with events."""
    new = NewDokument(Richtung.EINGANG, "antrag_daten", "Angaben", b'{"hunde":1}', "application/json")
    where = {"tenant_id": TENANT, "vorgang_id": case.id, "at": AT, "by": CITIZEN}
    answers = documents.file_document(store, case.key, new, **where)
    number = case.vorgang.aktenzeichen
    antrag = antraege.take_in(
        answers, receipt_number=number, art=Art.ANZEIGE, form_key="antrag.form", trust_level=TrustLevel.HOCH
    )
    anna = NewParty(Rolle.ANTRAGSTELLER, PartyKind.PERSON, {"nachname": "Beispiel"}, date(2026, 11, 24), CITIZEN)
    upload = documents.file_document(store, case.key, replace(new, art="nachweis", content=b"%PDF"), **where)
    with database.begin() as conn:
        changes.write(conn, case.key, case.id, [answers, antrag, parties.add(case.key, anna, **where), upload])
        head = changes.lock_head(conn, case.id)
    instance_id = uuid4()
    with database.step() as step:
        step.create(
            instance_id,
            deployment_id=deployment,
            procedure_key="hundesteuer_anmelden",
            key_id=case.key.id,
            at=AT,
            vorgang_id=case.id,
            akte_head=head,
        )
        _save(step, case, 1)
    for number_ in range(2, 5):
        _step(database, case, instance_id, number_)
    letter = documents.file_document(store, case.key, replace(new, richtung=Richtung.AUSGANG, art="bescheid"), **where)
    with database.step() as step:
        step.load(instance_id)
        _save(step, case, 5)
        changes.add_to_step(step, case.key, [letter])
    return instance_id


def _step(database: db.Database, case: Case, instance_id: UUID, number: int) -> None:
    with database.step() as step:
        step.load(instance_id)
        _save(step, case, number)


def _save(step: steps.Step, case: Case, number: int) -> None:
    at = AT + timedelta(seconds=number)
    step.save(
        state=f"state {number}".encode(),
        status="active",
        at=at,
        actor_id=CLERK,
        command="CompleteTask",
        moves={"entered": [f"pruefen_{number}"], "completed": ["start"], "variables": ["hunde", "länge"]},
        payload=case.key.encrypt(b"values", aad=b""),
    )
    step.akte_event(case.key, Event("aufgabe.erledigt", at, CLERK, {"aufgabe": f"pruefen_{number}"}))


def _look(database: db.Database, cases: list[Case]) -> None:
    with database.begin() as conn:
        for case in cases:
            for kind in ZugriffKind:
                zugriffe.record(
                    conn,
                    kind,
                    case.id,
                    subject_kind="vorgang",
                    subject_id=case.id,
                    at=AT,
                    actor_id=CLERK,
                    reason="Prüfung",
                )


def test_what_nobody_touched_verifies_clean(house):
    report = house.verify()
    assert report.findings == []
    assert (report.steps, report.objects, report.accesses, report.anchors) == (18, 9, 24, 1)
    assert report.events == 3 * (1 + 4 + 5 + 1 + 1)
    assert report.sentences()[-1] == "Alles ist unverändert."


def test_a_destroyed_key_erases_the_content_and_keeps_the_proof(house, master):
    case = house.cases[0]
    with house.database.begin() as conn:
        keys.destroy_key(conn, case.key.id, at=AT, by=CLERK, reason="Aufbewahrung beendet")
    for listed in list(house.store.iterate(TENANT)):
        if str(case.id) in listed.key:
            house.store.delete(listed.key)
    report = house.verify()
    assert report.findings == []
    assert (report.erased, report.objects) == (3, 6)
    assert "Planmäßig gelöschte Dokumente: 3" in " ".join(report.sentences())


Tamper = Callable[[Connection, House, random.Random], None]


def _other(value: Any, dice: random.Random) -> Any:
    """Another value of the same type, one bit or one sign apart where it has any."""
    match value:
        case bytes():
            changed = bytearray(value)
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
            return bytes(changed)
        case bool():
            return not value
        case int():
            return value ^ (1 << dice.randrange(4))
        case str():
            at = dice.randrange(len(value))
            return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
        case datetime():
            return value + timedelta(microseconds=dice.choice([-1, 1, 1000, 86_400_000_000]))
        case date():
            return value + timedelta(days=1)
        case UUID():
            return UUID(int=value.int ^ (1 << dice.randrange(120)))
        case dict():
            return value | {"entered": ["genehmigt"]}
        case None:
            return None
    raise AssertionError(value)


def _rows(conn: Connection, table: Table) -> list[dict[str, Any]]:
    keys_ = list(table.primary_key.columns)
    return [dict(row) for row in conn.execute(select(table).order_by(*keys_)).mappings()]


def _where(table: Table, row: dict[str, Any]) -> list[Any]:
    return [column == row[column.name] for column in table.primary_key.columns]


def _change_a_column(table: Table, *, but: frozenset[str] = frozenset()) -> Tamper:
    def tamper(conn: Connection, house: House, dice: random.Random) -> None:
        row = dice.choice(_rows(conn, table))
        columns = [name for name, value in row.items() if value is not None and value != "" and name not in but]
        name = dice.choice(columns)
        changed = _other(row[name], dice)
        assert conn.execute(update(table).where(*_where(table, row)).values({name: changed})).rowcount == 1

    return tamper


def _fill_an_empty_column(conn: Connection, house: House, dice: random.Random) -> None:
    row = dice.choice([row for row in _rows(conn, EVENT) if row["instance_id"] is None])
    values = {"instance_id": dice.choice(house.instances), "instance_seq": 1, "step_hash": b"x" * 32}
    conn.execute(update(EVENT).where(*_where(EVENT, row)).values(values))


def _swap_payloads(table: Table) -> Tamper:
    def tamper(conn: Connection, house: House, dice: random.Random) -> None:
        one, two = dice.sample(_rows(conn, table), 2)
        for row, other in ((one, two), (two, one)):
            conn.execute(update(table).where(*_where(table, row)).values(payload=other["payload"]))

    return tamper


def _swap_order(table: Table, chain_column: str) -> Tamper:
    def tamper(conn: Connection, house: House, dice: random.Random) -> None:
        chain = dice.choice(_rows(conn, table))[chain_column]
        one, two = dice.sample([row for row in _rows(conn, table) if row[chain_column] == chain], 2)
        for row, seq in ((one, 10_000), (two, one["seq"]), (one | {"seq": 10_000}, two["seq"])):
            conn.execute(update(table).where(*_where(table, row)).values(seq=seq))

    return tamper


def _delete_rows(table: Table) -> Tamper:
    def tamper(conn: Connection, house: House, dice: random.Random) -> None:
        rows = _rows(conn, table)
        for row in dice.sample(rows, dice.randint(1, min(3, len(rows)))):
            conn.execute(delete(table).where(*_where(table, row)))

    return tamper


def _insert_a_row(table: Table) -> Tamper:
    def tamper(conn: Connection, house: House, dice: random.Random) -> None:
        row = dice.choice(_rows(conn, table))
        conn.execute(insert(table).values(row | {"seq": row["seq"] + dice.choice([20, 7])}))

    return tamper


def _change_a_head(table: Table, columns: tuple[str, str]) -> Tamper:
    def tamper(conn: Connection, house: House, dice: random.Random) -> None:
        row, name = dice.choice(_rows(conn, table)), dice.choice(columns)
        conn.execute(update(table).where(*_where(table, row)).values({name: _other(row[name], dice)}))

    return tamper


def _rewrite_events(conn: Connection, vorgang_id: UUID, kept: list[dict[str, Any]]) -> None:
    """What somebody who knows the program does: compute the whole chain anew, head included."""
    conn.execute(delete(EVENT).where(EVENT.c.vorgang_id == vorgang_id))
    head = Head(TENANT, vorgang_id, 0, GENESIS)
    for row in kept:
        sealed = events.EventRow(**(row | {"seq": head.seq + 1, "previous_hash": head.hash}))
        conn.execute(insert(EVENT).values(sealed._asdict()))
        head = events.head_after(head, [sealed])
    values = {"kette_seq": head.seq, "kette_hash": head.hash}
    conn.execute(update(VORGANG).where(VORGANG.c.id == vorgang_id).values(values))


def _truncate_events(conn: Connection, house: House, dice: random.Random) -> None:
    vorgang_id = dice.choice(house.cases).id
    rows = [row for row in _rows(conn, EVENT) if row["vorgang_id"] == vorgang_id]
    # Documents stay named, so that it is the anchor alone that tells.
    _rewrite_events(conn, vorgang_id, rows[: dice.randint(6, 10)])


def _recompute_events(conn: Connection, house: House, dice: random.Random) -> None:
    vorgang_id = dice.choice(house.cases).id
    rows = [row for row in _rows(conn, EVENT) if row["vorgang_id"] == vorgang_id]
    changed = dice.randrange(len(rows) - 1)
    rows[changed] |= {"actor_id": "https://amt|niemand"}
    _rewrite_events(conn, vorgang_id, rows)


def _rewrite_steps(conn: Connection, instance_id: UUID, kept: list[dict[str, Any]]) -> None:
    conn.execute(delete(STEP).where(STEP.c.instance_id == instance_id))
    link = GENESIS
    for number, row in enumerate(kept, 1):
        sealed = row | {"seq": number, "previous_hash": link}
        conn.execute(insert(STEP).values(sealed))
        link = steps.link_of(sealed)
    values = {"version": len(kept), "head_hash": link}
    conn.execute(update(INSTANCE).where(INSTANCE.c.id == instance_id).values(values))


def _truncate_steps(conn: Connection, house: House, dice: random.Random) -> None:
    instance_id = dice.choice(house.instances)
    rows = [row for row in _rows(conn, STEP) if row["instance_id"] == instance_id]
    _rewrite_steps(conn, instance_id, rows[: dice.randint(1, 4)])


def _recompute_steps(conn: Connection, house: House, dice: random.Random) -> None:
    instance_id = dice.choice(house.instances)
    rows = [row for row in _rows(conn, STEP) if row["instance_id"] == instance_id]
    rows[dice.randrange(4)] |= {"actor_id": "https://amt|niemand"}
    _rewrite_steps(conn, instance_id, rows)


def _forget_an_instance(conn: Connection, house: House, dice: random.Random) -> None:
    instance_id = dice.choice(house.instances)
    conn.execute(delete(STEP).where(STEP.c.instance_id == instance_id))
    conn.execute(delete(INSTANCE).where(INSTANCE.c.id == instance_id))


def _file(house: House, dice: random.Random) -> Path:
    return dice.choice(sorted(path for path in house.objects.rglob("*") if path.is_file()))


def _flip_a_bit_of_an_object(conn: Connection, house: House, dice: random.Random) -> None:
    path = _file(house, dice)
    path.write_bytes(_other(path.read_bytes(), dice))


def _cut_an_object(conn: Connection, house: House, dice: random.Random) -> None:
    path = _file(house, dice)
    content = path.read_bytes()
    path.write_bytes(content[: dice.randrange(len(content))])


def _delete_an_object(conn: Connection, house: House, dice: random.Random) -> None:
    _file(house, dice).unlink()


def _exchange_objects(conn: Connection, house: House, dice: random.Random) -> None:
    one, two = dice.sample(sorted(path for path in house.objects.rglob("*") if path.is_file()), 2)
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)


def _name_another_object(conn: Connection, house: House, dice: random.Random) -> None:
    table = table_of(Dokument)
    one, two = dice.sample(_rows(conn, table), 2)
    conn.execute(update(table).where(*_where(table, one)).values(object_key=two["object_key"]))


def _flip_a_bit_of_the_anchor(conn: Connection, house: House, dice: random.Random) -> None:
    house.anchor.write_bytes(_other(house.anchor.read_bytes(), dice))


def _cut_the_anchor(conn: Connection, house: House, dice: random.Random) -> None:
    content = house.anchor.read_bytes()
    house.anchor.write_bytes(content[: dice.randrange(len(content))])


_UNSEALED = frozenset({"scan_state", "store_version_id"})
TAMPERINGS: list[Tamper] = [
    _change_a_column(STEP),
    _change_a_column(STEP),
    _change_a_column(EVENT),
    _change_a_column(EVENT),
    _fill_an_empty_column,
    _swap_payloads(STEP),
    _swap_payloads(EVENT),
    _swap_order(STEP, "instance_id"),
    _swap_order(EVENT, "vorgang_id"),
    _delete_rows(STEP),
    _delete_rows(EVENT),
    _insert_a_row(STEP),
    _insert_a_row(EVENT),
    _change_a_head(INSTANCE, ("version", "head_hash", "state")),
    _change_a_head(VORGANG, ("kette_seq", "kette_hash")),
    _truncate_steps,
    _truncate_events,
    _recompute_steps,
    _recompute_events,
    _forget_an_instance,
    _flip_a_bit_of_an_object,
    _cut_an_object,
    _delete_an_object,
    _exchange_objects,
    _name_another_object,
    _flip_a_bit_of_the_anchor,
    _cut_the_anchor,
    _change_a_column(table_of(Dokument), but=_UNSEALED),
    _change_a_column(table_of(VorgangParty)),
    _change_a_column(table_of(ZugriffBlock)),
    _change_a_column(table_of(Zugriff)),
    _delete_rows(table_of(Zugriff)),
    _delete_rows(table_of(ZugriffBlock)),
]


def _found(conn: Connection, house: House, number: int) -> bool:
    """Tamper once; the database refuses some tamperings itself, then another one is tried."""
    objects = {path: path.read_bytes() for path in house.objects.rglob("*") if path.is_file()}
    anchored = house.anchor.read_bytes()
    tamper, dice = TAMPERINGS[number % len(TAMPERINGS)], random.Random(number)
    try:
        return not _verified_after(conn, house, tamper, dice).clean
    finally:
        house.anchor.write_bytes(anchored)
        for path, content in objects.items():
            path.write_bytes(content)


def _verified_after(conn: Connection, house: House, tamper: Tamper, dice: random.Random) -> Report:
    for _ in range(50):
        attempt = conn.begin_nested()
        try:
            tamper(conn, house, dice)
            return verify.verify(conn, house.store, house.anchor)
        except IntegrityError:
            continue
        finally:
            attempt.rollback()
    raise AssertionError(f"{tamper} was refused every time")


def test_two_hundred_of_two_hundred_tamperings_are_found(house):
    with house.as_owner() as conn:
        missed = [number for number in range(200) if not _found(conn, house, number)]
        assert verify.verify(conn, house.store, house.anchor).clean, "every tampering was undone"
    assert missed == []


GARBAGE = [
    ("akte_event", "at", "kaputt"),
    ("akte_event", "subject_id", "kaputt"),
    ("akte_event", "payload", "text instead of bytes"),
    ("akte_event", "seq", "sieben"),
    ("step", "moves", "{"),
    ("step", "at", 7),
    ("step", "state_sha256", "x"),
    ("instance", "id", "kaputt"),
    ("instance", "state", "x"),
    ("instance", "head_hash", 1.5),
    ("dokument", "object_key", "../../etc/passwd"),
    ("dokument", "size_bytes", "viel"),
    ("dokument", "dokumentdatum", "kaputt"),
    ("zugriff", "at", "kaputt"),
    ("zugriff_block", "records", "viele"),
    ("anchor", "at", "kaputt"),
    ("vorgang", "kette_seq", "x"),
]


def test_values_of_the_wrong_type_are_found_and_stop_nothing(sqlite_house):
    missed = []
    with sqlite_house.as_owner() as conn:
        for table, column, value in GARBAGE:
            attempt = conn.begin_nested()
            last = f"WHERE rowid = (SELECT max(rowid) FROM {table})"  # noqa: S608
            conn.execute(text(f"UPDATE {table} SET {column} = :value {last}"), {"value": value})  # noqa: S608
            if verify.verify(conn, sqlite_house.store, sqlite_house.anchor).clean:
                missed.append((table, column))
            attempt.rollback()
    assert missed == []


def test_a_date_beyond_the_calendar_is_found(postgres_house):
    with postgres_house.as_owner() as conn:
        conn.execute(text("UPDATE step SET at = 'infinity'"))
        report = verify.verify(conn, postgres_house.store, postgres_house.anchor)
    assert "table_unreadable" in {finding.code for finding in report.findings}


def test_another_spelling_of_the_same_value_is_a_change(sqlite_house):
    with sqlite_house.as_owner() as conn:
        conn.execute(text("UPDATE akte_event SET subject_id = upper(subject_id)"))
        assert not verify.verify(conn, sqlite_house.store, sqlite_house.anchor).clean


def test_findings_are_german_sentences_and_data(house):
    with house.as_owner() as conn:
        conn.execute(delete(STEP).where(STEP.c.instance_id == house.instances[0], STEP.c.seq == 2))
        report = verify.verify(conn, house.store, house.anchor)
    instance = house.instances[0]
    assert f"Ablauf {instance}: Nach Eintrag 1 folgt Eintrag 3; dazwischen fehlt etwas." in [
        finding.sentence for finding in report.findings
    ]
    data = report.to_json()
    assert (data["clean"], data["tenant"], data["steps"]) == (False, TENANT, 17)
    assert {"code": "chain_gap", "where": f"instance:{instance}"}.items() <= data["findings"][0].items()
    assert "IT-Sicherheit" in report.sentences()[-1]


def test_the_database_itself_refuses_to_change_a_link(house):
    for table in (EVENT, table_of(ZugriffBlock), table_of(Anchor)):
        for change in (update(table).values(at=AT), delete(table)):
            with pytest.raises(DBAPIError, match=r"append-only|permission denied"), house.database.begin() as conn:
                conn.execute(change)


def test_another_tenant_is_neither_seen_nor_blamed(house, open_database):
    with open_database("kassel").read() as conn:
        report = verify.verify(conn, house.store, house.anchor)
    assert report.clean
    assert (report.steps, report.events, report.rows, report.objects) == (0, 0, 0, 0)
