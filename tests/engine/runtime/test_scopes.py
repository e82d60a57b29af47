"""Sub-processes, calls and multi-instance: scopes with their variables, and size without depth."""

import time
from decimal import Decimal
from typing import Any

import pytest

from engine.feel.values import value_of
from engine.runtime import commands, execute
from engine.runtime.effects import JobRequested, MessageExpected, TaskOpened
from engine.runtime.errors import ExecutionFailed
from tests.engine.bpmn.models import line
from tests.engine.runtime.play import START, Play, bpmn
from tests.engine.runtime.test_elements import inp, io, out


def sub(inner: str, extra: str = "", attributes: str = "") -> str:
    flows = (
        '<sequenceFlow id="s1" sourceRef="in" targetRef="inner"/>'
        '<sequenceFlow id="s2" sourceRef="inner" targetRef="out"/>'
    )
    return (
        f'<subProcess id="sub" {attributes}>{extra}<startEvent id="in"/>{inner}<endEvent id="out"/>{flows}</subProcess>'
    )


def loop(inner: str = "", attributes: str = "") -> str:
    return f"<multiInstanceLoopCharacteristics {attributes}>{inner}</multiInstanceLoopCharacteristics>"


OVER = loop(attributes='camunda:collection="${stellen}" camunda:elementVariable="stelle"')
INNER = '<userTask id="inner"/>'
SCRIPT = '<scriptTask id="inner" scriptFormat="feel" camunda:resultVariable="{}"><script>{}</script></scriptTask>'


def called(body: str, process_id: str = "q") -> str:
    body = body.replace('"start"', f'"{process_id}s"').replace('"end"', f'"{process_id}e"')
    body = body.replace('id="f', f'id="{process_id}f')
    return f'<process id="{process_id}" isExecutable="true">{body}</process>'


def call(mapping: str = "", attributes: str = "") -> str:
    return (
        f'<callActivity id="c" calledElement="q" {attributes}><extensionElements>{mapping}</extensionElements>'
        "</callActivity>"
    )


# Sub-processes and variables.


def test_a_sub_process_has_its_own_inputs_and_gives_back_its_outputs() -> None:
    parameters = io(inp("lokal", "=x + 1"), out("ergebnis", "=lokal * 2"))
    game = Play(bpmn(line(sub(SCRIPT.format("lokal", "lokal + 10"), parameters)))).start(x=1)
    assert game.variables() == {"x": Decimal(1), "ergebnis": Decimal(24)}


def test_a_value_goes_to_the_nearest_scope_that_has_it_else_to_the_process() -> None:
    game = Play(bpmn(line(sub(SCRIPT.format("neu", "1"))))).start()
    assert game.variables() == {"neu": Decimal(1)}
    game = Play(bpmn(line(sub(SCRIPT.format("x", "2"), io(inp("x", "=0")))))).start(x=1)
    assert game.variables() == {"x": Decimal(1)}


def test_what_an_expression_sees_can_be_asked_for_every_wait() -> None:
    game = Play(bpmn(line(sub(INNER, io(inp("lokal", "=x + 1")))))).start(x=1)
    assert game.state.variables(game.wait("inner")) == {"x": Decimal(1), "lokal": Decimal(2)}
    assert game.state.variables() == {"x": Decimal(1)}


def test_cancelling_a_sub_process_cancels_everything_inside() -> None:
    timer = (
        '<boundaryEvent id="b" attachedToRef="sub"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
    )
    game = Play(bpmn(line(sub(INNER)) + timer)).start()
    game.fire("b")
    assert game.moved("canceled") == ["inner", "sub"]
    assert game.state.ended == "completed"


# Called processes.


