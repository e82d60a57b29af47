"""What a trusted engine really did, as floors: fewer accepted models or any different trace fails."""

import pytest

from tests.golden.replay import Report, adapt, main, replay_all, to_text
from tests.shared_data import shared

OPERATON = "bpmn/golden/operaton"


@pytest.fixture(scope="module")
def plain() -> Report:
    return replay_all(shared(OPERATON), adapted=False)


@pytest.fixture(scope="module")
def translated() -> Report:
    return replay_all(shared(OPERATON), adapted=True)


def test_accepted_models_behave_as_recorded(plain: Report) -> None:
    assert plain.accepted >= 366
    assert plain.score >= 0.98
    # docs/conformance.md explains these: times without zone are German time.
    assert {difference.model.rsplit("/", 1)[-1] for difference in plain.differences} <= {
        "JobDefinitionDeploymentTest.testMultipleTimerBoundaryEvents.bpmn20.xml",
        "JobDefinitionDeploymentTest.testTimerBoundaryEvent.bpmn20.xml",
    }


def test_with_translation_traces_are_equal_to_the_last_history_row(translated: Report) -> None:
    assert translated.accepted >= 410
    assert translated.differences == []
    assert translated.level(3) == translated.level(1)


def test_what_both_engines_refuse_is_refused(plain: Report) -> None:
    assert plain.wrongly_accepted == []
    assert plain.rightly_refused == 17


def test_the_command_prints_counts_and_differences(capsys: pytest.CaptureFixture[str], plain: Report) -> None:
    assert main([str(shared(OPERATON))]) == 0
    printed = capsys.readouterr().out
    assert to_text(plain, adapted=False) in printed
    assert "per element kind" in printed


def test_only_what_is_listed_becomes_a_pass_through() -> None:
    data = (
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">'
        b'<serviceTask id="a"/><serviceTask id="b"/></process></definitions>'
    )
    assert adapt(data, ["a"]).count(b"serviceTask") == 1
