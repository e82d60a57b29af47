"""What FEEL sees while a form is worked through, and what its conditions say.

As in form-js: inputs and values of the form by name; in the row of a repeated group `this` (the row), `parent` (what is
around it) and `i` (row numbers from 1, outermost first), each also as `_this_` and so on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from engine.feel import Expression
from engine.feel.values import Value
from forms.model import Option
from forms.notation import BERLIN


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where an expression stands. `values` and `row` are the growing contexts of the form, not copies."""

    now: datetime
    inputs: Mapping[str, Value]
    values: dict[str, Value]
    row: dict[str, Value] | None = None
    parent: dict[str, Value] | None = None
    row_numbers: tuple[int, ...] = field(default=())

    @property
    def today(self) -> date:
        return self.now.astimezone(BERLIN).date()

    @property
    def scope(self) -> dict[str, Value]:
        """The context that a field's path starts in."""
        return self.values if self.row is None else self.row

    def in_row(self, row: dict[str, Value], number: int) -> "Surroundings":
        """The surroundings inside the row `number` (from 1)."""
        return replace(self, row=row, parent=self.scope, row_numbers=(*self.row_numbers, number))

    def evaluate(self, expression: Expression) -> Value:
        """The value, null where the expression has none."""
        names: dict[str, Value] = {**self.inputs, **self.values}
        if self.row is not None:
            numbers: list[Value] = [Decimal(number) for number in self.row_numbers]
            special: dict[str, Value] = {"this": self.row, "parent": self.parent, "i": numbers}
            names = {**special, **names} | {f"_{name}_": value for name, value in special.items()}
        return expression.evaluate(names, now=self.now.astimezone(BERLIN)).value  # today() is the day here

    def hidden(self, hide: Expression | None) -> bool:
        """Whether the condition is true; what is null or no boolean hides nothing."""
        return hide is not None and self.evaluate(hide) is True

    def options(self, options_from: Expression) -> tuple[Option, ...]:
        """The answers that an expression offers: a list of strings or of contexts {label, value}; no others."""
        offered = self.evaluate(options_from)
        found: dict[str, Option] = {}
        for item in offered if isinstance(offered, list) else []:
            value, label = (item.get("value"), item.get("label")) if isinstance(item, dict) else (item, item)
            if isinstance(value, str) and value:
                found.setdefault(value, Option(value, label if isinstance(label, str) and label else value))
        return tuple(found.values())
