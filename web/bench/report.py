"""The figures as a table for people and as JSON, each beside its goal."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from web.bench.inbox import Inbox
from web.bench.measure import Result
from web.bench.runner import BARE, NAIVE, RUNNERS, SAME_ROWS, SHELL

GOALS: Mapping[tuple[str, int, str], float] = {
    ("postgresql", 1, BARE): 0.65,
    ("postgresql", 1, SAME_ROWS): 1.3,
    ("postgresql", 1, NAIVE): 3.0,
    ("postgresql", 2, BARE): 0.55,
    ("postgresql", 2, SAME_ROWS): 1.0,
    ("postgresql", 2, NAIVE): 2.5,
    ("sqlite", 1, BARE): 0.5,
    ("sqlite", 1, NAIVE): 3.0,
}
"""How many times as fast as a yardstick the shell should be, by database, processes and yardstick."""
INBOX_GOAL_MS = 5.0
_NAMES = {
    SHELL: "the product",
    BARE: "(a) bare UPDATE + INSERT",
    SAME_ROWS: "(b) same rows, plain",
    NAIVE: "(c) naive SpiffWorkflow",
}


@dataclass(frozen=True, slots=True)
class Report:
    """One run of the bench; `statements` are per step, by database and runner. `missing` says what was not measured."""

    results: Sequence[Result]
    statements: Mapping[str, Mapping[str, float]]
    inboxes: Sequence[Inbox]
    missing: Sequence[str]


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON; a goal that has none is null."""
    return {
        "machine": {"python": platform.python_version(), "system": platform.platform()},
        "steps": [
            {
                "database": result.database,
                "processes": result.processes,
                "runners": {
                    name: {
                        "steps_per_s": round(figures.steps_per_s, 1),
                        "cpu_us_per_step": round(figures.cpu_us, 1),
                        "statements_per_step": report.statements[result.database][name],
                    }
                    for name, figures in result.figures.items()
                },
                "ratios": {
                    name: {"ratio": round(ratio, 3), "goal": GOALS.get((result.database, result.processes, name))}
                    for name, ratio in result.ratios.items()
                },
            }
            for result in report.results
        ],
        "inbox": [asdict(inbox) | {"goal_p95_ms": INBOX_GOAL_MS} for inbox in report.inboxes],
        "missing": list(report.missing),
    }


def to_text(report: Report) -> str:
    """Return the report as tables."""
    lines = ["Durable steps of the realistic process (medians; ratios paired within rounds)"]
    for result in report.results:
        lines += ["", f"{result.database}, {result.processes} process{'es' if result.processes > 1 else ''}"]
        lines.append(f"  {'':26}{'steps/s':>10}{'CPU us':>9}{'statements':>12}{'ratio':>8}{'goal':>7}")
        lines += [_row(report, result, name) for name in RUNNERS]
    for inbox in report.inboxes:
        met = "met" if inbox.p95_ms <= INBOX_GOAL_MS else "NOT MET"
        lines += ["", f"{inbox.database}, first page of the inbox with {inbox.tasks:,} open tasks"]
        lines.append(
            f"  in the database: p50 {inbox.p50_ms:.2f} ms, p95 {inbox.p95_ms:.2f} ms, goal {INBOX_GOAL_MS} {met}"
        )
        lines.append(f"  with our own code: p50 {inbox.whole_ms:.2f} ms")
    lines += ["", *(f"not measured: {reason}" for reason in report.missing)] if report.missing else []
    return "\n".join(lines)


def _row(report: Report, result: Result, name: str) -> str:
    figures = result.figures[name]
    sent = report.statements[result.database][name]
    line = f"  {_NAMES[name]:26}{figures.steps_per_s:>10,.0f}{figures.cpu_us:>9,.0f}{sent:>12.2f}"
    if name not in result.ratios:
        return line
    goal = GOALS.get((result.database, result.processes, name))
    line += f"{result.ratios[name]:>8.2f}"
    if goal is None:
        return line
    return f"{line}{goal:>7.2f} {'met' if result.ratios[name] >= goal else 'NOT MET'}"
