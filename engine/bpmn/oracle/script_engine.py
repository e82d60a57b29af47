"""What stands where SpiffWorkflow would run Python: keys are looked up, text is never evaluated."""

from typing import Any, Protocol

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment

from engine.bpmn.oracle.opinion import NotComparable


class Keys(Protocol):
    """Who knows what a key stands for."""

    def value(self, task: Any, key: str) -> Any: ...
    def work(self, task: Any, key: str) -> None: ...


class NoPython(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """Stands where SpiffWorkflow keeps what runs Python; nobody asks it."""

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:  # noqa: ARG002
        raise NotComparable("SpiffWorkflow wollte einen Ausdruck als Python ausführen.")

    def execute(self, script: str, context: Any, external_context: Any = None) -> Any:  # noqa: ARG002
        raise NotComparable("SpiffWorkflow wollte ein Skript als Python ausführen.")

    def call_service(self, context: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        raise NotComparable("SpiffWorkflow wollte einen Dienst aufrufen.")


class Expressions(PythonScriptEngine):  # type: ignore[misc]
    """Evaluates keys, never text."""

    def __init__(self, keys: Keys) -> None:
        super().__init__(environment=NoPython())
        self.keys = keys

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:  # noqa: ARG002
        return self.keys.value(task, expression)

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:  # noqa: ARG002
        self.keys.work(task, script)
        return True

    def call_service(self, task: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        raise NotComparable("SpiffWorkflow wollte einen Dienst aufrufen.")
