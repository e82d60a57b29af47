"""History and replay log of an instance in one: a row per step, chained by hashes."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Id, JsonObject, TenantId


class StepRow(Base):
    """Clear: who, when, which command, which elements and waits moved, names of variables. Values: in `payload`.

    `payload` (the command with its values, decision traces) is encrypted with the instance's data key. The link of a
    row (`storage.steps.link`) hashes the header and the ciphertexts, so that destroying the key keeps the proof.
    `previous_hash` is the link of the row before, 32 zero bytes for the first; the link of the newest row stands in
    `instance.head_hash`.
    """

    __tablename__ = "step"
    __table_args__ = ({"info": {"append_only": True}},)

    tenant_id: Mapped[TenantId]
    instance_id: Mapped[Id]
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[str]
    command: Mapped[str]
    moves: Mapped[JsonObject]
    payload: Mapped[bytes]
    state_sha256: Mapped[bytes]
    previous_hash: Mapped[bytes]
