"""Drafts of forms: saved, resumed, encrypted, forgotten after a while."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of
from storage.models.dokument import ScanState


class Entwurf(Base):
    """A form that is being filled in. Its id and key become those of the Vorgang when it is sent.

    Without an account it is resumed with the code behind `code_hash`. `version` guards against two open windows.
    """

    __tablename__ = "entwurf"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "key_id"], ["data_key.tenant_id", "data_key.id"]),
        Index(None, "tenant_id", "account", "changed_at"),
        Index(None, "tenant_id", "expires_at"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    procedure_key: Mapped[str]
    deployment_id: Mapped[UUID]
    account: Mapped[str | None]
    code_hash: Mapped[bytes | None]
    key_id: Mapped[UUID]
    page: Mapped[str]
    answers: Mapped[bytes]
    version: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class EntwurfFile(Base):
    """An upload of a draft; its id becomes the document's, and the object stays where it is."""

    __tablename__ = "entwurf_file"
    __table_args__ = (
        one_of("scan_state", ScanState),
        ForeignKeyConstraint(["tenant_id", "entwurf_id"], ["entwurf.tenant_id", "entwurf.id"], ondelete="CASCADE"),
        Index(None, "tenant_id", "entwurf_id"),
        Index(None, "tenant_id", "object_key"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    entwurf_id: Mapped[UUID]
    field: Mapped[str]
    name: Mapped[bytes]
    sha256: Mapped[bytes]
    size_bytes: Mapped[int]
    media_type: Mapped[str]
    object_key: Mapped[str]
    store_version_id: Mapped[str]
    scan_state: Mapped[str]
    uploaded_at: Mapped[datetime]
