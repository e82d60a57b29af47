"""The yardstick for tables: SpiffWorkflow's own DMN engine, spared from parsing and compiling its cells each time."""

from collections.abc import Callable, Mapping
from types import CodeType, SimpleNamespace
from typing import Any, Final

from lxml import etree
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.camunda.parser import CamundaParser
from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine

from web.bench.feel_cases import SIX_INPUTS, six_rules_in_python

# Its engine hands what it is given to the interpreter; these are its own expressions for the cells of the table,
# compiled once, with this module. So nothing here runs text as code.
_CELLS: Final[Mapping[str, Callable[[], object]]] = {
    "(rang) == (1)": lambda: rang == 1,  # type: ignore[name-defined]  # noqa: F821
    "(rang) == (2)": lambda: rang == 2,  # type: ignore[name-defined]  # noqa: F821
    "rang>= 3": lambda: rang >= 3,  # type: ignore[name-defined]  # noqa: F821
    "(gefaehrlich) == (True)": lambda: gefaehrlich == True,  # type: ignore[name-defined]  # noqa: E712, F821
    "(gefaehrlich) == (False)": lambda: gefaehrlich == False,  # type: ignore[name-defined]  # noqa: E712, F821
    '(ermaessigung) == ("keine")': lambda: ermaessigung == "keine",  # type: ignore[name-defined]  # noqa: F821
    '(ermaessigung) == ("tierheim")': lambda: ermaessigung == "tierheim",  # type: ignore[name-defined]  # noqa: F821
    "120": lambda: 120,
    "180": lambda: 180,
    "240": lambda: 240,
    "600": lambda: 600,
    "650": lambda: 650,
}


def six_rules() -> Callable[[], list[Any]]:
    """Return a function that decides the six-rule table for all of its inputs and gives the results."""
    parser = CamundaParser()
    parser.add_dmn_xml(etree.fromstring(six_rules_in_python()), filename="bench.dmn")
    [table] = parser.dmn_parsers.values()
    table.parse()
    engine = DMNEngine(table.decision.decisionTables[0])
    workflow = SimpleNamespace(script_engine=_CachingEngine(_CompiledCells()))
    tasks = [SimpleNamespace(data={**one, "rang": int(one["rang"])}, workflow=workflow) for one in SIX_INPUTS]  # type: ignore[arg-type]
    return lambda: [engine.result(task)["betrag"] for task in tasks]


class _CompiledCells(TaskDataEnvironment):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[str, CodeType] = {text: cell.__code__ for text, cell in _CELLS.items()}

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:
        return super().evaluate(self._codes[expression], context, external_context)


class _CachingEngine(PythonScriptEngine):  # type: ignore[misc]
    """Remembers which texts are Python by themselves, which its engine asks for every cell."""

    def __init__(self, environment: TaskDataEnvironment) -> None:
        super().__init__(environment)
        self._valid: dict[str, bool] = {}

    def validate(self, expression: str) -> None:
        if expression not in self._valid:
            self._valid[expression] = self._is_python(expression)
        if not self._valid[expression]:
            raise SyntaxError(expression)

    def _is_python(self, expression: str) -> bool:
        try:
            super().validate(expression)
        except SyntaxError:
            return False
        return True
