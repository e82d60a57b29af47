"""A deployed procedure: the whole folder as it was, one row per file."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Id, TenantId


class Deployment(Base):
    """One version of a procedure; `manifest_sha256` is the hash over the paths and hashes of its files."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("tenant_id", "procedure_key", "version"),)

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    procedure_key: Mapped[str]
    version: Mapped[int]
    manifest_sha256: Mapped[bytes]
    deployed_at: Mapped[datetime]
    deployed_by: Mapped[str]


class DeploymentFile(Base):
    """A file of the folder under its relative path with `/`."""

    __tablename__ = "deployment_file"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "deployment_id"], ["deployment.tenant_id", "deployment.id"]),
        {"info": {"append_only": True}},
    )

    tenant_id: Mapped[TenantId]
    deployment_id: Mapped[Id]
    path: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[bytes]
    content: Mapped[bytes]
