"""Runs test cases of the DMN TCK and prints passed result nodes per folder: `python -m tests.tck.run [FOLDER]`.

The folder holds case folders (in any depth) as the TCK (github.com/dmn-tck/tck) lays them out: models `*.dmn`, tests
`*.xml`.
Comparison as the TCK says: numbers within 1e-8, everything else equal and of the declared type, errors give null.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from lxml import etree

from engine.dmn import Decision, DecisionModel, ModelRefused, inspect_dmn
from engine.dmn.run import DecisionRun
from engine.feel import Value
from engine.feel.errors import LimitExceeded, NoValue
from engine.feel.frame import Frame
from engine.feel.temporal import (
    instant_number,
    offset_s,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_time,
    time_number,
    zone_of,
)
from engine.feel.types import kind_of

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_TOLERANCE = Decimal("1e-8")
_NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)
_DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "data" / "dmn-tck"


@dataclass
class Failure:
    case: str
    node: str
    expected: object
    actual: object


@dataclass
class Score:
    """The result nodes of one case folder; `crashes` are exceptions, which must never happen."""

    folder: Path
    passed: int = 0
    failures: list[Failure] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.passed + len(self.failures)


def run_folder(folder: Path) -> Iterator[Score]:
    """Score every case folder below `folder`, in order of their paths."""
    cases = {path.parent for path in folder.rglob("*.dmn")}
    for case in sorted(cases):
        yield run_case(case)


def run_case(folder: Path) -> Score:
    score = Score(folder)
    models: dict[str, DecisionModel] = {}
    try:
        models, findings = inspect_dmn({path.name: path.read_bytes() for path in sorted(folder.glob("*.dmn"))})
        score.refused = [f"{finding.line}: {finding.message_de}" for found in findings.values() for finding in found]
    except ModelRefused as refused:
        score.refused = [str(refused)]
    for path in sorted(folder.glob("*.xml")):
        root = etree.parse(path, etree.XMLParser(remove_comments=True)).getroot()
        model = models.get((root.findtext("{*}modelName") or "").strip())
        if model is None and len(models) == 1:
            model = next(iter(models.values()))
        for test in root.iterfind("{*}testCase"):
            _run_test(score, path.name, test, model)
    return score


def _run_test(score: Score, file: str, test: etree._Element, model: DecisionModel | None) -> None:
    inputs = {_input_name(node): _value(node) for node in test.iterfind("{*}inputNode")}
    for node in test.iterfind("{*}resultNode"):
        expected_node = node.find("{*}expected")
        expected = None if expected_node is None else _value(expected_node)
        name = node.get("name") or ""
        case = f"{file} {test.get('id')}"
        try:
            actual = None if model is None else _actual(model, test, node, inputs)
        except Exception as error:
            score.crashes.append(f"{case} {name}: {type(error).__name__}: {error}")
            score.failures.append(Failure(case, name, expected, error))
            continue
        if model is not None and same_result(expected, actual):
            score.passed += 1
        else:
            score.failures.append(Failure(case, name, expected, actual))


def _input_name(node: etree._Element) -> str:
    namespace = node.get("namespace")
    return f"{namespace}#{node.get('name')}" if namespace else node.get("name") or ""


def _actual(model: DecisionModel, test: etree._Element, node: etree._Element, inputs: Mapping[str, Value]) -> Value:
    name = node.get("name") or ""
    invocable = test.get("invocableName")
    if invocable and test.get("type") in {"decisionService", "bkm"}:
        return _invoked(model, invocable, name, inputs)
    namespace = node.get("namespace") or model.source.namespace
    for key, decision in model.graph.decisions.items():
        if key[0] == namespace and decision.element.name == name:
            return Decision(model.graph, decision).evaluate(inputs, now=_NOW).value
    raise LookupError(f"no decision {name}")


def _invoked(model: DecisionModel, invocable: str, node: str, inputs: Mapping[str, Value]) -> Value:
    function = model.functions[invocable]
    if any(parameter not in inputs for parameter in function.parameters or ()):
        return None
    arguments = [inputs[parameter] for parameter in function.parameters or ()]
    try:
        result = function.invoke(Frame({}, [], DecisionRun(_NOW)), arguments)
    except (NoValue, LimitExceeded):
        return None
    service = next((one for one in model.source.services if one.name == invocable), None)
    if service is not None and len(service.outputs) > 1 and isinstance(result, dict) and node in result:
        return result[node]
    return result


def same_result(expected: Value, actual: Value) -> bool:
    """Whether a result is the expected one, by the TCK's rules."""
    if isinstance(expected, Decimal) and isinstance(actual, Decimal):
        return abs(expected - actual) < _TOLERANCE
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same_result, expected, actual))
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(same_result(expected[key], actual[key]) for key in expected)
    if kind_of(expected) != kind_of(actual):
        return False
    if kind_of(expected) == "date and time":
        return (instant_number(expected), zone_of(expected) is None) == (
            instant_number(actual),
            zone_of(actual) is None,
        )
    if kind_of(expected) == "time":
        return (time_number(expected), offset_s(expected)) == (time_number(actual), offset_s(actual))
    return expected == actual


def _value(node: etree._Element) -> Value:
    """The value of an `inputNode`, `expected`, `item` or `component`."""
    if node.get(_NIL) == "true":
        return None
    components = node.findall("{*}component")
    if components:
        return {component.get("name") or "": _value(component) for component in components}
    for child in node:
        match etree.QName(child).localname:
            case "value":
                return _scalar(child)
            case "list":
                return None if child.get(_NIL) == "true" else [_value(item) for item in child.iterfind("{*}item")]
    return None


def _scalar(node: etree._Element) -> Value:
    if node.get(_NIL) == "true":
        return None
    text = node.text or ""
    match (node.get(_TYPE) or "").rpartition(":")[2]:
        case "decimal" | "double" | "integer" | "int" | "long" | "float":
            return Decimal(text.strip())
        case "boolean":
            return text.strip() in {"true", "1"}
        case "date":
            return parse_date(text.strip())
        case "time":
            return parse_time(text.strip())
        case "dateTime":
            return parse_datetime(text.strip())
        case "duration":
            return parse_duration(text.strip())
        case _:
            return text


def table(scores: Iterable[Score]) -> str:
    """A line per folder and the totals per compliance level."""
    lines, totals = [f"{'folder':60} {'passed':>7} {'total':>7}"], dict[str, list[int]]()
    for score in scores:
        mark = "" if score.passed == score.total else "  *"
        lines.append(f"{score.folder.name[:60]:60} {score.passed:7} {score.total:7}{mark}")
        level = totals.setdefault(score.folder.parent.name, [0, 0])
        level[0] += score.passed
        level[1] += score.total
    for level_name, (passed, total) in sorted(totals.items()):
        lines.append(f"{level_name[:60]:60} {passed:7} {total:7}  {100 * passed / max(total, 1):.2f} %")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    verbose = "-v" in arguments
    folders = [Path(argument) for argument in arguments if argument != "-v"] or [_DEFAULT]
    scores = [score for folder in folders for score in run_folder(folder)]
    print(table(scores))
    for score in scores:
        for crash in score.crashes:
            print(f"CRASH {score.folder.name}: {crash}")
        if verbose:
            for finding in score.refused:
                print(f"finding {score.folder.name}: {finding}")
            for failure in score.failures:
                print(f"{score.folder.name}: {failure.case} {failure.node}: {failure.expected!r} != {failure.actual!r}")
    return 1 if not scores or any(score.crashes for score in scores) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
