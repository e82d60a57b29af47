"""The port to the finance system: what a house hands over to it and what it answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Verdict(StrEnum):
    """What the finance system says."""

    BESTAETIGT = "bestaetigt"
    ABGELEHNT = "abgelehnt"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One answer of the finance system; `name` is how the port knows it, `reason` says why it refused."""

    name: str
    sollstellung_id: UUID
    verdict: Verdict
    reason: str | None


class Kasse(Protocol):
    """The finance system; whatever is handed over twice under one id is one Sollstellung."""

    def hand_over(self, sollstellung_id: UUID, record: bytes) -> None:
        """Hand over durably; raises OSError when that fails."""
        ...

    def acknowledgements(self) -> Iterable[Acknowledgement]:
        """Return the answers that were not put aside yet."""
        ...

    def done(self, acknowledgement: Acknowledgement) -> None:
        """Put an answer aside that is stored."""
        ...

    def refuse(self, acknowledgement: Acknowledgement) -> None:
        """Put an answer aside that nobody waits for."""
        ...
