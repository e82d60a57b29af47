"""Sessions of the web pages: on the server, so that they can be ended; content encrypted, ids only as hashes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, TenantId


class WebSession(Base):
    """One browser in one realm; `actor_id` and `provider_sid` are set while somebody is signed in.

    `data` is JSON encrypted with a key made from the secret key of the settings.
    """

    __tablename__ = "web_session"
    __table_args__ = (
        CheckConstraint("realm IN ('buergerkonto', 'verwaltung')", name="realm"),
        Index(None, "tenant_id", "expires_at"),
        Index(None, "tenant_id", "actor_id"),
        Index(None, "tenant_id", "provider_sid"),
    )

    tenant_id: Mapped[TenantId]
    id_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    realm: Mapped[str]
    actor_id: Mapped[str | None]
    provider_sid: Mapped[str | None]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    data: Mapped[bytes]


class SeenToken(Base):
    """A logout token that was used: its id counts once, a replay finds the row."""

    __tablename__ = "seen_token"
    __table_args__ = (Index(None, "tenant_id", "expires_at"),)

    tenant_id: Mapped[TenantId]
    jti_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]
