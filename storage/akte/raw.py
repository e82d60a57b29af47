"""Reading rows that somebody may have tampered with: what cannot be decoded is marked, and never stops the reading."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Dialect, FromClause, Table, select, type_coerce
from sqlalchemy.types import NULLTYPE

from storage.db import tenant_of

STREAMED = {"stream_results": True, "max_row_buffer": 500}
"""For queries whose result may be larger than memory."""

RawRow = dict[str, Any]
_Decoder = Callable[[Any], Any]
_BAD_VALUE = (ValueError, TypeError, AttributeError, OverflowError)


class Unreadable:
    """Stands for a value that is none of its column's type; equals nothing and has no canonical form."""


def read_rows(
    conn: Connection,
    table: Table,
    *,
    order_by: Sequence[str],
    beside: Sequence[Column[Any]] = (),
    joined_by: tuple[str, str] = ("", ""),
    only: Mapping[str, Any] | None = None,
) -> Iterator[RawRow]:
    """Yield the rows of the tenant in order, without holding them all.

    `beside` are columns of one other table (each given as "<table>.<column>"), left-joined where its second column of
    `joined_by` equals the first one of this table. `only` names values that columns must have.
    """
    columns = [*table.columns, *beside]
    source: FromClause = table
    if beside:
        other = beside[0].table
        on = (table.c.tenant_id == other.c.tenant_id) & (table.c[joined_by[0]] == other.c[joined_by[1]])
        source = table.outerjoin(other, on)
    raw = [type_coerce(column, NULLTYPE).label(f"c{number}") for number, column in enumerate(columns)]
    query = select(*raw).select_from(source).where(table.c.tenant_id == tenant_of(conn))
    query = query.where(*(table.c[name] == value for name, value in (only or {}).items()))
    query = query.order_by(*(table.c[name] for name in order_by))
    names = [*(column.name for column in table.columns), *(f"{column.table.name}.{column.name}" for column in beside)]
    decoders = [_decoder(column, conn.dialect) for column in columns]
    for row in conn.execute(query, execution_options=STREAMED):
        yield {name: decode(value) for name, decode, value in zip(names, decoders, row, strict=True)}


def _decoder(column: Column[Any], dialect: Dialect) -> _Decoder:
    """Return the same decoding as SQLAlchemy's, but strict: another spelling of the same value is a change too."""
    type_ = column.type.dialect_impl(dialect)
    decode, encode = type_.result_processor(dialect, None), type_.bind_processor(dialect)

    def strictly(raw: Any) -> Any:
        if raw is None or decode is None:
            return raw
        try:
            value = decode(raw)
            return value if encode is None or encode(value) == raw else Unreadable()
        except _BAD_VALUE:
            return Unreadable()

    return strictly
