"""The report of `amtsweg check`: for authors in German, for programs as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from engine.catalog import Severity
from engine.scenarios.check import Checked, Coverage
from engine.scenarios.second_engine import Opinion, Verdict

MAX_NOTES = 20


def to_text(results: Sequence[Checked]) -> str:
    """Return the whole report."""
    lines = [line for result in results for line in (*_procedure(result), "")]
    passed = sum(result.passed for result in results)
    lines.append(f"{passed} von {len(results)} Leistungen sind in Ordnung.")
    return "\n".join(lines)


def to_json(results: Sequence[Checked]) -> dict[str, Any]:
    """Return the report as plain data."""
    return {"passed": all(result.passed for result in results), "procedures": [_as_data(result) for result in results]}


def _procedure(result: Checked) -> Iterator[str]:
    yield f"{result.title} ({result.folder})" if result.title else result.folder
    errors = [finding for finding in result.findings if finding.severity is Severity.ERROR]
    notes = [finding for finding in result.findings if finding.severity is Severity.NOTE]
    files, hints = _count(result.files, "Datei", "Dateien"), _count(len(notes), "Hinweis", "Hinweise")
    yield f"  Ordner: {files}, {len(errors)} Fehler, {hints}"
    yield from (f"    Fehler in {error}" for error in errors)
    yield from (f"    Hinweis zu {note}" for note in notes[:MAX_NOTES])
    if len(notes) > MAX_NOTES:
        yield f"    und {len(notes) - MAX_NOTES} weitere Hinweise"
    if errors and not result.played:
        yield "  Szenarien: nicht gespielt, weil der Ordner Fehler hat"
        return
    yield from _scenarios(result)
    yield from (line for coverage in result.coverage for line in _ways(coverage))
    yield from _second_engine(result)


def _scenarios(result: Checked) -> Iterator[str]:
    passed = sum(one.passed for one in result.played)
    yield f"  Szenarien: {passed} von {len(result.played)} wie erwartet ({_seconds(result.seconds)})"
    for one in result.played:
        yield f"    {'ok    ' if one.passed else 'FALSCH'} {one.scenario.name}"
        yield from (f"           {problem}" for problem in one.problems)


def _ways(coverage: Coverage) -> Iterator[str]:
    elements = _part(coverage.elements, coverage.missed_elements, "Elementen")
    flows = _part(coverage.flows, coverage.missed_flows, "Verbindungen")
    yield f"  Wege in „{coverage.process_id}“: {elements}, {flows}"
    if not coverage.complete:
        yield f"    nie erreicht: {', '.join((*coverage.missed_elements, *coverage.missed_flows))}"


def _second_engine(result: Checked) -> Iterator[str]:
    if not result.opinions:
        yield "  Zweite Engine: nicht gefragt"
    for opinion in result.opinions:
        yield f"  Zweite Engine zu „{opinion.process_id}“: {_opinion(opinion)}"


def _opinion(opinion: Opinion) -> str:
    words = {
        Verdict.AGREES: "stimmt in allen Szenarien überein",
        Verdict.DIFFERS: "WEICHT AB",
        Verdict.NOT_COMPARABLE: "nicht vergleichbar",
    }[opinion.verdict]
    return f"{words}: {opinion.reason}" if opinion.reason else words


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _part(whole: int, missed: Sequence[str], of: str) -> str:
    """Rounded down: 100 % means all."""
    reached = whole - len(missed)
    return f"{reached} von {whole} {of} ({100 * reached // whole if whole else 100} %)"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s".replace(".", ",")


def _as_data(result: Checked) -> dict[str, Any]:
    return {
        "folder": result.folder,
        "title": result.title,
        "passed": result.passed,
        "seconds": round(result.seconds, 3),
        "findings": [
            {
                "file": finding.file,
                "place": finding.place,
                "code": finding.code,
                "message": finding.message,
                "severity": finding.severity.value,
            }
            for finding in result.findings
        ],
        "scenarios": [
            {"name": one.scenario.name, "passed": one.passed, "problems": list(one.problems), "path": list(one.path)}
            for one in result.played
        ],
        "coverage": [
            {
                "process": coverage.process_id,
                "elements": coverage.elements,
                "flows": coverage.flows,
                "missed_elements": list(coverage.missed_elements),
                "missed_flows": list(coverage.missed_flows),
            }
            for coverage in result.coverage
        ],
        "second_engine": [
            {"process": opinion.process_id, "verdict": opinion.verdict.value, "reason": opinion.reason}
            for opinion in result.opinions
        ],
    }
