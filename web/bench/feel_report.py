"""The figures of `amtsweg bench feel` as a table for people and as JSON, each beside its goal."""

import platform
from dataclasses import asdict
from typing import Any

from web.bench.feel import FeelReport, Figure


def to_json(report: FeelReport) -> dict[str, Any]:
    """Return the report as JSON; a figure that has no goal has null for `goal` and `met`."""
    return {
        "machine": {"python": platform.python_version(), "system": platform.platform()},
        "figures": {figure.key: asdict(figure) | {"met": figure.met} for figure in report.figures},
        "missing": list(report.missing),
    }


def to_text(report: FeelReport) -> str:
    """Return the report as a table."""
    lines = ["Decisions and expressions (medians; ratios paired within rounds)", ""]
    lines += [_row(figure) for figure in report.figures]
    lines += ["", *(f"not measured: {reason}" for reason in report.missing)] if report.missing else []
    return "\n".join(lines)


def _row(figure: Figure) -> str:
    line = f"  {figure.label:48}{figure.value:>9.3g} {figure.unit:3}"
    if figure.goal is None:
        return line.rstrip()
    goal = f"{'at least' if figure.at_least else 'at most'} {figure.goal:g} {figure.unit}"
    return f"{line} goal {goal:14} {'met' if figure.met else 'NOT MET'}"
