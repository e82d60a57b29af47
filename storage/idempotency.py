"""Keys of requests that created something are forgotten when nobody repeats these requests any more."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from storage.db import tenant_of
from storage.models.idempotency import IdempotencyKey

KEPT: Final = timedelta(days=30)
"""How long a repeated request gets its first answer; clients repeat for hours, a browser's session ends in a day."""
AT_ONCE = 1000


def forget(conn: Connection, *, at: datetime) -> int:
    """Delete the oldest keys beyond KEPT; return how many. Call it again while it returns AT_ONCE."""
    tenant_id = tenant_of(conn)
    old = select(IdempotencyKey.key).where(IdempotencyKey.tenant_id == tenant_id, IdempotencyKey.created_at < at - KEPT)
    share = old.order_by(IdempotencyKey.created_at).limit(AT_ONCE).scalar_subquery()
    return conn.execute(
        delete(IdempotencyKey).where(IdempotencyKey.tenant_id == tenant_id, IdempotencyKey.key.in_(share))
    ).rowcount
