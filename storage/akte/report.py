"""What a verification says: as data for programs, as German sentences for people."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_LOCAL = ZoneInfo("Europe/Berlin")
_COUNTS = ("steps", "events", "rows", "objects", "erased", "accesses", "anchors", "anchored_at")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was recorded; `code` is stable, `where` names the place, `sentence` is German."""

    code: str
    where: str
    sentence: str


@dataclass(slots=True)
class Report:
    """What was checked, and what is wrong; `erased` counts documents whose key was destroyed as planned."""

    tenant_id: str
    steps: int = 0
    events: int = 0
    rows: int = 0
    objects: int = 0
    erased: int = 0
    accesses: int = 0
    anchors: int = 0
    anchored_at: str | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not self.findings

    def add(self, code: str, where: str, sentence: str) -> None:
        self.findings.append(Finding(code, where, sentence))

    def sentences(self) -> list[str]:
        """Return the report in German, one sentence a line."""
        checked = (
            f"Schritte {self.steps}, Ereignisse {self.events}, gesicherte Zeilen {self.rows}, "
            f"Dokumente {self.objects}, Zugriffe {self.accesses}, Anker {self.anchors}"
        )
        lines = [f"Geprüft: {checked}."]
        if self.erased:
            lines.append(f"Planmäßig gelöschte Dokumente: {self.erased}; ihre Nachweise sind vollständig.")
        if self.anchored_at is None:
            lines.append("Es gibt noch keinen Anker: Ob Ketten gekürzt wurden, ist erst nach dem ersten erkennbar.")
        else:
            lines.append(f"Der letzte Anker ist vom {readable(self.anchored_at)}.")
        lines += [finding.sentence for finding in self.findings]
        if self.clean:
            return [*lines, "Alles ist unverändert."]
        return [
            *lines,
            f"Befunde: {len(self.findings)}. Sichern Sie den Zustand und verständigen Sie die IT-Sicherheit.",
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the report as data."""
        findings = [{"code": one.code, "where": one.where, "sentence": one.sentence} for one in self.findings]
        counts = {name: getattr(self, name) for name in _COUNTS}
        return {"tenant": self.tenant_id, "clean": self.clean, **counts, "findings": findings}


def readable(at: str) -> str:
    """Return a moment of a chain as people read it; what is no moment stays as it is."""
    try:
        return f"{datetime.fromisoformat(at).astimezone(_LOCAL):%d.%m.%Y, %H:%M} Uhr"
    except ValueError:
        return at