def test_a_called_process_gets_only_what_is_mapped_and_gives_back_only_that() -> None:
    mapping = (
        '<camunda:in source="x" target="a"/><camunda:in sourceExpression="${x + 1}" target="b"/>'
        '<camunda:out source="c" target="y"/>'
    )
    task = f'<userTask id="t">{io(out("c", "=a + b"))}</userTask>'
    game = Play(bpmn(line(call(mapping)), roots=called(line(task)))).start(x=1, z=9)
    assert game.effect(TaskOpened).process == "q"
    assert game.state.variables(game.wait("t")) == {"a": Decimal(1), "b": Decimal(2)}
    assert game.complete("t").variables() == {"x": Decimal(1), "z": Decimal(9), "y": Decimal(3)}
    assert game.state.ended == "completed"


def test_all_variables_can_go_in_and_out() -> None:
    mapping = '<camunda:in variables="all"/><camunda:out variables="all"/>'
    script = SCRIPT.format("neu", "x + 1")
    game = Play(bpmn(line(call(mapping)), roots=called(line(script)))).start(x=1)
    assert game.variables() == {"x": Decimal(1), "neu": Decimal(2)}


def test_without_mapping_nothing_goes_in_or_out() -> None:
    task = f'<userTask id="t"/>{SCRIPT.format("neu", "2").replace("inner", "t2")}'
    game = Play(bpmn(line(call()), roots=called(line(*task.replace("/><s", "/>|<s").split("|"))))).start(x=1)
    assert game.state.variables(game.wait("t")) == {}
    assert game.complete("t").variables() == {"x": Decimal(1)}


def test_a_called_process_keeps_its_program_through_the_state() -> None:
    game = Play(bpmn(line(call()), roots=called(line('<userTask id="t"/>')))).start()
    assert game.state.programs == {game.by_id["p"].hash, game.by_id["q"].hash}
    without = {game.by_id["p"].hash: game.by_id["p"]}
    with pytest.raises(ExecutionFailed, match="nicht geladen"):
        execute(without, game.state, commands.CompleteTask(game.wait("t"), START))


def test_a_missing_called_process_is_an_error() -> None:
    with pytest.raises(ExecutionFailed, match="„q“, den „c“ aufruft, fehlt"):
        Play(bpmn(line(call()))).start()


def test_messages_in_a_called_process_have_the_key_that_is_passed() -> None:
    receive = '<receiveTask id="r" messageRef="m"/>'
    roots = '<message id="m" name="Antwort"/>' + called(line(receive))
    game = Play(bpmn(line(call('<camunda:in businessKey="${nr}"/>')), roots=roots)).start(nr="A-1")
    assert game.effect(MessageExpected).key == "A-1"
    own = Play(bpmn(line(call('<camunda:in businessKey="#{execution.processBusinessKey}"/>')), roots=roots)).start()
    assert own.effect(MessageExpected).key is None


def test_an_error_in_a_called_process_is_caught_at_the_call() -> None:
    end = '<endEvent id="end"><errorEventDefinition errorRef="e"/></endEvent>'
    roots = '<error id="e" errorCode="E1"/>' + called(line().replace('<endEvent id="end"/>', end))
    boundary = (
        '<boundaryEvent id="b" attachedToRef="c"><errorEventDefinition errorRef="e"/></boundaryEvent>'
        '<userTask id="t"/><sequenceFlow id="x" sourceRef="b" targetRef="t"/>'
    )
    game = Play(bpmn(line(call()) + boundary, roots=roots)).start()
    assert game.waiting == {"t": 1}


def test_calls_that_never_end_are_stopped() -> None:
    game = Play(
        bpmn(
            line(call()),
            roots=called(line(call("", ""))).replace('"c"', '"cq"').replace('calledElement="q"', 'calledElement="r"'),
        )
    )
    game.bindings["r"] = game.bindings["q"]
    game.bindings["q"] = game.bindings["q"]
    with pytest.raises(ExecutionFailed) as caught:
        game.start()
    assert caught.value.code == "call_depth"


# Multi-instance.


