"""The shared part of the DMN TCK, with the reached score as floor (docs/conformance.md explains what is missing)."""

from pathlib import Path

import pytest

from tests.shared_data import shared
from tests.tck.run import run_folder

_FLOORS = {"compliance-level-2": (126, 126), "compliance-level-3": (1481, 1495)}


@pytest.mark.parametrize("level", _FLOORS)
def test_the_tck_score_does_not_fall(level):
    scores = list(run_folder(shared(f"dmn-tck/{level}")))
    assert [crash for score in scores for crash in score.crashes] == []
    passed, total = sum(score.passed for score in scores), sum(score.total for score in scores)
    assert total >= _FLOORS[level][1]
    assert passed >= _FLOORS[level][0], [score.folder.name for score in scores if score.failures]


def test_the_conformance_page_states_the_floors():
    page = (Path(__file__).resolve().parents[3] / "docs" / "conformance.md").read_text("utf-8")
    for passed, total in _FLOORS.values():
        assert f"| {total} | {passed} | {100 * passed / total:.2f} % |" in page
