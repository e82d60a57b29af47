"""The yardstick for expressions: `@bpmn-io/feelin` (MIT), the modeller's own FEEL engine, in a Node process."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

from engine.feel import Value

_SCRIPT: Final = Path(__file__).with_name("feelin.mjs")
_PACKAGE: Final = _SCRIPT.parents[2] / "node_modules" / "@bpmn-io" / "feelin" / "package.json"


class Absent(Exception):
    """Node or the package is not there; the text says what to install."""


class Feelin:
    """A running process; `values` are what it gives for the expressions, as JSON with numbers as Decimal."""

    def __init__(
        self, sent: IO[str], answers: IO[str], expressions: Sequence[str], context: Mapping[str, Value]
    ) -> None:
        self._sent = sent
        self._answers = answers
        self.values: list[Any] = json.loads(
            self._asked(json.dumps({"expressions": expressions, "context": context}, default=_number)),
            parse_float=Decimal,
            parse_int=Decimal,
        )

    def time_s(self, index: int, times: int) -> float:
        """Evaluate the expression with this index that many times; return the seconds it took, measured inside."""
        return int(self._asked(f"{index} {times}")) / 1e9

    def _asked(self, line: str) -> str:
        self._sent.write(f"{line}\n")
        self._sent.flush()
        answer = self._answers.readline()
        if not answer:
            raise Absent("Node broke off; its error is above")
        return answer


@contextmanager
def started(expressions: Sequence[str], context: Mapping[str, Value]) -> Iterator[Feelin]:
    """Start Node with the package. Raises Absent where one of them is missing."""
    node = shutil.which("node")
    if node is None:
        raise Absent("Node is not installed")
    if not _PACKAGE.is_file():
        raise Absent("@bpmn-io/feelin is not installed (npm ci)")
    process = subprocess.Popen([node, str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdin is not None  # noqa: S101 - pipes were asked for
        assert process.stdout is not None  # noqa: S101
        yield Feelin(process.stdin, process.stdout, expressions, context)
    finally:
        process.kill()
        process.communicate()


def version() -> str:
    """Return the version of the installed package."""
    return str(json.loads(_PACKAGE.read_text("utf-8"))["version"])


def _number(value: object) -> int | float:
    """Numbers as JSON has them; the bench's contexts hold whole ones only."""
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    return int(value)
