"""Models that no modeller would draw: whatever the gate accepts runs, or stops with a clear message."""

from typing import Any

import pytest

from engine.bpmn.gate import check
from engine.runtime import step
from engine.runtime.errors import ExecutionFailed
from tests.engine.bpmn.models import HEAD
from tests.engine.runtime.generator import Seeded
from tests.engine.runtime.play import Play
from tests.engine.runtime.test_properties import check_closed, go_on

ROOTS = '<message id="m" name="M"/><error id="e" errorCode="E1"/><escalation id="x" escalationCode="X1"/>'
TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
MESSAGE = '<messageEventDefinition messageRef="m"/>'
ERROR = '<errorEventDefinition errorRef="e"/>'
ESCALATION = '<escalationEventDefinition escalationRef="x"/>'
COMPENSATE = "<compensateEventDefinition/>"
SEQUENCE = (
    '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>2</loopCardinality>'
    "<completionCondition>nrOfCompletedInstances = 1</completionCondition></multiInstanceLoopCharacteristics>"
)
LOOPS = (
    "",
    "",
    "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>",
    SEQUENCE,
)
NODES = (
    '<task id="{id}">{loop}</task>',
    '<userTask id="{id}">{loop}</userTask>',
    '<serviceTask id="{id}" camunda:type="external" camunda:topic="t" camunda:asyncBefore="true">{loop}</serviceTask>',
    '<exclusiveGateway id="{id}"/>',
    '<parallelGateway id="{id}"/>',
    '<inclusiveGateway id="{id}"/>',
    f'<intermediateCatchEvent id="{{id}}">{TIMER}</intermediateCatchEvent>',
    f'<intermediateCatchEvent id="{{id}}">{MESSAGE}</intermediateCatchEvent>',
    f'<intermediateThrowEvent id="{{id}}">{ESCALATION}</intermediateThrowEvent>',
    f'<intermediateThrowEvent id="{{id}}">{COMPENSATE}</intermediateThrowEvent>',
    '<callActivity id="{id}" calledElement="q">{loop}</callActivity>',
)
ENDS = ("", "<terminateEventDefinition/>", ERROR, ESCALATION, COMPENSATE, MESSAGE)
BOUNDARIES = (TIMER, MESSAGE, ERROR, ESCALATION)
HANDLERS = (TIMER, MESSAGE, ERROR, ESCALATION)
CALLED = (
    '<process id="q" isExecutable="true"><startEvent id="qs"/><userTask id="qt"/><endEvent id="qe"/>'
    '<sequenceFlow id="q1" sourceRef="qs" targetRef="qt"/>'
    '<sequenceFlow id="q2" sourceRef="qt" targetRef="qe"/></process>'
)


class Tangle:
    """A random graph of elements; every one of them is reached by some flow."""

    def __init__(self, seed: int) -> None:
        self.chooser = Seeded(seed)
        self.ids = 0

    def pick(self, items: Any) -> Any:
        return items[self.chooser.integer(0, len(items) - 1)]

    def new_id(self) -> str:
        self.ids += 1
        return f"n{self.ids}"

    def scope(self, depth: int) -> str:
        start = self.new_id()
        parts = [f'<startEvent id="{start}"/>']
        reached = [start]
        for _ in range(self.chooser.integer(2, 6)):
            name = self.new_id()
            parts.append(self.node(name, depth))
            parts.append(self.flow(self.pick(reached), name))
            reached.append(name)
        more = range(self.chooser.integer(0, 4))
        parts += [self.flow(self.pick(reached), self.pick(reached[1:])) for _ in more]
        for _ in range(self.chooser.integer(0, 2)):
            end = self.new_id()
            parts.append(f'<endEvent id="{end}">{self.pick(ENDS)}</endEvent>{self.flow(self.pick(reached), end)}')
        if not self.chooser.integer(0, 3):
            parts.append(self.handler())
        return "".join(parts)

    def node(self, name: str, depth: int) -> str:
        loop = self.pick(LOOPS)
        if depth < 2 and not self.chooser.integer(0, 3):
            text = f'<subProcess id="{name}">{loop}{self.scope(depth + 1)}</subProcess>'
        else:
            text = self.pick(NODES).format(id=name, loop=loop)
        is_activity = "Gateway" not in text.split(maxsplit=1)[0] and "Event" not in text.split(maxsplit=1)[0]
        return text + (self.boundary(name) if is_activity and not self.chooser.integer(0, 2) else "")

    def boundary(self, host: str) -> str:
        name, after = self.new_id(), self.new_id()
        definition = self.pick(BOUNDARIES)
        cancel = "true" if definition == ERROR else self.pick(("true", "false"))
        undo = self.new_id()
        compensation = (
            f'<boundaryEvent id="{undo}b" attachedToRef="{host}">{COMPENSATE}</boundaryEvent>'
            f'<userTask id="{undo}" isForCompensation="true"/>'
            f'<association id="{undo}a" sourceRef="{undo}b" targetRef="{undo}"/>'
        )
        event = (
            f'<boundaryEvent id="{name}" attachedToRef="{host}" cancelActivity="{cancel}">{definition}</boundaryEvent>'
        )
        return f'{event}<userTask id="{after}"/>{self.flow(name, after)}{self.pick(("", compensation))}'

    def handler(self) -> str:
        name, start, task = self.new_id(), self.new_id(), self.new_id()
        definition = self.pick(HANDLERS)
        flag = "true" if definition == ERROR else self.pick(("true", "false"))
        return (
            f'<subProcess id="{name}" triggeredByEvent="true"><startEvent id="{start}" isInterrupting="{flag}">'
            f'{definition}</startEvent><userTask id="{task}"/>{self.flow(start, task)}</subProcess>'
        )

    def flow(self, source: str, target: str) -> str:
        return f'<sequenceFlow id="{self.new_id()}f" sourceRef="{source}" targetRef="{target}"/>'


def tangle(seed: int) -> bytes:
    body = Tangle(seed).scope(0)
    return f'{HEAD}{ROOTS}{CALLED}<process id="p" isExecutable="true">{body}</process></definitions>'.encode()


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_any_accepted_model_runs_or_stops_with_a_clear_message(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "MAX_ELEMENTS", 300)
    accepted = 0
    for seed in range(first, first + 100):
        data = tangle(seed)
        if check(data):
            continue
        accepted += 1
        chooser = Seeded(seed)
        game = Play(data)
        try:
            game.start()
            for _ in range(15):
                if game.state.ended or not game.waits:
                    break
                go_on(game, chooser)
        except ExecutionFailed as failed:
            if failed.code not in {"endless_loop", "no_flow_matches", "error_not_caught"}:
                raise
        if game.state:
            check_closed(game)
    assert accepted > 20
