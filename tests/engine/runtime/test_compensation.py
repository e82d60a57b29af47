"""Compensation and transactions: what was done is undone, the last first, and only once."""

from decimal import Decimal
from typing import Any

from engine.runtime.effects import TaskOpened
from tests.engine.bpmn.models import line
from tests.engine.runtime.play import Play, bpmn
from tests.engine.runtime.test_elements import inp, io

THROW = '<intermediateThrowEvent id="throw"><compensateEventDefinition {}/></intermediateThrowEvent>'


def undoable(name: str, inner: str = "", tag: str = "userTask") -> str:
    """A task `name` with its compensation `undo_<name>`; the task must still be put into a line."""
    return (
        f'<boundaryEvent id="b_{name}" attachedToRef="{name}"><compensateEventDefinition/></boundaryEvent>'
        f'<{tag} id="undo_{name}" isForCompensation="true">{inner}</{tag}>'
        f'<association id="a_{name}" sourceRef="b_{name}" targetRef="undo_{name}"/>'
    )


def task(name: str, inner: str = "") -> str:
    return f'<userTask id="{name}">{inner}</userTask>'


def sub(*elements: str, extra: str = "", tag: str = "subProcess", inner: str = "") -> str:
    body = line(*elements).replace('"start"', '"in"').replace('"end"', '"out"').replace('id="f', 'id="sf')
    return f'<{tag} id="sub">{inner}{body}{extra}</{tag}>'


def play(body: str, **variables: Any) -> Play:
    return Play(bpmn(body)).start(**variables)


def test_completed_tasks_are_undone_together_the_last_first_and_the_thrower_waits() -> None:
    body = line(task("a"), task("b"), THROW.format(""), task("after")) + undoable("a") + undoable("b")
    game = play(body).complete("a").complete("b")
    opened = [effect.element for effect in game.effects if isinstance(effect, TaskOpened)]
    assert opened == ["undo_b", "undo_a"]
    assert game.complete("undo_a").waiting == {"undo_b": 1}
    assert game.complete("undo_b").waiting == {"after": 1}
    assert game.complete("after").state.ended == "completed"


def test_what_is_not_completed_or_named_is_not_undone() -> None:
    body = line(
        task("a"), task("b"), THROW.format('activityRef="b"'), THROW.format("").replace("throw", "all"), task("c")
    )
    game = play(body + undoable("a") + undoable("b") + undoable("c")).complete("a").complete("b")
    assert game.waiting == {"undo_b": 1}
    assert game.complete("undo_b").waiting == {"undo_a": 1}
    assert game.complete("undo_a").waiting == {"c": 1}


def test_nothing_is_undone_twice_and_nothing_to_undo_is_no_wait() -> None:
    body = line(task("a"), THROW.format(""), THROW.format("").replace("throw", "again"), task("after")) + undoable("a")
    game = play(body).complete("a").complete("undo_a")
    assert game.waiting == {"after": 1}


def test_a_compensation_sees_what_its_task_saw() -> None:
    inner = io(inp("zimmer", "=nummer"))
    undo = io(inp("text", '="Zimmer " + string(zimmer)'))
    game = play(line(task("a", inner), THROW.format("")) + undoable("a", undo), nummer=7).complete("a")
    assert game.effect(TaskOpened).inputs == {"zimmer": Decimal(7), "text": "Zimmer 7"}


def test_a_completed_sub_process_is_undone_inside_with_its_variables() -> None:
    scope = sub(task("a"), task("b"), extra=undoable("a") + undoable("b"), inner=io(inp("lokal", "=x + 1")))
    game = play(line(scope, THROW.format(""), task("after")), x=1).complete("a").complete("b")
    assert game.waiting == {"undo_b": 1, "undo_a": 1}
    assert game.state.variables(game.wait("undo_a"))["lokal"] == Decimal(2)
    assert game.complete("undo_b").complete("undo_a").waiting == {"after": 1}


def test_a_sub_process_that_is_still_running_is_not_undone() -> None:
    body = (
        '<startEvent id="s"/><parallelGateway id="fork"/><sequenceFlow id="p0" sourceRef="s" targetRef="fork"/>'
        + sub(task("a"), task("b"), extra=undoable("a"))
        + THROW.format("")
        + '<sequenceFlow id="p1" sourceRef="fork" targetRef="sub"/>'
        '<sequenceFlow id="p2" sourceRef="wait" targetRef="throw"/>'
        '<userTask id="wait"/><sequenceFlow id="p3" sourceRef="fork" targetRef="wait"/>'
    )
    game = play(body).complete("a").complete("wait")
    assert game.waiting == {"b": 1}


