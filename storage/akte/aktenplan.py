"""Finding the place of an Akte in the city's Aktenplan."""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import Connection, Date, Uuid, bindparam, select, text

from storage.db import tenant_of
from storage.models.aktenplan import AktenplanPosition

_INSERT = text("""
    INSERT INTO aktenplan_position (tenant_id, id, kennzahl, title, retention_years, retention_source, valid_from)
    VALUES (:tenant_id, :id, :kennzahl, :title, :retention_years, :retention_source, :valid_from)
    ON CONFLICT (tenant_id, kennzahl, valid_from) DO NOTHING
""").bindparams(bindparam("id", type_=Uuid()), bindparam("valid_from", type_=Date()))


def ensure_position(
    conn: Connection,
    kennzahl: str,
    *,
    title: str,
    retention_years: int | None,
    retention_source: str | None,
    on: date,
) -> UUID:
    """Return the position that is valid on that day; where the plan has none, the procedure's own is entered.

    What the city's plan says wins: title and retention are only used for a new position.
    """
    found = _position(conn, kennzahl, on)
    if found is not None:
        return found
    row = {
        "tenant_id": tenant_of(conn),
        "id": uuid4(),
        "kennzahl": kennzahl,
        "title": title,
        "retention_years": retention_years,
        "retention_source": retention_source,
        "valid_from": on,
    }
    conn.execute(_INSERT, row)
    entered = _position(conn, kennzahl, on)
    if entered is None:
        raise LookupError(kennzahl)
    return entered


def _position(conn: Connection, kennzahl: str, on: date) -> UUID | None:
    query = select(AktenplanPosition.id).where(
        AktenplanPosition.tenant_id == tenant_of(conn),
        AktenplanPosition.kennzahl == kennzahl,
        AktenplanPosition.valid_from <= on,
        (AktenplanPosition.valid_to.is_(None)) | (AktenplanPosition.valid_to >= on),
    )
    return conn.execute(query.order_by(AktenplanPosition.valid_from.desc()).limit(1)).scalar()
