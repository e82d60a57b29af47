"""Why a DMN model is refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import Refused


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason; `line` counts from 1 in the file, `code` is stable, `message_de` says in German what is wrong."""

    element_id: str | None
    element_name: str | None
    line: int | None
    code: str
    message_de: str


class ModelRefused(Refused):
    """The model cannot be evaluated exactly as it is written; `findings` names every reason that was found."""

    findings: list[Finding]

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("model_refused", list(findings))

    def __str__(self) -> str:
        return "; ".join(f"Zeile {finding.line or 1}: {finding.message_de}" for finding in self.findings)
