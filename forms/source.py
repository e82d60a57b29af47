"""One object of a form's JSON, read attribute by attribute; what does not fit becomes a finding, reading goes on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, TypeVar

from engine.feel import Expression, FeelSyntaxError
from engine.feel import Scope as FeelScope
from engine.feel.syntax import Call, Name
from engine.language import are_only_unary_tests, parse_expression
from forms.json_text import JsonValue
from forms.text import TextRefused, clean_lines, printable

_T = TypeVar("_T")
_LONGEST_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a form is refused: the component (`id` and `key` may be empty), a stable code, a German sentence."""

    component_id: str
    key: str
    code: str
    message: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.component_id, f"({self.key})" if self.key else "") if part)
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class Source:
    """A component (or its `validate` or `properties` part) with the list that takes the findings.

    `functions` is the scope of its expressions: what they may call.
    """

    data: Mapping[str, JsonValue]
    findings: list[Finding]
    functions: FeelScope
    component_id: str = ""
    key: str = ""
    type: str = ""
    _used: set[str] = field(default_factory=set)

    def refuse(self, code: str, message: str) -> None:
        """Note a finding about this component."""
        self.findings.append(Finding(self.component_id, self.key, code, message))

    def part(self, name: str) -> "Source":
        """The object under `name`, empty if absent."""
        value = self._take(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self.refuse("bad_attribute", f"„{name}“ muss ein Objekt sein.")
            value = {}
        return replace(self, data=value, _used=set())

    def text(self, name: str, default: str = "") -> str:
        """A text without expressions; the empty text if it is absent."""
        value = self.raw_text(name, default)
        if value.startswith("=") or "{{" in value:
            self.refuse("expression_in_text", f"„{name}“ darf kein Ausdruck sein, nur Text.")
            return default
        return value

    def raw_text(self, name: str, default: str = "") -> str:
        """A text that may hold expressions."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            self.refuse("bad_attribute", f"„{name}“ muss ein Text mit höchstens {_LONGEST_TEXT} Zeichen sein.")
            return default
        try:
            return clean_lines(value)
        except TextRefused:
            self.refuse("bad_attribute", f"„{name}“ enthält Steuerzeichen oder unsichtbare Zeichen.")
            return default

    def flag(self, name: str) -> bool:
        """True or false, written as JSON or as a word."""
        value = self._take(name)
        known = {None: False, True: True, False: False, "true": True, "false": False, "": False}
        if isinstance(value, list | dict | Decimal) or value not in known:
            self.refuse("bad_attribute", f"„{name}“ muss true oder false sein; ein Ausdruck ist hier nicht möglich.")
            return False
        return known[value]

    def integer(self, name: str, *, low: int, high: int, default: _T) -> int | _T:
        """A whole number from `low` to `high`, written as JSON or as digits."""
        value = self.decimal(name)
        if value is None:
            return default
        if value != value.to_integral_value() or not low <= value <= high:
            self.refuse("bad_attribute", f"„{name}“ muss eine ganze Zahl von {low} bis {high} sein.")
            return default
        return int(value)

    def decimal(self, name: str) -> Decimal | None:
        """A number, written as JSON or as text."""
        value = self._take(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and len(value) <= 30:
            try:
                value = Decimal(value)
            except ArithmeticError:
                value = None
        if not isinstance(value, Decimal) or not value.is_finite():
            self.refuse("bad_attribute", f"„{name}“ muss eine Zahl sein; ein Ausdruck ist hier nicht möglich.")
            return None
        return value

    def one_of(self, name: str, allowed: Collection[str], default: str) -> str:
        """A word out of a list."""
        value = self.text(name, default)
        if value in allowed:
            return value
        words = ", ".join(sorted(word for word in allowed if word))
        self.refuse("bad_attribute", f"„{name}“ kennt den Wert „{printable(value)}“ nicht; möglich sind: {words}.")
        return default

    def feel(self, name: str) -> Expression | None:
        """The FEEL expression under `name`; None if absent, true and false are taken as such."""
        value = self._take(name)
        if value is None or value == "" or value is False:
            return None
        if value is True:
            return parse_expression("true")
        if not isinstance(value, str) or not value.startswith("="):
            self.refuse("bad_expression", f"„{name}“ muss ein FEEL-Ausdruck sein, der mit = beginnt.")
            return None
        return self.expression(value[1:], name)

    def condition(self, name: str) -> Expression | None:
        """As `feel`, for what form-js reads as a cell of a decision table: several tests with commas are refused."""
        value = self.data.get(name)
        text = value[1:].strip() if isinstance(value, str) and value.startswith("=") else ""
        if not text or not self._tests_more_than_one_thing(text):
            return self.feel(name)
        self._take(name)
        self.refuse(
            "unary_tests",
            f"„{name}“ muss eine einzige Bedingung sein, wahr oder falsch: Verbinden Sie mehrere mit „or“, verneinen "
            "Sie jede für sich mit „not(...)“, und nennen Sie, was verglichen wird.",
        )
        return None

    def _tests_more_than_one_thing(self, text: str) -> bool:
        try:
            tree = parse_expression(text, self.functions).tree
        except FeelSyntaxError:
            return are_only_unary_tests(text, self.functions)
        negates = isinstance(tree, Call) and isinstance(tree.function, Name) and tree.function.name == "not"
        return negates and isinstance(tree, Call) and len(tree.arguments) != 1

    def expression(self, text: str, name: str) -> Expression | None:
        """The parsed FEEL text; a syntax error becomes a finding that names the place."""
        try:
            return parse_expression(text.strip(), self.functions)
        except FeelSyntaxError as error:
            place = f"Zeile {error.line}, Spalte {error.column}: {error.problem}"
            self.refuse("bad_expression", f"„{name}“ ist kein gültiger FEEL-Ausdruck ({place}).")
            return None

    def list_of(self, name: str) -> list[JsonValue]:
        """The list under `name`, empty if absent."""
        value = self._take(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse("bad_attribute", f"„{name}“ muss eine Liste sein.")
            return []
        return value

    def ignore(self, *names: str) -> None:
        """Mark attributes that have no effect here but do no harm (see docs/forms.md)."""
        self._used.update(names)

    def close(self, where: str) -> None:
        """Refuse every attribute that nobody has read."""
        for name in self.data.keys() - self._used:
            shown = printable(name)
            self.refuse("unknown_attribute", f"„{shown}“ ist bei {where} nicht möglich; löschen Sie es.")

    def _take(self, name: str) -> JsonValue:
        self._used.add(name)
        return self.data.get(name)