def test_an_event_sub_process_can_undo_its_sub_process_itself() -> None:
    handler = (
        '<subProcess id="h" triggeredByEvent="true"><startEvent id="hs"><compensateEventDefinition/></startEvent>'
        + THROW.format("").replace("throw", "rethrow")
        + '<userTask id="ht"/><endEvent id="he"/><sequenceFlow id="h1" sourceRef="hs" targetRef="rethrow"/>'
        '<sequenceFlow id="h2" sourceRef="rethrow" targetRef="ht"/>'
        '<sequenceFlow id="h3" sourceRef="ht" targetRef="he"/></subProcess>'
    )
    game = play(line(sub(task("a"), extra=undoable("a") + handler), THROW.format(""), task("after"))).complete("a")
    assert game.waiting == {"undo_a": 1}
    assert game.complete("undo_a").waiting == {"ht": 1}
    assert game.complete("ht").waiting == {"after": 1}


def test_every_instance_of_a_multi_instance_task_is_undone() -> None:
    loop = '<multiInstanceLoopCharacteristics camunda:collection="${l}" camunda:elementVariable="x"/>'
    game = play(line(task("a", loop), THROW.format(""), task("after")) + undoable("a"), l=["p", "q"])
    game.complete("a").complete("a")
    assert game.waiting == {"undo_a": 2}
    assert sorted(game.state.variables(wait)["x"] for wait in game.waits) == ["p", "q"]
    assert game.complete("undo_a").complete("undo_a").waiting == {"after": 1}


def test_what_is_to_be_undone_survives_in_the_state() -> None:
    scope = sub(task("a"), extra=undoable("a"))
    game = play(line(scope, task("b"), THROW.format("")) + undoable("b")).complete("a").complete("b")
    rows = next(item for item in game.state.to_json()["activations"] if item["id"] == 1)
    assert "done" not in rows
    assert game.complete("undo_b").complete("undo_a").state.ended == "completed"


TRANSACTION = (
    '<boundaryEvent id="c" attachedToRef="sub"><cancelEventDefinition/></boundaryEvent><userTask id="gone"/>'
    '<sequenceFlow id="x" sourceRef="c" targetRef="gone"/>'
)


def transaction(*elements: str) -> str:
    end = '<endEvent id="out"><cancelEventDefinition/></endEvent>'
    return sub(*elements, extra=undoable("a"), tag="transaction").replace('<endEvent id="out"/>', end)


def test_a_cancelled_transaction_undoes_and_is_left_by_its_event() -> None:
    game = play(line(transaction(task("a")), task("after")) + TRANSACTION).complete("a")
    assert game.waiting == {"undo_a": 1}
    assert game.complete("undo_a").waiting == {"gone": 1}
    assert game.complete("gone").state.ended == "completed"


def test_a_cancelled_transaction_ends_what_still_runs() -> None:
    fork = '<parallelGateway id="fork"/><userTask id="open"/><sequenceFlow id="o" sourceRef="fork" targetRef="open"/>'
    body = transaction(task("a"), '<task id="t"/>').replace('<task id="t"/>', f'<task id="t"/>{fork}')
    body = body.replace('targetRef="a"', 'targetRef="fork"').replace(
        "</transaction>", '<sequenceFlow id="o2" sourceRef="fork" targetRef="a"/></transaction>'
    )
    game = play(line(body, task("after")) + TRANSACTION)
    assert game.waiting == {"open": 1, "a": 1}
    game.complete("a")
    assert game.waiting == {"undo_a": 1}
    assert game.complete("undo_a").waiting == {"gone": 1}


def test_a_transaction_without_cancel_ends_as_a_sub_process() -> None:
    body = line(sub(task("a"), extra=undoable("a"), tag="transaction"), THROW.format(""), task("after"))
    game = play(body).complete("a")
    assert game.waiting == {"undo_a": 1}
    assert game.complete("undo_a").waiting == {"after": 1}


def test_cancelling_also_ends_compensations() -> None:
    timer = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    scope = sub(task("a"), THROW.format(""), extra=undoable("a"))
    game = play(line(scope) + f'<boundaryEvent id="b" attachedToRef="sub">{timer}</boundaryEvent>').complete("a")
    assert game.waiting == {"b": 1, "undo_a": 1}
    game.fire("b")
    assert (game.state.ended, game.waiting) == ("completed", {})
    assert "undo_a" in game.moved("canceled")
