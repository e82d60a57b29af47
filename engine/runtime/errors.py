"""Why a step was not done; nothing has changed when one of these is raised."""

from engine.errors import EngineError


class ExecutionFailed(EngineError):
    """The model cannot go on with these values; `message_de` says where and why.

    `element` is the BPMN id (None where no element is to blame), `line` its line in the model file.
    """

    def __init__(self, code: str, element: str | None, line: int | None, message_de: str) -> None:
        super().__init__(code, element=element, line=line, message_de=message_de)
        self.element = element
        self.line = line
        self.message_de = message_de

    def __str__(self) -> str:
        return self.message_de


class WaitGone(ExecutionFailed):
    """Nobody waits there (any more): the task was completed or cancelled before, or never existed."""

    def __init__(self, wait: str) -> None:
        super().__init__("wait_gone", None, None, f"Der Schritt „{wait}“ ist bereits erledigt oder entfallen.")
        self.wait = wait
