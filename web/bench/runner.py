"""One measuring process: sets the runners up, then runs blocks of steps when it is told to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from uuid import uuid4

from engine.catalog import Deployed
from storage.db import Database
from storage.objects.folder import FolderStore
from storage.writes import Writes
from web import garbage
from web.bench.cases import STEPS, Desk, deploy, open_desk
from web.bench.counting import count_statements
from web.bench.databases import TENANT, Target
from web.bench.drivers import Driver, Postgres, Sqlite
from web.bench.naive import Naive
from web.bench.recorder import RecordingDatabase
from web.bench.yardsticks import Bare, Runner, SameRows

CASES = 50
"""Cases of a block; each phase of a block goes through all of them, as a working day does."""
SHELL, BARE, SAME_ROWS, NAIVE = "shell", "bare", "same_rows", "naive"
RUNNERS = (BARE, SHELL, SAME_ROWS, NAIVE)


@dataclass(frozen=True, slots=True)
class Block:
    """What one block took; the CPU is that of this process, without the database's."""

    steps: int
    wall_s: float
    cpu_s: float


class Shell:
    """The product itself."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._owner = f"bench-{uuid4()}"

    def prepare(self) -> None:
        """Nothing to prepare: what a step needs counts."""

    def run(self) -> int:
        cases = [self._desk.start() for _ in range(CASES)]
        for case in cases:
            self._desk.answer(case)
        for case in cases:
            self._desk.decide(case)
        self._desk.end_due(owner=self._owner, limit=CASES)
        return STEPS * CASES

    def statements(self) -> int:
        """Counted by `count_statements` instead, because the product has no counter of its own."""
        return 0


def serve(target: Target, orders: Connection) -> None:
    """Run a measuring process: takes ("prepare" | "run", runner) from `orders` until None comes."""
    with TemporaryDirectory(prefix="amtsweg-bench-") as folder:
        runners = _runners(target, Path(folder))
        for runner in runners.values():
            for _ in range(2):  # statements prepared, caches filled
                runner.prepare()
                runner.run()
        garbage.settle()
        orders.send("ready")
        while (order := orders.recv()) is not None:
            action, name = order
            orders.send(_ACTIONS[action](runners[name]))


def count(target: Target, orders: Connection) -> None:
    """Send the statements per step of each runner, one block each."""
    shell_statements = count_statements()
    with TemporaryDirectory(prefix="amtsweg-bench-") as folder:
        runners = _runners(target, Path(folder))
        counts = {}
        for name, runner in runners.items():
            statements = shell_statements if name == SHELL else runner.statements
            runner.prepare()
            runner.run()
            runner.prepare()
            before = statements()
            counts[name] = (runner.run(), statements() - before)
    orders.send({name: round(sent / steps, 2) for name, (steps, sent) in counts.items()})


def _prepare(runner: Runner) -> None:
    runner.prepare()


def _run(runner: Runner) -> Block:
    wall, cpu = perf_counter(), process_time()
    steps = runner.run()
    return Block(steps, perf_counter() - wall, process_time() - cpu)


def _runners(target: Target, folder: Path) -> Mapping[str, Runner]:
    db = Database(target.url, tenant_id=TENANT)
    (folder / "objects").mkdir()
    objects = FolderStore(folder / "objects")
    deployed = deploy(db)
    record = _recording(objects, target.master_key, deployed)
    return {
        SHELL: Shell(open_desk(db, objects, target.master_key, deployed)),
        BARE: Bare(_driver(target), _sizes(record()), CASES),
        SAME_ROWS: SameRows(_driver(target), record),
        NAIVE: Naive(_driver(target), CASES),
    }


def _driver(target: Target) -> Driver:
    return Postgres(target.url, TENANT) if target.name == "postgresql" else Sqlite(target.url)


def _recording(objects: FolderStore, master_key: bytes, deployed: Deployed) -> Callable[[], list[Writes]]:
    """Return a function that records the writes of one block."""
    db = RecordingDatabase(tenant_id=TENANT)
    desk = open_desk(db, objects, master_key, deployed)

    def record() -> list[Writes]:
        db.recorder.writes.clear()
        cases = [desk.start() for _ in range(CASES)]
        for phase in (desk.answer, desk.decide, desk.end):
            for case in cases:
                phase(case)
        return list(db.recorder.writes)

    return record


def _sizes(writes: Sequence[Writes]) -> list[tuple[int, int]]:
    """Return, for each of the four steps, how large the state and the payload of the history are."""
    firsts = [writes[phase * CASES] for phase in range(STEPS)]
    return [(len(one.instance["state"]), len(one.step["payload"])) for one in firsts]


_ACTIONS: Mapping[str, Callable[[Runner], Block | None]] = {"prepare": _prepare, "run": _run}
