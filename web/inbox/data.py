"""What a task knows beside its form: the inputs that the procedure's texts name, as tables and lines.

`[daten.<input>] titel = "Festsetzung"` in `texte/de.toml` shows an input, `[daten.<input>.<key>] titel, einheit` a
value of it; what has no text is not shown. `einheit` is "EUR" or stands behind the number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.catalog import GERMAN, Procedure
from engine.feel.values import Value
from forms.model import Form
from forms.show import show_value
from web.formats import euro


@dataclass(frozen=True, slots=True)
class Table:
    """A list of contexts; `columns` are (label, whether numbers stand in it)."""

    title: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def header(self) -> list[tuple[str, str]]:
        """As the table macro takes it."""
        return [(label, "numeric" if is_number else "") for label, is_number in self.columns]


@dataclass(frozen=True, slots=True)
class Facts:
    """Lines of (label, text); a single value has its title as its only label."""

    title: str
    lines: tuple[tuple[str, str], ...]


def shown(procedure: Procedure, form: Form | None, inputs: Mapping[str, Value]) -> list[Table | Facts]:
    """Return what to show, in the order of the inputs; what the form shows itself is left out."""
    in_form = form.names if form else frozenset[str]()
    blocks = (_block(procedure, name, value) for name, value in inputs.items() if name not in in_form)
    return [block for block in blocks if block is not None]


def _block(procedure: Procedure, name: str, value: Value) -> Table | Facts | None:
    title = procedure.text(f"daten.{name}.titel")
    if not title or value in (None, "", []):
        return None
    if isinstance(value, dict):
        lines = tuple((label, _shown(value.get(key), unit)) for key, label, unit in _parts(procedure, name, value))
        return Facts(title, tuple(line for line in lines if line[1]))
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return _table(procedure, name, title, [row for row in value if isinstance(row, dict)])
    return Facts(title, (("", _shown(value, procedure.text(f"daten.{name}.einheit"))),))


def _table(procedure: Procedure, name: str, title: str, rows: list[dict[str, Value]]) -> Table:
    parts = list(_parts(procedure, name, rows[0]))
    return Table(
        title,
        columns=tuple((label, isinstance(rows[0][key], Decimal)) for key, label, _unit in parts),
        rows=tuple(tuple(_shown(row.get(key), unit) for key, _label, unit in parts) for row in rows),
    )


def _parts(procedure: Procedure, name: str, context: Mapping[str, Value]) -> Iterator[tuple[str, str, str]]:
    """Key, label and unit of the values that have a text, in the order of the texts."""
    prefix = f"daten.{name}."
    for entry in procedure.texts[GERMAN].entries:
        key, _, last = entry.removeprefix(prefix).partition(".")
        if entry.startswith(prefix) and last == "titel" and key in context:
            yield key, procedure.text(entry), procedure.text(f"{prefix}{key}.einheit")


def _shown(value: Value, unit: str) -> str:
    if isinstance(value, Decimal) and unit == "EUR":
        return euro(value)
    text = show_value(value)
    return f"{text} {unit}" if text and unit else text
