"""The Akte: the long-lived file of one thing (a Steuerfall, a Grundstück), in which its Vorgänge lie."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of


class Geheimnis(StrEnum):
    """§ 30 AO, § 35 SGB I, § 30 HVwVfG: who beyond the office may see what."""

    STEUER = "steuer"
    SOZIAL = "sozial"
    ALLGEMEIN = "allgemein"


class AkteRow(Base):
    """`subject` names the matter and is encrypted with the Akte's own key, because an Akte outlives its Vorgänge."""

    __tablename__ = "akte"
    __table_args__ = (
        one_of("geheimnis", Geheimnis),
        UniqueConstraint("tenant_id", "aktenzeichen"),
        ForeignKeyConstraint(
            ["tenant_id", "aktenplan_position_id"], ["aktenplan_position.tenant_id", "aktenplan_position.id"]
        ),
        ForeignKeyConstraint(["tenant_id", "key_id"], ["data_key.tenant_id", "data_key.id"]),
        Index(None, "tenant_id", "aktenplan_position_id", "id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    aktenzeichen: Mapped[str]
    aktenplan_position_id: Mapped[UUID | None]
    kind: Mapped[str]
    subject: Mapped[bytes | None]
    key_id: Mapped[UUID]
    office: Mapped[str]
    geheimnis: Mapped[str]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    closed_on: Mapped[date | None]
