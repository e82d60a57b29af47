"""The bench of decisions measures what it says, and says what it could not measure."""

import json
import shutil

import pytest
from click.testing import CliRunner

from engine.feel import parse_expression
from web.bench import feel, feel_cases, feel_report, feelin, spiff_table
from web.bench.feel import NOW, FeelReport, Figure
from web.cli import main


@pytest.fixture(scope="module")
def report() -> FeelReport:
    return feel.measure(rounds=3)


def test_a_run_gives_every_figure_beside_its_goal(report: FeelReport) -> None:
    document = json.loads(json.dumps(feel_report.to_json(report)))
    figures = document["figures"]
    assert all(figure["value"] > 0 for figure in figures.values())
    goals = {key: figure["goal"] for key, figure in figures.items() if figure["goal"] is not None}
    goals.pop("feelin_ratio", None)  # where Node is not installed
    assert goals == {
        "six_rules_us": 10,
        "spiff_ratio": 4,
        "equal_ratio": 5,
        "range_ratio": 5,
        "compile_equal_s": 1,
        "compile_range_s": 1,
    }
    assert all(isinstance(figures[key]["met"], bool) for key in goals)


def test_the_goals_that_hold_on_any_machine_are_met(report: FeelReport) -> None:
    """Absolute times depend on the machine and on who else uses it; these are ratios with room to spare."""
    figures = {figure.key: figure for figure in report.figures}
    assert figures["equal_ratio"].met
    assert figures["range_ratio"].met
    assert figures["spiff_ratio"].value > 2


def test_both_engines_decide_the_table_alike_and_every_rule_is_hit() -> None:
    results = [int(row[-1]) for row in feel_cases.SIX_RULES]
    decision = feel._decision(feel_cases.six_rules())
    assert spiff_table.six_rules()() == results
    assert [decision.evaluate(one, now=NOW).value for one in feel_cases.SIX_INPUTS] == results


@pytest.mark.parametrize(("written", "width"), [(feel_cases.equalities, 1), (feel_cases.ranges, 10)])
def test_the_long_tables_are_hit_from_the_first_rule_to_the_last(written, width) -> None:
    decision = feel._decision(written(1000))
    hit = [decision.evaluate(one, now=NOW).value for one in feel_cases.spread_inputs(1000, width=width)]
    assert hit == [100 * tenth for tenth in range(10)]


def test_feelin_gives_the_same_values() -> None:
    try:
        with feelin.started(feel_cases.EXPRESSIONS, feel_cases.CONTEXT) as node:
            assert node.time_s(0, 10) > 0
            values = node.values
    except feelin.Absent as reason:
        pytest.skip(str(reason))
    compiled = [parse_expression(text, feel_cases.CONTEXT) for text in feel_cases.EXPRESSIONS]
    assert values == [expression.evaluate(feel_cases.CONTEXT, now=NOW).value for expression in compiled]


def test_without_node_the_rest_is_measured_and_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = CliRunner().invoke(main, ["bench", "feel", "--rounds", "1"])
    assert result.exit_code == 0
    assert "not measured: Node is not installed" in result.output
    assert "6 rules, 3 inputs" in result.output
    assert "feelin" not in result.output


def test_the_report_marks_a_goal_that_is_missed() -> None:
    figures = [
        Figure("a", "quick enough", 3, "us", 10),
        Figure("b", "too slow", 3, "x", 4, at_least=True),
        Figure("c", "told", 3, "us"),
    ]
    lines = feel_report.to_text(FeelReport(figures, ["x: y"])).splitlines()
    assert lines[2].endswith("met")
    assert lines[3].endswith("NOT MET")
    assert "goal" not in lines[4]
    assert lines[-1] == "not measured: x: y"


def test_the_bench_of_steps_keeps_its_options() -> None:
    output = CliRunner().invoke(main, ["bench", "--help"]).output
    assert all(option in output for option in ("--json", "--database", "--rounds", "--processes"))
