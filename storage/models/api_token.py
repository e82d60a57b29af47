"""Bearer tokens of programs: only a hash of the secret is stored."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, JsonList, TenantId


class ApiToken(Base):
    """`scopes` are what the program may do, and the roles it acts with; `secret_sha256` finds the row."""

    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("tenant_id", "secret_sha256"),)

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    name: Mapped[str]
    secret_sha256: Mapped[bytes]
    scopes: Mapped[JsonList]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
