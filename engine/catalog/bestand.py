"""`bestand.toml` as values: what remains after a procedure (Steuerfall, Hund), with fields, numbers and parents.

One folder declares the kinds of a Bestand, the others name it (`of = "hundesteuer_anmelden"`); its file then comes with
their deployment, so that a running case keeps the fields it began with.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from engine.catalog import typed_toml
from engine.catalog.findings import Findings
from engine.catalog.folder import BESTAND, BESTAND_OF_ANOTHER, Files
from engine.feel.values import Value


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class BestandField:
    """A field of a kind; `title` is what caseworkers read. A field may be empty unless it is `required`."""

    key: str
    title: str
    type: FieldType
    required: bool = False


@dataclass(frozen=True, slots=True)
class BestandKind:
    """A kind of object; `plural` names its list in FEEL, `number` its number range, `parent` the kind it hangs on.

    `name` is the field that tells an object from its siblings on a page, for example the name of the dog.
    """

    key: str
    title: str
    plural: str
    fields: tuple[BestandField, ...]
    number: str | None = None
    number_title: str | None = None
    parent: str | None = None
    name: str | None = None

    def field(self, key: str) -> BestandField | None:
        """Return the field of this key."""
        return next((one for one in self.fields if one.key == key), None)

    def problems(self, values: Mapping[str, Value]) -> list[str]:
        """Say in German what keeps `values` from being the fields of an object of this kind."""
        found = [f"Das Feld „{name}“ gibt es bei „{self.title}“ nicht." for name in values if self.field(name) is None]
        for one in self.fields:
            value = values.get(one.key)
            if value is None:
                if one.required:
                    found.append(f"Das Feld „{one.title}“ fehlt bei „{self.title}“.")
            elif not _fits(value, one.type):
                found.append(f"Das Feld „{one.title}“ muss {_WORDS[one.type]} sein.")
        return found


@dataclass(frozen=True, slots=True)
class Bestand:
    """The kinds of a Bestand, parents first; `owner` is the procedure that declares them."""

    owner: str
    kinds: tuple[BestandKind, ...]

    def kind(self, key: str) -> BestandKind | None:
        """Return the kind of this key."""
        return next((kind for kind in self.kinds if kind.key == key), None)

    def children(self, key: str) -> tuple[BestandKind, ...]:
        """Return the kinds that hang directly on this one."""
        return tuple(kind for kind in self.kinds if kind.parent == key)


@dataclass(frozen=True, slots=True)
class _File:
    of: str | None = None
    kind: tuple[BestandKind, ...] = ()


_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RESERVED: Final = frozenset({"id", "nummer", "gueltig_ab", "gueltig_bis", "gefunden", "person_passt"})
"""Names that `bestand.lesen` gives itself."""
_WORDS: Final[Mapping[FieldType, str]] = {
    FieldType.TEXT: "ein Text",
    FieldType.NUMBER: "eine Zahl",
    FieldType.MONEY: "ein Betrag mit höchstens zwei Stellen nach dem Komma",
    FieldType.DATE: "ein Datum",
    FieldType.BOOLEAN: "wahr oder falsch",
}


def read_bestand(files: Files, *, folder: str, numbers: Mapping[str, str], findings: Findings) -> Bestand | None:
    """Read the Bestand that a folder declares or names; None without one, or where the findings say why not.

    `numbers` are the folder's number ranges (`[numbers]` in procedure.toml).
    """
    own = _read(files.get(BESTAND), findings)
    if own is None or own.of is None:
        if own is not None:
            _check(own.kind, numbers, findings)
        return Bestand(folder, own.kind) if own and own.kind else None
    if own.kind:
        findings.refuse(
            "of", "kinds_twice", "Entweder nennt „of“ den Bestand einer Leistung, oder Sie beschreiben ihn."
        )
    named = _read(files.get(BESTAND_OF_ANOTHER), findings)
    if named is None or not named.kind:
        findings.refuse("of", "bestand_missing", f"Die Leistung „{own.of}“ daneben beschreibt keinen Bestand.")
        return None
    return Bestand(own.of, named.kind)


def _read(data: bytes | None, findings: Findings) -> _File | None:
    table = None if data is None else typed_toml.parse(data, findings)
    return None if table is None else typed_toml.read(table, _File, findings)


def _check(kinds: tuple[BestandKind, ...], numbers: Mapping[str, str], findings: Findings) -> None:
    if not kinds:
        findings.refuse("kind", "empty", "Beschreiben Sie mit [[kind]], was im Bestand bleibt.")
    known: set[str] = set()
    for number, kind in enumerate(kinds, start=1):
        place = f"kind[{number}]"
        _check_names(kind, place, findings)
        if kind.key in known:
            findings.refuse(place, "duplicate_kind", f"Die Art „{kind.key}“ gibt es zweimal.")
        if kind.parent is not None and kind.parent not in known:
            message = f"Die Art „{kind.parent}“, zu der „{kind.key}“ gehört, muss davor beschrieben sein."
            findings.refuse(f"{place}.parent", "parent_missing", message)
        if kind.number is not None and kind.number not in numbers:
            message = f"Den Nummernkreis „{kind.number}“ gibt es unter [numbers] in procedure.toml nicht."
            findings.refuse(f"{place}.number", "number_range_missing", message)
        if (kind.number is None) is not (kind.number_title is None):
            message = "„number“ und „number_title“ gehören zusammen: der Nummernkreis und wie die Nummer heißt."
            findings.refuse(place, "number_incomplete", message)
        if kind.name is not None and kind.field(kind.name) is None:
            findings.refuse(f"{place}.name", "field_missing", f"Das Feld „{kind.name}“ gibt es dort nicht.")
        known.add(kind.key)


def _check_names(kind: BestandKind, place: str, findings: Findings) -> None:
    for name in (kind.key, kind.plural, *(one.key for one in kind.fields)):
        if not _KEY.fullmatch(name):
            message = f"„{name}“ darf nur aus Kleinbuchstaben, Ziffern und _ bestehen."
            findings.refuse(place, "bad_key", message)
        elif name in _RESERVED:
            findings.refuse(place, "name_taken", f"Den Namen „{name}“ vergibt der Bestand selbst.")
    for name, times in Counter(one.key for one in kind.fields).items():
        if times > 1:
            findings.refuse(place, "duplicate_field", f"Das Feld „{name}“ gibt es zweimal.")


def _fits(value: Value, wanted: FieldType) -> bool:
    return _TESTS[wanted](value)


def _is_money(value: Any) -> bool:
    return isinstance(value, Decimal) and value == value.quantize(Decimal("0.01"))


_TESTS: Final[Mapping[FieldType, Callable[[Any], bool]]] = {
    FieldType.TEXT: lambda value: isinstance(value, str),
    FieldType.NUMBER: lambda value: isinstance(value, Decimal),
    FieldType.MONEY: _is_money,
    FieldType.DATE: lambda value: type(value) is date,
    FieldType.BOOLEAN: lambda value: isinstance(value, bool),
}
