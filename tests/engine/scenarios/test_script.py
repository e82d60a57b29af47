import pytest

from engine.catalog import Findings
from engine.scenarios.script import Refusal, merge, read_scenarios

GOOD = """
[form]
anzahl = 1
person = { vorname = "Mira", nachname = "Beispiel" }

[[scenario]]
name = "Erster Fall"
start = 2026-11-02T10:00:00+01:00
[scenario.form]
person = { vorname = "Nora" }
[[scenario.do]]
at = 2026-11-03T10:00:00+01:00
task = "pruefen"
refused = "invalid"
[scenario.expect]
path = ["a"]
tasks = []
"""


def read(text: str) -> tuple[int, list[str]]:
    findings = Findings("scenarios.toml")
    return len(read_scenarios(text.encode(), findings)), [finding.code for finding in findings.found]


def test_a_scenario_has_the_common_answers_with_its_own_over_them() -> None:
    (scenario,) = read_scenarios(GOOD.encode(), Findings("scenarios.toml"))
    assert scenario.form == {"anzahl": 1, "person": {"vorname": "Nora", "nachname": "Beispiel"}}
    assert scenario.do[0].refused is Refusal.INVALID


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("+01:00\ntask", "\ntask", "wrong_type"),
        ("2026-11-03", "2026-11-01", "time_runs_back"),
        ("tasks = []", "", "missing_key"),
        ("[scenario.form]", "[scenario.formular]", "unknown_key"),
        ('"invalid"', '"falsch"', "unknown_value"),
        ('name = "Erster Fall"', 'name = "Erster Fall"\nchannel = "brieftaube"', "unknown_value"),
        ("[[scenario]]", "[[scenario", "not_toml"),
    ],
)
def test_a_mistake_in_the_file_is_a_finding(old: str, new: str, code: str) -> None:
    assert old in GOOD
    assert code in read(GOOD.replace(old, new))[1]


def test_two_scenarios_of_the_same_name_are_a_finding() -> None:
    scenario = GOOD[GOOD.index("[[scenario]]") :]
    assert read(GOOD + scenario)[1] == ["duplicate_name"]


def test_lists_are_replaced_as_a_whole() -> None:
    assert merge({"a": [1, 2], "b": {"c": 1}}, {"a": [3], "b": {"d": 2}}) == {"a": [3], "b": {"c": 1, "d": 2}}
