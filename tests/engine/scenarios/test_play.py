"""A scenario that does not come out says where and why, and never raises."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from engine import catalog
from engine.catalog import Findings
from engine.scenarios.play import play
from engine.scenarios.script import Expectation, Letter, Refusal, Scenario, read_scenarios
from tests.processes.core_stage import CoreStage

FOLDER = Path(__file__).parents[3] / "processes" / "hundesteuer_anmelden"
PROCEDURE = catalog.load(catalog.read_folder(FOLDER), folder=FOLDER.name)
SCENARIO = read_scenarios(PROCEDURE.files["scenarios.toml"], Findings(""))[0]


def problem(scenario: Scenario) -> str:
    (found,) = play(PROCEDURE, scenario, CoreStage(PROCEDURE)).problems
    return found


def expecting(**changes: object) -> Scenario:
    expect: Expectation = replace(SCENARIO.expect, **changes)  # type: ignore[arg-type]
    return replace(SCENARIO, expect=expect)


def test_the_scenario_itself_comes_out() -> None:
    assert play(PROCEDURE, SCENARIO, CoreStage(PROCEDURE)).passed


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (expecting(path=SCENARIO.expect.path[:-1]), "Weg: an Stelle 18 erwartet „Ende“"),
        (expecting(tasks=("anzeige_pruefen",)), "Aufgaben: an Stelle 2"),
        (expecting(letters=()), "Briefe: erwartet keine"),
        (expecting(letters=(Letter("bescheid.html", ("Fiffi",)),)), "„Fiffi“ steht nicht darin"),
        (expecting(letters=(Letter("bescheid.html", (), ("Rex",)),)), "„Rex“ steht darin und darf es nicht"),
        (expecting(amounts={"festsetzung.betrag": "31.00"}), "erwartet 31.00, gekommen ist 30.00"),
        (expecting(amounts={"festsetzung.": "31.00"}), "kein gültiger FEEL-Ausdruck"),
        (expecting(dates={"frist_ende": date(2026, 12, 8)}), "erwartet 2026-12-08, gekommen ist 2026-12-09"),
        (replace(SCENARIO, form={}), "Das Startformular nimmt die Angaben nicht an"),
        (replace(SCENARIO, do=(replace(SCENARIO.do[1], task="marke_zuteilen"),)), "offen ist: anzeige_pruefen"),
        (replace(SCENARIO, do=(replace(SCENARIO.do[0], values={}),)), "nimmt die Angaben nicht an: ergebnis"),
        (replace(SCENARIO, do=(replace(SCENARIO.do[0], values={"ergebnis": 1.5}),)), "ist kein Wert"),
        (
            replace(SCENARIO, do=(replace(SCENARIO.do[0], refused=Refusal.NOT_ALLOWED),)),
            "hätte abgelehnt werden müssen",
        ),
    ],
)
def test_what_differs_is_said_in_german(scenario: Scenario, words: str) -> None:
    assert words in problem(scenario)
