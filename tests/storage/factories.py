"""Rows to begin with, for tests of what lies above them."""

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, insert, select

from storage import db, models
from storage.akte import events
from storage.chain import GENESIS
from storage.models.base import Base, UtcDateTime
from storage.models.deployment import Deployment
from storage.models.instance import Instance
from storage.steps import Step

Row = dict[str, Any]
AT = datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=UTC)


def deployment_row(database: db.Database, **fields: Any) -> dict[str, Any]:
    return {
        "tenant_id": database.tenant_id, "id": uuid4(), "procedure_key": "hundesteuer_anmelden", "version": 1,
        "manifest_sha256": sha256(b"").digest(), "deployed_at": AT, "deployed_by": "system:test",
    } | fields  # fmt: skip


def deployment(database: db.Database) -> UUID:
    """Return the id of the tenant's deployment, made at the first call."""
    with database.begin() as conn:
        found = conn.execute(select(Deployment.id).where(Deployment.tenant_id == database.tenant_id)).scalar()
        if found is not None:
            return found
        row = deployment_row(database)
        conn.execute(insert(Deployment), row)
    return row["id"]


def create(step: Step, database: db.Database, *, vorgang_id: UUID | None = None, **fields: Any) -> UUID:
    """Create an instance in `step` and save it; `fields` go to `create` or `save`."""
    instance_id = uuid4()
    step.create(
        instance_id,
        deployment_id=fields.pop("deployment_id", None) or deployment(database),
        procedure_key="hundesteuer_anmelden",
        key_id=fields.pop("key_id", None) or uuid4(),
        at=AT,
        vorgang_id=vorgang_id,
        business_key=fields.pop("business_key", None),
        akte_head=events.empty(database.tenant_id, vorgang_id) if vorgang_id else None,
    )
    save(step, command="start", **fields)
    return instance_id


def save(step: Step, **fields: Any) -> None:
    defaults = {
        "state": b"state", "status": "active", "at": AT, "actor_id": "iss|7", "command": "complete_task",
        "moves": {"entered": ["pruefen"]}, "payload": b"payload",
    }  # fmt: skip
    step.save(**defaults | fields)


def start_instance(database: db.Database, **fields: Any) -> UUID:
    with database.step() as step:
        return create(step, database, **fields)


def rows(
    database: db.Database, table: type[Base] | Table | str, *, order_by: str | None = None
) -> list[dict[str, Any]]:
    """Return the tenant's rows of a table."""
    found = models.metadata().tables[table] if isinstance(table, str) else getattr(table, "__table__", table)
    query = select(found).where(found.c.tenant_id == database.tenant_id)
    with database.read() as conn:
        return [dict(row) for row in conn.execute(query.order_by(order_by) if order_by else query).mappings()]


def instance_of(database: db.Database, instance_id: UUID) -> dict[str, Any]:
    (row,) = [row for row in rows(database, Instance) if row["id"] == instance_id]
    return row


def create_vorgang(database: db.Database) -> UUID:
    """Store a Vorgang in an Akte, with the keys they need, and an empty chain."""
    akte_id, vorgang_id, akte_key, vorgang_key = (uuid4() for _ in range(4))
    chain = {"kette_seq": 0, "kette_hash": GENESIS}
    rows_of = [
        ("data_key", {"id": akte_key, "purpose": "akte", "wrapped": b""}),
        ("data_key", {"id": vorgang_key, "purpose": "vorgang", "wrapped": b""}),
        ("akte", {"id": akte_id, "key_id": akte_key}),
        ("vorgang", {"id": vorgang_id, "akte_id": akte_id, "key_id": vorgang_key} | chain),
    ]
    tables = models.metadata().tables
    with database.begin() as conn:
        for name, values in rows_of:
            conn.execute(insert(tables[name]), filled(tables[name], {"tenant_id": database.tenant_id} | values))
    return vorgang_id


_CHOSEN = {
    "art": "anzeige", "status": "offen", "kanal": "portal", "geheimnis": "steuer", "verfahrensrecht": "ao",
    "trust_level": "keins",
}  # fmt: skip


def filled(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """Fill what a NOT NULL column needs; enough for rows whose content does not matter."""
    row = dict(values)
    for column in table.columns:
        if column.name not in row and not column.nullable:
            kind = datetime if isinstance(column.type, UtcDateTime) else column.type.python_type
            row[column.name] = _CHOSEN.get(column.name) or _any_value(kind)
    return row


def _any_value(kind: type) -> Any:
    chosen = {UUID: uuid4(), datetime: AT, date: AT.date(), bytes: b"\x00" * 32, int: 0, bool: False, dict: {}}
    return chosen.get(kind, str(uuid4()))
