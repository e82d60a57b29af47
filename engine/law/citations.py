"""Which norm governs a topic, by Verfahrensrecht, jurisdiction and date; and which names a letter must not print."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from engine.law.tables import in_force, is_in_force, lineage, read
from engine.law.values import LawUnknown, Verfahrensrecht


@dataclass(frozen=True, slots=True)
class Norm:
    """One citation; `cite` alone is short, `full` adds the norm by which the code applies ("i. V. m. § 4 HessKAG")."""

    topic: str
    verfahrensrecht: Verfahrensrecht
    jurisdiction: str
    cite: str
    via: str | None = None
    note: str | None = None
    review: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def full(self) -> str:
        return f"{self.cite} i. V. m. {self.via}" if self.via else self.cite

    def paragraph(self, part: str) -> str:
        """Return the finer citation named `part`, else the norm itself."""
        return self.parts.get(part, self.cite)


def norm(topic: str, verfahrensrecht: Verfahrensrecht | str, *, jurisdiction: str = "DE-HE", on: date) -> Norm:
    """Return the norm for a topic; raises LawUnknown where the table has none."""
    code = Verfahrensrecht(verfahrensrecht)
    rows = [row for row in _NORMS if row.topic == topic and row.verfahrensrecht is code]
    found = in_force(rows, jurisdiction=jurisdiction, on=on)
    if not found:
        raise LawUnknown("norm", topic=topic, verfahrensrecht=code.value, jurisdiction=jurisdiction, on=on)
    return found[0]


def norms(verfahrensrecht: Verfahrensrecht | str, *, jurisdiction: str = "DE-HE", on: date) -> Mapping[str, Norm]:
    """Return all norms of a Verfahrensrecht by topic, for a letter template or an overview."""
    code = Verfahrensrecht(verfahrensrecht)
    places = lineage(jurisdiction)
    valid = [row for row in _NORMS if row.verfahrensrecht is code and is_in_force(row, on)]
    return {row.topic: row for row in valid if row.jurisdiction in places}


def jurisdiction_of(verfahrensrecht: Verfahrensrecht) -> str:
    """Return the legislator whose code it is: "DE" or a Land such as "DE-HE"."""
    return _CODES[verfahrensrecht]


def foreign_norms(text: str, jurisdiction: str = "DE-HE") -> list[str]:
    """Return what in `text` cites another legislator's code than that of the jurisdiction.

    A Hessian letter never prints "VwVfG" without the H: the city applies the HVwVfG.
    """
    return [match[0] for pattern in _FOREIGN.get(jurisdiction, ()) for match in pattern.finditer(text)]


def _norm_rows() -> tuple[Norm, ...]:
    table = read("normen")
    codes = table["code"]
    return tuple(
        Norm(
            topic=row["topic"],
            verfahrensrecht=Verfahrensrecht(code),
            jurisdiction=codes[code]["jurisdiction"],
            cite=row[code],
            via=codes[code].get("via") if row[code].endswith(codes[code]["short"]) else None,
            note=row.get("note", {}).get(code),
            review=row.get("review"),
            valid_from=row.get("valid_from"),
            valid_to=row.get("valid_to"),
            parts={part: cites[code] for part, cites in row.get("parts", {}).items() if code in cites},
        )
        for row in table["norm"]
        for code in codes
        if code in row
    )


def _foreign_patterns() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    patterns: dict[str, tuple[re.Pattern[str], ...]] = {}
    for row in read("normen")["foreign"]:
        patterns[row["jurisdiction"]] = (*patterns.get(row["jurisdiction"], ()), re.compile(row["pattern"]))
    return patterns


_CODES = {Verfahrensrecht(code): str(row["jurisdiction"]) for code, row in read("normen")["code"].items()}
_NORMS = _norm_rows()
_FOREIGN = _foreign_patterns()
