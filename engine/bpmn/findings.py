"""What is wrong with a model, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import Refused


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a model is refused.

    `line` counts from 1 in the model file; `code` is stable; `message_de` says in German what is wrong and what helps.
    """

    element_id: str | None
    element_name: str | None
    line: int | None
    code: str
    message_de: str


class ModelRefused(Refused):
    """The model cannot be executed exactly as it is written; `findings` names every reason that was found."""

    findings: list[Finding]

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("model_refused", list(findings))

    def __str__(self) -> str:
        return "; ".join(finding.message_de for finding in self.findings)
