"""What was sent, as it was sent: the form's answers as a document, with the receipt."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of
from storage.models.vorgang import Art, TrustLevel


class Antrag(Base):
    """An Antrag, Anzeige or Meldung, or a `part` of one that has an art of its own (the Ermäßigung inside an Anzeige).

    `dokument_id` is the JSON of the answers, stored before this row; its SHA-256 is on the receipt together with
    `receipt_number` and the access code. `readable_id` is the PDF/A that a job makes afterwards.
    """

    __tablename__ = "antrag"
    __table_args__ = (
        one_of("art", Art),
        one_of("trust_level", TrustLevel),
        UniqueConstraint("tenant_id", "receipt_number", "part"),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "dokument_id"], ["dokument.tenant_id", "dokument.id"]),
        ForeignKeyConstraint(["tenant_id", "readable_id"], ["dokument.tenant_id", "dokument.id"]),
        Index(None, "tenant_id", "vorgang_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    receipt_number: Mapped[str]
    part: Mapped[str]
    art: Mapped[str]
    form_key: Mapped[str]
    dokument_id: Mapped[UUID]
    readable_id: Mapped[UUID | None]
    sent_at: Mapped[datetime]
    sent_by: Mapped[str]
    trust_level: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