def test_a_task_opens_once_for_each_element_of_a_list() -> None:
    game = Play(bpmn(line(f'<userTask id="t">{io(inp("frage", "${stelle}?"))}{OVER}</userTask>', '<userTask id="u"/>')))
    game.start(stellen=["a", "b", "c"])
    opened = [effect for effect in game.effects if isinstance(effect, TaskOpened)]
    assert [(item.element_index, item.inputs) for item in opened] == [
        (0, {"stelle": "a", "frage": "a?"}),
        (1, {"stelle": "b", "frage": "b?"}),
        (2, {"stelle": "c", "frage": "c?"}),
    ]
    game.complete("t").complete("t")
    assert game.waiting == {"t": 1}
    assert game.complete("t").waiting == {"u": 1}


def test_an_empty_list_is_skipped() -> None:
    game = Play(bpmn(line(f'<userTask id="t">{OVER}</userTask>'))).start(stellen=[])
    assert game.state.ended == "completed"


@pytest.mark.parametrize("value", [None, "a", 3])
def test_what_is_no_list_stops_the_step(value: Any) -> None:
    with pytest.raises(ExecutionFailed, match="keine Liste"):
        Play(bpmn(line(f'<userTask id="t">{OVER}</userTask>'))).start(stellen=value)


@pytest.mark.parametrize(
    ("count", "works"),
    [("3", True), ("=n", True), ("${n}", True), ("-1", False), ("1.5", False), ('"a"', False), ("10001", False)],
)
def test_a_number_of_instances(count: str, works: bool) -> None:
    task = f'<userTask id="t">{loop(f"<loopCardinality>{count}</loopCardinality>")}</userTask>'
    if works:
        assert Play(bpmn(line(task))).start(n=3).waiting == {"t": 3}
    else:
        with pytest.raises(ExecutionFailed, match="ganze Zahl"):
            Play(bpmn(line(task))).start(n=3)


def test_a_completion_condition_ends_the_remaining_instances() -> None:
    text = "nrOfCompletedInstances &gt;= 2 and nrOfInstances = 4 and nrOfActiveInstances = 2"
    condition = f"<completionCondition>{text}</completionCondition>"
    task = f'<userTask id="t">{loop("<loopCardinality>4</loopCardinality>" + condition)}</userTask>'
    game = Play(bpmn(line(task))).start()
    game.complete("t")
    assert game.waiting == {"t": 3}
    game.complete("t")
    assert game.state.ended == "completed"
    assert game.moved("canceled") == ["t", "t"]


def test_a_completion_condition_sees_what_the_instance_gave() -> None:
    condition = "<completionCondition>nein</completionCondition>"
    task = f'<userTask id="t">{loop("<loopCardinality>3</loopCardinality>" + condition)}</userTask>'
    game = Play(bpmn(line(task))).start()
    assert game.complete("t", nein=False).waiting == {"t": 2}
    assert game.complete("t", nein=True).state.ended == "completed"


def test_outputs_of_instances_can_be_collected_in_a_list() -> None:
    task = f'<userTask id="t">{io(out("antworten", "=append(antworten, antwort)"))}{OVER}</userTask>'
    game = Play(bpmn(line(task))).start(stellen=["a", "b"], antworten=[])
    game.complete("t", antwort="ja").complete("t", antwort="nein")
    assert game.variables()["antworten"] == ["ja", "nein"]


def test_sub_processes_run_side_by_side_with_their_own_variables() -> None:
    game = Play(bpmn(line(sub(INNER + "", OVER)))).start(stellen=["a", "b"])
    seen = [game.state.variables(wait)["stelle"] for wait in game.waits]
    assert seen == ["a", "b"]
    assert game.complete("inner").complete("inner").state.ended == "completed"


def test_finished_instances_are_only_counted() -> None:
    game = Play(bpmn(line(f'<userTask id="t">{OVER}</userTask>'))).start(stellen=["a"] * 50)
    for _ in range(49):
        game.complete("t")
    items = [item for item in game.state.to_json()["activations"] if item["element"] == "t"]
    assert len(items) == 2
    assert items[0]["loop"] == {"total": 50, "completed": 49}


def test_a_boundary_timer_belongs_to_all_instances_together() -> None:
    timer = (
        '<boundaryEvent id="b" attachedToRef="t"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
    )
    game = Play(bpmn(line(f'<userTask id="t">{OVER}</userTask>') + timer)).start(stellen=["a", "b", "c"])
    assert game.waiting == {"t": 3, "b": 1}
    game.complete("t").fire("b")
    assert game.state.ended == "completed"
    assert game.moved("canceled") == ["t", "t"]


