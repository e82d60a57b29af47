"""`amtsweg` as a user starts it, with named moments at which it can be made to kill itself: `armed.py serve`.

The product knows nothing of this. Before the command begins, functions of it are wrapped here:

- A file `armed/<command>.<point>` in the folder AMTSWEG_KILL_FOLDER arms a fail point of web or worker processes; the
  first that comes there while it works moves the file to `fired/<pid>.<command>.<point>` and is gone.
- `busy/<pid>` is one byte: how many changing requests this process answers, or jobs it works on, at this moment. It is
  shared memory, so what it said last outlives the process.
"""

import mmap
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from engine import jobs, product
from engine.house import House
from storage import files
from storage import jobs as stored_jobs
from storage.objects.folder import FolderStore
from storage.steps import Step
from web.cli import main

FOLDER = Path(os.environ["AMTSWEG_KILL_FOLDER"])
COMMAND = sys.argv[1]
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Busy:
    """The byte of this process; a child of a fork gets its own."""

    def __init__(self) -> None:
        self._lock, self._pid, self._byte = Lock(), 0, None

    def add(self, change: int) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._byte = os.getpid(), _shared_byte(FOLDER / "busy" / str(os.getpid()))
            self._byte[0] += change

    def is_busy(self) -> bool:
        return self._pid == os.getpid() and self._byte[0] > 0


def _shared_byte(path: Path) -> mmap.mmap:
    with path.open("w+b") as file:
        file.write(b"\0")
        file.flush()
        return mmap.mmap(file.fileno(), 1)


busy = Busy()


def reached(point: str) -> None:
    """Die here if this point is armed and work is in flight; nothing of Python runs after it."""
    if not busy.is_busy():
        return
    try:
        (FOLDER / "armed" / f"{COMMAND}.{point}").rename(FOLDER / "fired" / f"{os.getpid()}.{COMMAND}.{point}")
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, *, before: str = "", after: str = "") -> None:
    """Wrap a function with fail points."""
    original = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            reached(before)
        result = original(*args, **kwargs)
        if after:
            reached(after)
        return result

    setattr(owner, name, wrapped)


def count_requests() -> None:
    """A request counts while it is answered, if it may change something."""
    original = Flask.__call__

    def counted(self: Flask, environ: Any, start_response: Any) -> Any:
        if environ["REQUEST_METHOD"] not in CHANGING:
            return original(self, environ, start_response)
        busy.add(1)
        try:
            answer = original(self, environ, start_response)
            reached("answer_before")
            return answer
        finally:
            busy.add(-1)

    Flask.__call__ = counted  # type: ignore[method-assign]


def count_jobs() -> None:
    original = jobs._do

    def counted(*args: Any, **kwargs: Any) -> None:
        busy.add(1)
        try:
            original(*args, **kwargs)
        finally:
            busy.add(-1)

    jobs._do = counted


def arm_connectors() -> None:
    """The effect has happened, and nobody knows of it yet."""
    original = product.connectors

    def armed(house: House) -> dict[str, Any]:
        return {topic: _then_reach(connector) for topic, connector in original(house).items()}

    product.connectors = armed


def _then_reach(connector: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def called(call: Any) -> Any:
        result = connector(call)
        reached("effect_after")
        return result

    return called


def arm_steps() -> None:
    """A step that only read writes nothing: it is not counted."""
    original = Step._write

    def armed(self: Step) -> None:
        if self._writes is None:
            original(self)
            return
        reached("write_before")
        original(self)
        reached("write_after")

    Step._write = armed  # type: ignore[method-assign]


def arm_claims() -> None:
    """The jobs are leased, and nobody has begun with them."""
    original = stored_jobs.claim

    def armed(*args: Any, **kwargs: Any) -> list[stored_jobs.ClaimedJob]:
        claimed = original(*args, **kwargs)
        if claimed:
            busy.add(1)
            reached("claim_after")
            busy.add(-1)
        return claimed

    stored_jobs.claim = armed


if __name__ == "__main__":
    around(FolderStore, "put", before="object_before", after="object_after")
    around(files, "_write_draft", after="object_half")
    event.listen(Engine, "commit", lambda _connection: reached("commit_before"))
    arm_steps()
    arm_claims()
    arm_connectors()
    count_requests()
    count_jobs()
    sys.exit(main(prog_name="amtsweg"))
