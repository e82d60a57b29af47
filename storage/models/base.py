"""What every table shares: naming of constraints, and the column types, declared once for both databases.

| type | PostgreSQL | SQLite |
|---|---|---|
| `Uuid` | uuid | 32 hexadecimal digits |
| `UtcDateTime` | timestamptz | `YYYY-MM-DD HH:MM:SS.ffffff`, UTC: sorts as text |
| `Json` | jsonb | text |
| `LargeBinary` | bytea | blob |

Every table with a `tenant_id` has it as the first column of its primary key, of every unique key and of every index.
Tables of short rows have `sqlite_with_rowid=False`: SQLite then keeps the row in its primary key, a page less to write.
"""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, DateTime, Dialect, LargeBinary, MetaData, Text, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; always UTC when it comes back. A naive datetime is a programming error and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without time zone cannot be stored")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

TenantId = Annotated[str, mapped_column(Text, primary_key=True)]
Id = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
JsonObject = Annotated[dict[str, Any], mapped_column(Json)]
JsonList = Annotated[list[Any], mapped_column(Json)]


class Base(DeclarativeBase):
    """The declarative base; `info={"append_only": True}` on a table takes UPDATE from the app role."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- the name and shape SQLAlchemy asks for
        str: Text,
        UUID: Uuid,
        datetime: UtcDateTime,
        bytes: LargeBinary,
    }


def dump_json(value: Any) -> str:
    """The JSON text of a column, for both databases; bytes and Decimal have no place in it."""
    return orjson.dumps(value).decode()
