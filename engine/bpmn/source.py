"""What compiles the texts of one file, knows its messages, errors and decisions, and collects what is wrong."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from engine.bpmn.expressions import Constant, Feel, Term, check_language, compile_condition, compile_feel, compile_value
from engine.bpmn.findings import Finding
from engine.bpmn.juel import ExpressionRefused
from engine.bpmn.nodes import Decision
from engine.bpmn.reader import Element, Model
from engine.feel import Scope

Decisions = Mapping[str, Decision]
_T = TypeVar("_T")

_NAMING = {
    "camunda:inputParameter": ("name",),
    "camunda:outputParameter": ("name",),
    "camunda:in": ("target",),
    "camunda:out": ("target",),
    "inputDataItem": ("name",),
}
"""Elements and attributes by which a model names variables."""


class Source:
    """One file while it is compiled; `decisions` None means that references to them are not looked up."""

    def __init__(self, model: Model, decisions: Decisions | None, scope: Scope) -> None:
        self.model = model
        self.decisions = decisions
        self.findings: list[Finding] = []
        self.roots = {child.id: child for child in model.definitions.children if child.id}
        self.expression_language = model.definitions.attributes.get("expressionLanguage") or None
        self.scope = scope.with_names(_unusual(_variable_names(model)))

    def find(self, element: Element, code: str, message_de: str) -> None:
        """Note a finding at the element, or at the nearest one around it that a modeller can find by its id."""
        named = element
        while named.id is None and named.parent is not None and named.parent.tag != "definitions":
            named = named.parent
        self.findings.append(Finding(named.id, named.name, element.line, code, message_de))

    def value(self, element: Element, text: str) -> Term:
        """Compile a text that stands for a value."""
        return self._compile(element, lambda: compile_value(text, self.scope)) or Constant(None)

    def feel(self, element: Element, text: str) -> Feel | None:
        """Compile a text that must be FEEL."""
        return self._compile(element, lambda: compile_feel(text, self.scope))

    def variable(self, element: Element, name: str) -> Term:
        """Compile the name of a variable."""
        return self.feel(element, name) or Constant(None)

    def condition(self, element: Element) -> Feel | None:
        """Compile an expression element; plain text is refused where the file declares another language."""
        language = element.attributes.get("language")
        text = element.text

        def build() -> Feel:
            if language is None and not text.startswith(("=", "$", "#")):
                check_language(self.expression_language)
            return compile_condition(text, language, self.scope)

        return self._compile(element, build)

    def _compile(self, element: Element, build: Callable[[], _T]) -> _T | None:
        try:
            return build()
        except ExpressionRefused as refused:
            self.find(element, "expression", str(refused))
            return None


def _variable_names(model: Model) -> Iterable[str]:
    for element in model.definitions.walk():
        for attribute in _NAMING.get(element.tag, ()):
            yield element.attributes.get(attribute, "").strip()
        yield element.vendor.get("resultVariable", "").strip()
        yield element.vendor.get("elementVariable", "").strip()


def _unusual(names: Iterable[str]) -> Iterable[str]:
    """FEEL has to be told of names with blanks or signs; telling it of others would hide functions of that name."""
    return (name for name in names if name and not name.isidentifier())
