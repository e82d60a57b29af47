"""Rounds of blocks, interleaved: every runner has its turn in every round, so that a slow moment meets all of them.

Throughput is the median over the rounds; a ratio is the median of the ratios within each round, because absolute
figures swing with the disk and with whoever else uses the machine.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

from storage.db import Database
from web.bench import runner
from web.bench.cases import deploy
from web.bench.databases import TENANT, Target
from web.bench.runner import BARE, NAIVE, RUNNERS, SAME_ROWS, SHELL, Block


@dataclass(frozen=True, slots=True)
class Figures:
    """One runner: steps per second of all processes, CPU of the measuring process per step."""

    steps_per_s: float
    cpu_us: float


@dataclass(frozen=True, slots=True)
class Result:
    """Everything measured on one database with one number of processes; `ratios` are the shell's to each yardstick."""

    database: str
    processes: int
    figures: Mapping[str, Figures]
    ratios: Mapping[str, float]


def measure(target: Target, *, processes: int, rounds: int) -> Result:
    """Measure all runners on a database."""
    _deploy(target)
    blocks: dict[str, list[list[Block]]] = {name: [] for name in RUNNERS}
    with _started(runner.serve, target, processes) as orders:
        _all(orders, "ready")
        target.analyze()
        for number in range(rounds):
            # The order turns, so that nobody always comes after the same one.
            for name in RUNNERS[number % len(RUNNERS) :] + RUNNERS[: number % len(RUNNERS)]:
                _tell(orders, ("prepare", name))
                blocks[name].append(_tell(orders, ("run", name)))
    return _result(target.name, processes, blocks)


def _deploy(target: Target) -> None:
    """Deploy before the processes start: two that deploy at once are a conflict."""
    database = Database(target.url, tenant_id=TENANT)
    deploy(database)
    database.close()


def statements_per_step(target: Target) -> Mapping[str, float]:
    """Count what each runner sends, in a process of its own."""
    with _started(runner.count, target, 1) as orders:
        counts: Mapping[str, float] = orders[0].recv()
        return counts


def _result(database: str, processes: int, blocks: Mapping[str, Sequence[Sequence[Block]]]) -> Result:
    per_s = {name: [_steps_per_s(block) for block in rounds] for name, rounds in blocks.items()}
    figures = {
        name: Figures(median(per_s[name]), median(_cpu_us(block) for block in rounds))
        for name, rounds in blocks.items()
    }
    ratios = {
        name: median(shell / other for shell, other in zip(per_s[SHELL], per_s[name], strict=True))
        for name in (BARE, SAME_ROWS, NAIVE)
    }
    return Result(database, processes, figures, ratios)


def _steps_per_s(blocks: Sequence[Block]) -> float:
    """Processes begin together; what counts is when the last one is done."""
    return sum(block.steps for block in blocks) / max(block.wall_s for block in blocks)


def _cpu_us(blocks: Sequence[Block]) -> float:
    return 1e6 * sum(block.cpu_s for block in blocks) / sum(block.steps for block in blocks)


@contextmanager
def _started(work: Any, target: Target, processes: int) -> Iterator[list[Connection]]:
    """Run `work` in fresh processes, as a server does; nothing is shared between them."""
    context = get_context("spawn")
    pipes = [context.Pipe() for _ in range(processes)]
    started = [context.Process(target=work, args=(target, theirs)) for _, theirs in pipes]
    try:
        for process, (_, theirs) in zip(started, pipes, strict=True):
            process.start()
            theirs.close()
        yield [ours for ours, _ in pipes]
        for ours, _ in pipes:
            ours.send(None)
    except EOFError:
        raise RuntimeError("a measuring process broke off; its error is above") from None
    finally:
        for process in started:
            process.join(timeout=10)
            process.kill()


def _tell(orders: Sequence[Connection], order: tuple[str, str]) -> list[Any]:
    for connection in orders:
        connection.send(order)
    return [connection.recv() for connection in orders]


def _all(orders: Sequence[Connection], expected: str) -> None:
    for connection in orders:
        if connection.recv() != expected:
            raise RuntimeError("a measuring process is out of step")