@pytest.mark.parametrize("attribute", ["asyncBefore", "asyncAfter"])
def test_every_instance_can_go_on_asynchronously(attribute: str) -> None:
    inner = loop("<loopCardinality>2</loopCardinality>", f'camunda:{attribute}="true"')
    game = Play(bpmn(line(f'<userTask id="t">{inner}</userTask>'))).start()
    if attribute == "asyncBefore":
        assert [effect.kind for effect in game.effects if isinstance(effect, JobRequested)] == ["continue", "continue"]
        game.finish_job("t").finish_job("t")
        game.complete("t").complete("t")
    else:
        game.complete("t")
        game.finish_job("t")
        game.complete("t")
        game.finish_job("t")
    assert game.state.ended == "completed"


# Size.


def test_two_thousand_rounds_keep_state_and_step_flat() -> None:
    body = (
        '<startEvent id="s"/><userTask id="t"/><exclusiveGateway id="g" default="f4"/><endEvent id="e"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="t"/><sequenceFlow id="f2" sourceRef="t" targetRef="g"/>'
        '<sequenceFlow id="f3" sourceRef="g" targetRef="t"><conditionExpression>runden &lt; 2000</conditionExpression>'
        '</sequenceFlow><sequenceFlow id="f4" sourceRef="g" targetRef="e"/>'
    ).replace('<userTask id="t"/>', f'<userTask id="t">{io(out("runden", "=runden + 1"))}</userTask>')
    game = Play(bpmn(body)).start(runden=0)
    sizes = []
    while game.state.ended is None:
        game.complete("t")
        sizes.append(len(str(game.state.to_json())))
    assert len(sizes) == 2000
    assert max(sizes) - min(sizes[:-1]) < 20


def test_a_thousand_participants_work_and_stay_quick() -> None:
    game = Play(bpmn(line(f'<userTask id="t">{OVER}</userTask>'))).start(stellen=[f"Stelle {n}" for n in range(1000)])
    state = game.state
    durations = []
    while state.ended is None:
        command = commands.CompleteTask(next(iter(state.places)), START)
        begin = time.perf_counter()
        state = execute(game.programs, state, command).state
        durations.append(time.perf_counter() - begin)
    assert len(durations) == 1000
    assert sorted(durations)[500] < 0.002


def test_a_thousand_nested_or_chained_elements_need_no_recursion() -> None:
    chain = [f'<task id="t{n}"/>' for n in range(3000)]
    assert Play(bpmn(line(*chain))).start().state.ended == "completed"
    deep = ""
    for n in range(60):
        deep = f'<subProcess id="d{n}">{line(*([deep] if deep else []))}</subProcess>'
        deep = deep.replace('"start"', f'"a{n}"').replace('"end"', f'"z{n}"').replace('id="f', f'id="g{n}_')
    assert Play(bpmn(line(deep))).start().state.ended == "completed"


def test_a_wide_fork_joins() -> None:
    tasks = "".join(f'<userTask id="t{n}"/>' for n in range(300))
    flows = "".join(
        f'<sequenceFlow id="a{n}" sourceRef="fork" targetRef="t{n}"/>'
        f'<sequenceFlow id="b{n}" sourceRef="t{n}" targetRef="join"/>'
        for n in range(300)
    )
    body = (
        f'<startEvent id="s"/><parallelGateway id="fork"/>{tasks}<parallelGateway id="join"/><endEvent id="e"/>{flows}'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="fork"/><sequenceFlow id="f2" sourceRef="join" targetRef="e"/>'
    )
    game = Play(bpmn(body)).start()
    for n in range(300):
        game.complete(f"t{n}")
    assert game.state.ended == "completed"


def test_the_variables_of_a_finished_instance_stay() -> None:
    assert Play(bpmn(line())).start(x=value_of(1)).variables() == {"x": Decimal(1)}
