"""Event sub-processes, escalations, event-based and inclusive gateways, links, instances one after the other."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from engine.runtime import commands
from engine.runtime.effects import TaskOpened, WaitClosed
from engine.runtime.errors import WaitGone
from tests.engine.bpmn.models import line
from tests.engine.runtime.play import START, Play, bpmn
from tests.engine.runtime.test_elements import boundary, io, out

ROOTS = '<message id="m" name="Antwort"/><error id="e" errorCode="E1"/><escalation id="x" escalationCode="X1"/>'
MESSAGE = '<messageEventDefinition messageRef="m"/>'
TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
ERROR = '<errorEventDefinition errorRef="e"/>'
ESCALATION = '<escalationEventDefinition escalationRef="x"/>'


def handler(definition: str, *, interrupting: bool = True, name: str = "h", inner: str = '<userTask id="{}t"/>') -> str:
    flag = "true" if interrupting else "false"
    return (
        f'<subProcess id="{name}" triggeredByEvent="true"><startEvent id="{name}s" isInterrupting="{flag}">{definition}'
        f'</startEvent>{inner.format(name)}<endEvent id="{name}e"/>'
        f'<sequenceFlow id="{name}1" sourceRef="{name}s" targetRef="{name}t"/>'
        f'<sequenceFlow id="{name}2" sourceRef="{name}t" targetRef="{name}e"/></subProcess>'
    )


def sub(*elements: str, extra: str = "") -> str:
    inner = line(*elements).replace('"start"', '"in"').replace('"end"', '"out"').replace('id="f', 'id="sf')
    return f'<subProcess id="sub">{inner}{extra}</subProcess>'


def play(body: str) -> Play:
    return Play(bpmn(body, roots=ROOTS)).start()


def throwing(definition: str) -> str:
    return f'<intermediateThrowEvent id="throw">{definition}</intermediateThrowEvent>'


def ending(*elements: str, definition: str) -> str:
    return line(*elements).replace('<endEvent id="end"/>', f'<endEvent id="end">{definition}</endEvent>')


# Event sub-processes.


def test_an_interrupting_event_sub_process_takes_over() -> None:
    game = play(line('<userTask id="t"/>', '<userTask id="u"/>') + handler(MESSAGE) + handler(TIMER, name="g"))
    assert game.waiting == {"hs": 1, "gs": 1, "t": 1}
    game.deliver("hs")
    assert game.waiting == {"ht": 1}
    assert game.moved("canceled") == ["t"]
    assert game.complete("ht").state.ended == "completed"


def test_a_non_interrupting_event_sub_process_runs_beside_and_keeps_its_scope_open() -> None:
    game = play(line('<userTask id="t"/>') + handler(MESSAGE, interrupting=False))
    game.deliver("hs").deliver("hs")
    assert game.waiting == {"hs": 1, "t": 1, "ht": 2}
    game.complete("t").complete("ht").deliver("hs").complete("ht")
    assert (game.state.ended, game.waiting) == (None, {"hs": 1, "ht": 1})
    game.complete("ht")
    assert (game.state.ended, game.waiting) == ("completed", {})


def test_a_subscription_ends_with_its_scope() -> None:
    game = play(line(sub('<userTask id="t"/>', extra=handler(TIMER)), '<userTask id="after"/>'))
    timer = game.wait("hs")
    game.complete("t")
    assert WaitClosed(timer, "timer", "canceled") in game.effects
    with pytest.raises(WaitGone):
        game.do(commands.FireTimer(timer, START + timedelta(hours=2)))


def test_a_timer_event_sub_process_in_a_sub_process_interrupts_only_that() -> None:
    game = play(line(sub('<userTask id="t"/>', extra=handler(TIMER)), '<userTask id="after"/>'))
    game.fire("hs")
    assert game.waiting == {"ht": 1}
    assert game.complete("ht").waiting == {"after": 1}


def test_an_error_goes_to_the_event_sub_process_before_the_boundary_event() -> None:
    body = ending(definition=ERROR).replace('"start"', '"in"').replace('"end"', '"out"').replace('id="f', 'id="sf')
    inner = f'<subProcess id="t">{body}{handler(ERROR)}</subProcess>'
    game = play(line(inner) + boundary(ERROR))
    assert game.waiting == {"ht": 1}
    assert game.complete("ht").state.ended == "completed"


def test_an_error_inside_an_event_sub_process_goes_to_the_boundary_event() -> None:
    body = ending(definition=ERROR).replace('"start"', '"in"').replace('"end"', '"out"').replace('id="f', 'id="sf')
    throw = handler(ERROR).replace('<endEvent id="he"/>', f'<endEvent id="he">{ERROR}</endEvent>')
    game = play(line(f'<subProcess id="t">{body}{throw}</subProcess>') + boundary(ERROR))
    assert game.waiting == {"ht": 1}
    assert game.complete("ht").waiting == {"c": 1}


def test_what_a_message_brings_stays_in_the_event_sub_process() -> None:
    inner = f'<userTask id="{{}}t">{io(out("antwort", "=text"))}</userTask>'
    game = play(line('<userTask id="t"/>') + handler(MESSAGE, interrupting=False, inner=inner))
    game.deliver("hs", text="Ja")
    assert game.state.variables(game.wait("ht"))["text"] == "Ja"
    assert game.variables() == {}
    assert game.complete("ht").variables() == {"antwort": "Ja"}


def test_a_worker_error_is_caught_by_an_event_sub_process() -> None:
    game = play(line('<serviceTask id="s" camunda:type="external" camunda:topic="x"/>') + handler(ERROR))
    assert game.fail_job("s", "E1").waiting == {"ht": 1}


# Escalations.


def test_an_escalation_starts_a_branch_and_the_thrower_goes_on() -> None:
    inner = sub(throwing(ESCALATION), '<userTask id="t"/>').replace('"sub"', '"host"')
    event = boundary(ESCALATION, 'cancelActivity="false"').replace('attachedToRef="t"', 'attachedToRef="host"')
    game = play(line(inner) + event)
    assert game.waiting == {"t": 1, "c": 1}


def test_an_interrupting_escalation_cancels_the_thrower() -> None:
    inner = sub(throwing(ESCALATION), '<userTask id="t"/>').replace('"sub"', '"host"')
    event = boundary(ESCALATION).replace('attachedToRef="t"', 'attachedToRef="host"')
    game = play(line(inner) + event)
    assert game.waiting == {"c": 1}
    assert game.moved("canceled") == ["throw", "host"]


def test_an_escalation_that_nobody_catches_is_no_error() -> None:
    assert play(line(throwing(ESCALATION), '<userTask id="t"/>')).waiting == {"t": 1}
    assert play(ending(definition=ESCALATION)).state.ended == "completed"


def test_an_escalation_end_event_is_caught_by_a_non_interrupting_event_sub_process() -> None:
    game = play(ending(definition=ESCALATION) + handler(ESCALATION, interrupting=False))
    assert game.waiting == {"ht": 1}
    assert game.complete("ht").state.ended == "completed"


def test_an_escalation_comes_out_of_a_called_process() -> None:
    called = (
        ending(definition=ESCALATION).replace('"start"', '"qs"').replace('"end"', '"qe"').replace('id="f', 'id="qf')
    )
    roots = f'{ROOTS}<process id="q" isExecutable="true">{called}</process>'
    event = boundary('<escalationEventDefinition camunda:escalationCodeVariable="code"/>', 'cancelActivity="false"')
    body = line('<callActivity id="t" calledElement="q"/>') + event
    game = Play(bpmn(body, roots=roots)).start()
    assert game.waiting == {"c": 1}
    assert game.variables() == {"code": "X1"}


def test_a_task_can_report_an_escalation_and_stays_open() -> None:
    game = play(line('<userTask id="t"/>') + boundary(ESCALATION, 'cancelActivity="false"'))
    wait = game.wait("t")
    game.do(commands.Escalate(wait, START, "X1"))
    assert game.waiting == {"t": 1, "c": 1}
    game.do(commands.Escalate(wait, START, "unbekannt"))
    assert game.waiting == {"t": 1, "c": 1}
    with pytest.raises(WaitGone):
        game.do(commands.Escalate("w99", START, "X1"))


# Gateways.


GATEWAY = (
    '<startEvent id="s"/><eventBasedGateway id="g"/><receiveTask id="r" messageRef="m"/>'
    f'<intermediateCatchEvent id="w">{TIMER}</intermediateCatchEvent><userTask id="a"/><userTask id="b"/>'
    '<sequenceFlow id="f1" sourceRef="s" targetRef="g"/><sequenceFlow id="f2" sourceRef="g" targetRef="r"/>'
    '<sequenceFlow id="f3" sourceRef="g" targetRef="w"/><sequenceFlow id="f4" sourceRef="r" targetRef="a"/>'
    '<sequenceFlow id="f5" sourceRef="w" targetRef="b"/>'
)


def test_the_first_event_behind_an_event_based_gateway_wins() -> None:
    game = play(GATEWAY)
    assert game.waiting == {"r": 1, "w": 1}
    timer = game.wait("w")
    game.deliver("r")
    assert game.waiting == {"a": 1}
    assert WaitClosed(timer, "timer", "canceled") in game.effects
    assert game.flows == ["f1", "f2", "f4"]
    assert play(GATEWAY).fire("w").waiting == {"b": 1}


def inclusive(conditions: Sequence[str], *, default: str = "") -> str:
    branches = "".join(
        f'<userTask id="t{n}"/><sequenceFlow id="a{n}" sourceRef="split" targetRef="t{n}">'
        + (f"<conditionExpression>{condition}</conditionExpression>" if condition else "")
        + f'</sequenceFlow><sequenceFlow id="b{n}" sourceRef="t{n}" targetRef="join"/>'
        for n, condition in enumerate(conditions)
    )
    return (
        f'<startEvent id="s"/><inclusiveGateway id="split" {default}/><inclusiveGateway id="join"/>'
        f'<userTask id="after"/>{branches}<sequenceFlow id="f1" sourceRef="s" targetRef="split"/>'
        '<sequenceFlow id="f2" sourceRef="join" targetRef="after"/>'
    )


@pytest.mark.parametrize(("x", "open_tasks"), [(1, ["t0", "t1", "t2"]), (2, ["t1", "t2"]), (9, ["t2"])])
def test_an_inclusive_join_waits_for_exactly_the_branches_that_were_taken(x: int, open_tasks: list[str]) -> None:
    game = Play(bpmn(inclusive(["x &lt; 2", "x &lt; 3", "true"]))).start(x=x)
    assert sorted(game.waiting) == open_tasks
    for task in open_tasks[:-1]:
        game.complete(task)
        assert "after" not in game.waiting
    game.complete(open_tasks[-1])
    assert game.waiting == {"after": 1}


def test_the_default_flow_of_an_inclusive_gateway() -> None:
    body = inclusive(["x &lt; 2", ""], default='default="a1"')
    assert Play(bpmn(body)).start(x=5).waiting == {"t1": 1}
    assert Play(bpmn(body)).start(x=1).waiting == {"t0": 1}


def test_an_inclusive_join_does_not_wait_for_a_branch_that_was_left() -> None:
    """The token of the second branch goes elsewhere; as soon as it cannot come any more, the join goes on."""
    body = inclusive(["true", "true"]).replace(
        '<sequenceFlow id="b1" sourceRef="t1" targetRef="join"/>',
        '<sequenceFlow id="b1" sourceRef="t1" targetRef="x"/><exclusiveGateway id="x" default="d"/>'
        '<sequenceFlow id="c" sourceRef="x" targetRef="join"><conditionExpression>y</conditionExpression>'
        '</sequenceFlow><sequenceFlow id="d" sourceRef="x" targetRef="weg"/><userTask id="weg"/>',
    )
    game = Play(bpmn(body)).start(y=False).complete("t0")
    assert game.waiting == {"t1": 1}
    game.complete("t1")
    assert game.waiting == {"weg": 1, "after": 1}


# Links and sequential instances.


def test_a_link_jumps_to_its_catch() -> None:
    body = (
        '<startEvent id="s"/><intermediateThrowEvent id="l1"><linkEventDefinition name="A"/></intermediateThrowEvent>'
        '<intermediateCatchEvent id="l2"><linkEventDefinition name="A"/></intermediateCatchEvent><userTask id="t"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="l1"/><sequenceFlow id="f2" sourceRef="l2" targetRef="t"/>'
    )
    game = play(body)
    assert (game.waiting, game.flows) == ({"t": 1}, ["f1", "f2"])


def sequential(inner: str, attributes: str = "") -> str:
    loop = (
        f'<multiInstanceLoopCharacteristics isSequential="true" {attributes}>{inner}</multiInstanceLoopCharacteristics>'
    )
    return line(f'<userTask id="t">{loop}</userTask>', '<userTask id="after"/>')


def test_instances_can_run_one_after_the_other() -> None:
    body = sequential("", 'camunda:collection="${stellen}" camunda:elementVariable="stelle"')
    game = Play(bpmn(body)).start(stellen=["a", "b", "c"])
    seen = []
    while "t" in game.waiting:
        opened = game.effect(TaskOpened)
        seen.append((opened.element_index, opened.inputs["stelle"]))
        game.complete("t")
    assert seen == [(0, "a"), (1, "b"), (2, "c")]
    assert game.waiting == {"after": 1}


def test_a_completion_condition_ends_a_sequence_early() -> None:
    condition = "<completionCondition>nrOfCompletedInstances = 2 and nrOfActiveInstances = 1</completionCondition>"
    game = Play(bpmn(sequential(f"<loopCardinality>5</loopCardinality>{condition}"))).start()
    game.complete("t").complete("t")
    assert game.waiting == {"after": 1}


def test_a_sequence_keeps_what_is_left_and_nothing_more() -> None:
    body = sequential("", 'camunda:collection="${stellen}" camunda:elementVariable="stelle"')
    game = Play(bpmn(body)).start(stellen=["a", "b", "c"]).complete("t")
    [loop] = [item["loop"] for item in game.state.to_json()["activations"] if "loop" in item]
    assert loop == {"total": 3, "completed": 1, "items": ["c"]}
    assert game.variables() == {"stellen": ["a", "b", "c"]}
    assert game.state.variables(game.wait("t"))["loopCounter"] == Decimal(1)
