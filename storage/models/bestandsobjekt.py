"""What remains after a procedure (Steuerfall, Hund, permit): written only by an effect of a process."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId


class Bestandsobjekt(Base):
    """`number` is its own (Kassenzeichen, Markennummer); `parent_id` the object it hangs on (the dog's Steuerfall)."""

    __tablename__ = "bestandsobjekt"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "number"),
        ForeignKeyConstraint(["tenant_id", "akte_id"], ["akte.tenant_id", "akte.id"]),
        ForeignKeyConstraint(["tenant_id", "parent_id"], ["bestandsobjekt.tenant_id", "bestandsobjekt.id"]),
        Index(None, "tenant_id", "akte_id", "kind"),
        Index(None, "tenant_id", "parent_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    akte_id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    kind: Mapped[str]
    number: Mapped[str | None]
    created_at: Mapped[datetime]


class BestandsobjektState(Base):
    """The fields of an object from `valid_from` to `valid_to` (both included), encrypted with the key of the Akte.

    A correction does not change a row: it sets `superseded_at` and adds another, so that what was known when a
    decision was made can still be seen. `vorgang_id` is the Vorgang that wrote it. `seq` counts the states of an object
    from 1: of two that write at once, one loses its step and does it again on what the other wrote.
    """

    __tablename__ = "bestandsobjekt_state"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
        ForeignKeyConstraint(["tenant_id", "bestandsobjekt_id"], ["bestandsobjekt.tenant_id", "bestandsobjekt.id"]),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(
            "uq_bestandsobjekt_state_tenant_id_bestandsobjekt_id_seq",
            "tenant_id",
            "bestandsobjekt_id",
            "seq",
            unique=True,
        ),
        Index(None, "tenant_id", "bestandsobjekt_id", "valid_from"),
        Index(None, "tenant_id", "vorgang_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    bestandsobjekt_id: Mapped[UUID]
    seq: Mapped[int]
    vorgang_id: Mapped[UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    fields: Mapped[bytes]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    superseded_at: Mapped[datetime | None]
