"""What a check of a procedure folder found: where, how bad, and a German sentence that says what to do."""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """`ERROR` refuses the deployment; `NOTE` is shown to the author and changes nothing."""

    ERROR = "error"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `file` is relative to the folder, `place` names a key, an element or a line in it (may be empty)."""

    file: str
    place: str
    code: str
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{where}: {self.message}"


@dataclass(slots=True)
class Findings:
    """Collects the findings of one file."""

    file: str
    found: list[Finding] = field(default_factory=list)

    def refuse(self, place: str, code: str, message: str) -> None:
        """Add an error."""
        self.found.append(Finding(self.file, place, code, message))

    def note(self, place: str, code: str, message: str) -> None:
        """Add a note."""
        self.found.append(Finding(self.file, place, code, message, Severity.NOTE))


def errors(findings: list[Finding]) -> list[Finding]:
    """Return those that refuse a deployment."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
