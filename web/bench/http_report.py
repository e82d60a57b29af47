"""The figures over HTTP as a table for people and as JSON, each beside its goal."""

import platform
from dataclasses import asdict
from typing import Any, Final

from web.bench.http import HttpReport

PAGE_GOAL_MS: Final = 60.0
SUBMITS_GOAL: Final = 40.0
_NAMES: Final = {
    "status": "status by number and code (POST)",
    "own_case": "the citizen's page of her case",
    "inbox": "first page of the inbox",
    "case": "the caseworker's page of a case",
}


def to_json(report: HttpReport) -> dict[str, Any]:
    """Return the report as JSON, with goals and whether they are met."""
    return {
        "machine": {"python": platform.python_version(), "system": platform.platform()},
        "tasks": report.tasks,
        "web_processes": report.processes,
        "submits": asdict(report.submits) | {"goal_per_s": SUBMITS_GOAL, "met": report.submits.per_s >= SUBMITS_GOAL},
        "pages": [
            asdict(page) | {"goal_p95_ms": PAGE_GOAL_MS, "met": page.p95_ms <= PAGE_GOAL_MS} for page in report.pages
        ],
        "memory_mb": [round(one, 1) for one in report.memory_mb],
    }


def to_text(report: HttpReport) -> str:
    """Return the report as tables."""
    sent = report.submits
    lines = [
        f"PostgreSQL, {report.processes} web processes, one worker, {report.tasks:,} open tasks; all on this machine",
        "",
        f"Sending {sent.number} prepared drafts through the form",
        f"  {sent.per_s:.1f} a second, {_at_least(sent.per_s, SUBMITS_GOAL)}",
        f"  p50 {sent.p50_ms:.0f} ms, p95 {sent.p95_ms:.0f} ms",
        f"  letters: {sent.drawn} drawn beside it, then {sent.drawn_per_s:.1f} a second, {sent.waiting} left",
        "",
        f"  {'Pages':36}{'p50 ms':>9}{'p95 ms':>9}{'kB':>8}",
    ]
    for page in report.pages:
        met = _at_most(page.p95_ms, PAGE_GOAL_MS)
        lines.append(f"  {_NAMES[page.name]:36}{page.p50_ms:>9.1f}{page.p95_ms:>9.1f}{page.size_kb:>8.1f}  {met}")
    memory = ", ".join(f"{one:.0f} MB" for one in report.memory_mb)
    return "\n".join([*lines, "", f"Memory of the web processes (PSS): {memory}"])


def _at_most(value: float, goal: float) -> str:
    return f"goal {goal:.0f} {'met' if value <= goal else 'NOT MET'}"


def _at_least(value: float, goal: float) -> str:
    return f"goal {goal:.0f} {'met' if value >= goal else 'NOT MET'}"
