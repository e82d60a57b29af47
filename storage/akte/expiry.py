"""Forgetting drafts of forms whose time is over, or that somebody threw away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, select

from storage.db import tenant_of
from storage.keys import destroy_key
from storage.models.entwurf import Entwurf

DRAFTS_AT_ONCE = 1000


def expire_drafts(conn: Connection, *, at: datetime, by: str) -> int:
    """Forget the drafts whose time is over; return how many. Call it again while it returns DRAFTS_AT_ONCE."""
    query = select(Entwurf.id, Entwurf.key_id).where(Entwurf.tenant_id == tenant_of(conn), Entwurf.expires_at <= at)
    drafts = conn.execute(query.order_by(Entwurf.expires_at).limit(DRAFTS_AT_ONCE)).all()
    for draft in drafts:
        forget_draft(conn, draft.id, draft.key_id, at=at, by=by, reason="Entwurf abgelaufen")
    return len(drafts)


def forget_draft(conn: Connection, draft_id: UUID, key_id: UUID, *, at: datetime, by: str, reason: str) -> None:
    """Delete a draft with its uploads and destroy its key; its objects, unreadable from now on, are collected later.

    Harmless for a draft that was sent meanwhile: its key is the key of a Vorgang and stays.
    """
    gone = conn.execute(delete(Entwurf).where(Entwurf.tenant_id == tenant_of(conn), Entwurf.id == draft_id))
    if gone.rowcount:
        destroy_key(conn, key_id, at=at, by=by, reason=reason)
