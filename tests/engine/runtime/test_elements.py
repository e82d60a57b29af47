"""What each element does, one construct a test."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.dmn.decisions import read_dmn
from engine.runtime import commands
from engine.runtime.effects import (
    Decided,
    InstanceEnded,
    JobRequested,
    MessageExpected,
    MessageThrown,
    TaskOpened,
    TimerSet,
    WaitClosed,
)
from engine.runtime.errors import ExecutionFailed, WaitGone
from tests.engine.bpmn.models import line
from tests.engine.runtime.play import START, Play, bpmn

MESSAGE = '<message id="m" name="Antwort"/>'
ERROR = '<error id="e" errorCode="E1" camunda:errorMessage="kaputt"/>'


def play(*elements: str, roots: str = "", **options: Any) -> Play:
    """Elements in a row between start and end."""
    return Play(bpmn(line(*elements), roots=roots), **options)


def io(*parameters: str) -> str:
    return f"<extensionElements><camunda:inputOutput>{''.join(parameters)}</camunda:inputOutput></extensionElements>"


def inp(name: str, text: str) -> str:
    return f'<camunda:inputParameter name="{name}">{text}</camunda:inputParameter>'


def out(name: str, text: str) -> str:
    return f'<camunda:outputParameter name="{name}">{text}</camunda:outputParameter>'


# Tasks.


def test_a_user_task_says_who_does_it_until_when_and_with_which_form() -> None:
    task = (
        '<userTask id="t" name="Antrag prüfen" camunda:formKey="pruefen.form" camunda:assignee="${wer}" '
        'camunda:candidateGroups="steueramt, ${gruppe}" camunda:candidateUsers="=[wer, &quot;bo&quot;]" '
        'camunda:dueDate="2027-01-15" camunda:followUpDate="P3D" camunda:priority="${40 + 2}">'
        '<extensionElements><camunda:properties><camunda:property name="zweite_person" value="true"/>'
        "</camunda:properties></extensionElements></userTask>"
    )
    lanes = '<laneSet id="l"><lane id="l1" name="Steueramt"><flowNodeRef>t</flowNodeRef></lane></laneSet>'
    game = Play(bpmn(lanes + line(task))).start(wer="anna", gruppe="poststelle")
    opened = game.effect(TaskOpened)
    assert opened == TaskOpened(
        wait=opened.wait,
        element="t",
        name="Antrag prüfen",
        kind="user",
        form_key="pruefen.form",
        assignee="anna",
        candidate_users=("anna", "bo"),
        candidate_groups=("steueramt", "poststelle"),
        due_at=datetime(2027, 1, 15, 22, 59, 59, tzinfo=UTC),
        follow_up_at=START + timedelta(days=3),
        priority=42,
        lane="Steueramt",
        properties={"zweite_person": "true"},
        inputs={},
        process="p",
    )


def test_performers_and_owners_of_bpmn_are_assignee_and_candidates() -> None:
    def role(tag: str, text: str) -> str:
        expression = f"<formalExpression>{text}</formalExpression>"
        return f"<{tag}><resourceAssignmentExpression>{expression}</resourceAssignmentExpression></{tag}>"

    roles = role("humanPerformer", "${wer}") + role("potentialOwner", "user(bo), group(amt), steueramt")
    opened = (
        play(f'<userTask id="t" camunda:candidateUsers="cleo">{roles}</userTask>').start(wer="anna").effect(TaskOpened)
    )
    assert opened.assignee == "anna"
    assert opened.candidate_users == ("cleo", "bo")
    assert opened.candidate_groups == ("amt", "steueramt")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("assignee", True), ("candidateGroups", [1]), ("dueDate", "bald"), ("priority", "hoch"), ("formKey", ["a"])],
)
def test_a_value_of_the_wrong_kind_stops_the_step_and_names_the_attribute(attribute: str, value: Any) -> None:
    game = play(f'<userTask id="t" camunda:{attribute}="${{x}}"/>')
    with pytest.raises(ExecutionFailed, match=f"camunda:{attribute}"):
        game.start(x=value)


def test_only_output_parameters_carry_what_a_person_enters() -> None:
    game = play(
        f'<userTask id="t">{io(inp("vorschlag", "=betrag * 2"), out("betrag", "=neu"))}</userTask>',
        '<userTask id="u"/>',
    )
    game.start(betrag=5)
    assert game.effect(TaskOpened).inputs == {"vorschlag": Decimal(10)}
    game.complete("t", neu=7, geheim=1, betrag=999)
    assert game.variables() == {"betrag": Decimal(7)}


def test_completing_a_task_twice_finds_nobody_waiting() -> None:
    game = play('<userTask id="t"/>', '<userTask id="u"/>').start()
    wait = game.wait("t")
    game.complete("t")
    with pytest.raises(WaitGone):
        game.do(commands.CompleteTask(wait, START))
    with pytest.raises(WaitGone):
        game.do(commands.CompleteJob(game.wait("u"), START))


def test_an_external_service_gets_inputs_and_gives_only_declared_outputs() -> None:
    task = (
        '<serviceTask id="s" camunda:type="external" camunda:topic="bescheid.erzeugen" camunda:taskPriority="7">'
        "<extensionElements><camunda:failedJobRetryTimeCycle>R3/PT10M</camunda:failedJobRetryTimeCycle>"
        f"<camunda:inputOutput>{inp('art', 'steuerbescheid')}{inp('summe', '${betrag}')}{out('va', '=verwaltungsakt')}"
        "</camunda:inputOutput></extensionElements></serviceTask>"
    )
    game = play(task, '<userTask id="u"/>').start(betrag=5)
    job = game.effect(JobRequested)
    assert (job.topic, job.kind, job.priority, job.retry_cycle) == ("bescheid.erzeugen", "external", 7, "R3/PT10M")
    assert job.inputs == {"art": "steuerbescheid", "summe": Decimal(5)}
    game.finish_job("s", verwaltungsakt="17", dokument="18")
    assert game.variables() == {"betrag": Decimal(5), "va": "17"}


def test_parameters_may_be_lists_contexts_and_feel_scripts() -> None:
    parameters = (
        '<camunda:inputParameter name="x"><camunda:list><camunda:value>a</camunda:value>'
        "<camunda:value>${n}</camunda:value></camunda:list></camunda:inputParameter>"
        '<camunda:inputParameter name="y"><camunda:map><camunda:entry key="k">=n + 1</camunda:entry></camunda:map>'
        '</camunda:inputParameter><camunda:inputParameter name="z"><camunda:script scriptFormat="feel">sum([n, 1])'
        "</camunda:script></camunda:inputParameter>"
        '<camunda:inputParameter name="leer"/>'
    )
    game = play(f'<userTask id="t">{io(parameters)}</userTask>').start(n=2)
    assert game.effect(TaskOpened).inputs == {
        "x": ["a", Decimal(2)],
        "y": {"k": Decimal(3)},
        "z": Decimal(3),
        "leer": None,
    }


@pytest.mark.parametrize("tag", ["task", "manualTask"])
def test_a_task_without_work_passes_at_once(tag: str) -> None:
    assert play(f'<{tag} id="t"/>').start().state.ended == "completed"


def test_a_script_assigns_its_result_or_the_entries_of_a_context() -> None:
    one = '<scriptTask id="a" scriptFormat="feel" camunda:resultVariable="x"><script>1 + 1</script></scriptTask>'
    many = '<scriptTask id="b" scriptFormat="FEEL"><script>{ y: x + 1, z: "s" }</script></scriptTask>'
    assert play(one, many).start().variables() == {"x": Decimal(2), "y": Decimal(3), "z": "s"}


@pytest.mark.parametrize(("text", "code"), [("5", "script_result"), ('1 + "a"', "script_failed")])
def test_a_script_without_result_stops_the_step(text: str, code: str) -> None:
    with pytest.raises(ExecutionFailed) as caught:
        play(f'<scriptTask id="a" scriptFormat="feel"><script>{text}</script></scriptTask>').start()
    assert (caught.value.code, caught.value.element) == (code, "a")
    assert caught.value.line


DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
<inputData id="ia" name="a"><variable name="a" typeRef="number"/></inputData>
<decision id="fee" name="fee"><informationRequirement><requiredInput href="#ia"/></informationRequirement>
<decisionTable hitPolicy="{policy}"><input label="a"><inputExpression typeRef="number"><text>a</text></inputExpression>
</input>{outputs}
<rule><inputEntry><text>&lt; 5</text></inputEntry>{entries}</rule>
<rule><inputEntry><text>&lt; 3</text></inputEntry>{entries}</rule></decisionTable></decision></definitions>"""
ONE = '<output name="betrag" typeRef="number"/>', "<outputEntry><text>10</text></outputEntry>"
TWO = (
    '<output name="betrag" typeRef="number"/><output name="grund" typeRef="string"/>',
    '<outputEntry><text>10</text></outputEntry><outputEntry><text>"klein"</text></outputEntry>',
)
ROW = {"betrag": Decimal(10), "grund": "klein"}


def decided(policy: str, columns: tuple[str, str], mapping: str, a: int) -> Play:
    data = DMN.format(policy=policy, outputs=columns[0], entries=columns[1]).encode()
    task = f'<businessRuleTask id="d" camunda:decisionRef="fee" camunda:resultVariable="r" {mapping}/>'
    return play(task, decisions=read_dmn(data, name="fee.dmn").decisions).start(a=a, geheim=1)


@pytest.mark.parametrize(
    ("policy", "columns", "mapping", "a", "expected"),
    [
        ("UNIQUE", ONE, "singleEntry", 4, Decimal(10)),
        ("UNIQUE", ONE, "singleEntry", 9, None),
        ("COLLECT", ONE, "singleEntry", 4, Decimal(10)),
        ("UNIQUE", TWO, "singleResult", 4, ROW),
        ("UNIQUE", TWO, "singleResult", 9, None),
        ("COLLECT", ONE, "collectEntries", 1, [Decimal(10), Decimal(10)]),
        ("UNIQUE", ONE, "collectEntries", 4, [Decimal(10)]),
        ("COLLECT", TWO, "resultList", 1, [ROW, ROW]),
        ("UNIQUE", TWO, "resultList", 4, [ROW]),
        ("UNIQUE", TWO, "", 9, []),
    ],
)
def test_a_decision_gives_its_result_in_the_named_form(
    policy: str, columns: tuple[str, str], mapping: str, a: int, expected: Any
) -> None:
    attribute = f'camunda:mapDecisionResult="{mapping}"' if mapping else ""
    game = decided(policy, columns, attribute, a)
    assert game.variables()["r"] == expected
    effect = game.effect(Decided)
    assert (effect.decision, effect.inputs) == ("fee", {"a": Decimal(a)})
    assert "Regel" in effect.sentence


@pytest.mark.parametrize(
    ("policy", "columns", "mapping", "a", "code"),
    [
        ("UNIQUE", ONE, "singleEntry", 1, "decision_failed"),
        ("COLLECT", ONE, "singleEntry", 1, "decision_mapping"),
        ("UNIQUE", TWO, "singleEntry", 4, "decision_mapping"),
        ("UNIQUE", ONE, "singleResult", 4, "decision_mapping"),
        ("UNIQUE", TWO, "collectEntries", 4, "decision_mapping"),
        ("UNIQUE", ONE, "resultList", 4, "decision_mapping"),
    ],
)
def test_a_decision_without_that_form_or_with_an_error_stops_the_step(
    policy: str, columns: tuple[str, str], mapping: str, a: int, code: str
) -> None:
    with pytest.raises(ExecutionFailed) as caught:
        decided(policy, columns, f'camunda:mapDecisionResult="{mapping}"', a)
    assert (caught.value.code, caught.value.element) == (code, "d")


@pytest.mark.parametrize(
    "element",
    [
        '<sendTask id="s" messageRef="m">{io}</sendTask>',
        '<intermediateThrowEvent id="s">{io}<messageEventDefinition messageRef="m"/></intermediateThrowEvent>',
    ],
)
def test_a_thrown_message_leaves_with_its_inputs(element: str) -> None:
    game = play(element.format(io=io(inp("frage", "=text"))), roots=MESSAGE).start(text="Warum?", geheim=1)
    assert game.effect(MessageThrown) == MessageThrown("s", "Antwort", None, {"frage": "Warum?"}, "p")
    assert game.state.ended == "completed"


def test_a_message_that_a_service_sends_is_a_job() -> None:
    event = (
        '<intermediateThrowEvent id="s"><messageEventDefinition messageRef="m" camunda:type="external" '
        'camunda:topic="nachricht.senden"/></intermediateThrowEvent>'
    )
    game = play(event, roots=MESSAGE).start()
    assert game.effect(JobRequested).topic == "nachricht.senden"
    assert game.finish_job("s").state.ended == "completed"


# Waiting for events.


@pytest.mark.parametrize(
    "element",
    [
        '<receiveTask id="r" messageRef="m">{io}</receiveTask>',
        '<intermediateCatchEvent id="r">{io}<messageEventDefinition messageRef="m"/></intermediateCatchEvent>',
    ],
)
def test_a_message_is_awaited_by_name_and_its_values_need_an_output(element: str) -> None:
    game = play(element.format(io=io(out("antwort", "=text"))), roots=MESSAGE).start()
    assert game.effect(MessageExpected) == MessageExpected(game.wait("r"), "r", "Antwort", None, "p")
    game.deliver("r", text="Ja", geheim=1)
    assert (game.variables(), game.state.ended) == ({"antwort": "Ja"}, "completed")


def test_a_message_may_correlate_by_a_key_and_have_a_computed_name() -> None:
    task = (
        '<receiveTask id="r" messageRef="m"><extensionElements><camunda:properties>'
        '<camunda:property name="correlationKey" value="=bestellung.nummer"/></camunda:properties>'
        "</extensionElements></receiveTask>"
    )
    game = play(task, roots='<message id="m" name="Zahlung ${art}"/>').start(art="bar", bestellung={"nummer": 17})
    expected = game.effect(MessageExpected)
    assert (expected.name, expected.key) == ("Zahlung bar", "17")


def waiting(time: str) -> str:
    definition = f"<timerEventDefinition>{time}</timerEventDefinition>"
    return f'<intermediateCatchEvent id="w">{definition}</intermediateCatchEvent>'


@pytest.mark.parametrize(
    ("element", "due"),
    [
        ("<timeDuration>PT1H</timeDuration>", START + timedelta(hours=1)),
        ("<timeDuration>${frist}</timeDuration>", START + timedelta(days=2)),
        ('<timeDuration>=duration("P1D") * 2</timeDuration>', START + timedelta(days=2)),
        ("<timeDate>2027-01-15T08:00:00+01:00</timeDate>", datetime(2027, 1, 15, 7, tzinfo=UTC)),
        ('<timeDate>=date("2027-01-15")</timeDate>', datetime(2027, 1, 14, 23, tzinfo=UTC)),
        ("<timeCycle>R3/PT10M</timeCycle>", START + timedelta(minutes=10)),
    ],
)
def test_a_timer_is_due_at_an_absolute_time(element: str, due: datetime) -> None:
    game = play(waiting(element)).start(frist="P2D")
    assert game.effect(TimerSet).due_at == due
    assert game.fire("w").state.ended == "completed"


@pytest.mark.parametrize(
    "element", ["<timeDuration>${x}</timeDuration>", "<timeDate>${x}</timeDate>", "<timeCycle>${x}</timeCycle>"]
)
def test_a_timer_without_time_stops_the_step(element: str) -> None:
    with pytest.raises(ExecutionFailed, match="„w“ ergibt"):
        play(waiting(element)).start(x="bald")


def test_a_process_starts_with_its_message() -> None:
    other = '<startEvent id="ms"><messageEventDefinition messageRef="m"/></startEvent><userTask id="u"/>'
    flow = '<sequenceFlow id="x" sourceRef="ms" targetRef="u"/>'
    game = Play(bpmn(line('<userTask id="t"/>') + other + flow, roots=MESSAGE))
    assert game.start("Antwort", a=1).waiting == {"u": 1}
    assert Play(bpmn(line('<userTask id="t"/>') + other + flow, roots=MESSAGE)).start().waiting == {"t": 1}
    with pytest.raises(ExecutionFailed, match="nicht mit der Nachricht"):
        Play(bpmn(line('<userTask id="t"/>') + other + flow, roots=MESSAGE)).start("Falsch")


# Boundary events.


def boundary(definition: str, attributes: str = "", inner: str = "") -> str:
    return (
        f'<boundaryEvent id="b" attachedToRef="t" {attributes}>{inner}{definition}</boundaryEvent><userTask id="c"/>'
        '<sequenceFlow id="fb" sourceRef="b" targetRef="c"/>'
    )


TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"


def test_an_interrupting_timer_cancels_its_activity() -> None:
    game = Play(bpmn(line('<userTask id="t"/>') + boundary(TIMER))).start()
    assert game.waiting == {"t": 1, "b": 1}
    task = game.wait("t")
    game.fire("b")
    assert game.waiting == {"c": 1}
    assert WaitClosed(task, "task", "canceled") in game.effects
    assert game.moved("canceled") == ["t"]
    assert game.complete("c").state.ended == "completed"


def test_a_completed_activity_cancels_its_timer() -> None:
    game = Play(bpmn(line('<userTask id="t"/>') + boundary(TIMER))).start()
    timer = game.wait("b")
    game.complete("t")
    assert WaitClosed(timer, "timer", "canceled") in game.effects
    assert game.state.ended == "completed"


def test_a_non_interrupting_timer_fires_once_beside_its_activity() -> None:
    game = Play(bpmn(line('<userTask id="t"/>') + boundary(TIMER, 'cancelActivity="false"'))).start()
    game.fire("b")
    assert game.waiting == {"t": 1, "c": 1}
    assert game.complete("t").state.ended is None
    assert game.complete("c").state.ended == "completed"


def test_a_cycle_fires_as_often_as_it_says_counted_from_its_due_times() -> None:
    cycle = "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>"
    game = Play(bpmn(line('<userTask id="t"/>') + boundary(cycle, 'cancelActivity="false"'))).start()
    due = [game.waits[game.wait("b")].due_at]
    game.at += timedelta(hours=10)  # the worker was away
    for _ in range(2):
        game.fire("b")
        due.append(game.waits[game.wait("b")].due_at)
    game.fire("b")
    assert due == [START + timedelta(hours=hour) for hour in (1, 2, 3)]
    assert game.waiting == {"t": 1, "c": 3}


def test_a_non_interrupting_message_can_come_again() -> None:
    message = '<messageEventDefinition messageRef="m"/>'
    game = Play(
        bpmn(
            line('<userTask id="t"/>') + boundary(message, 'cancelActivity="false"', io(out("letzte", "=text"))),
            roots=MESSAGE,
        )
    ).start()
    wait = game.wait("b")
    game.deliver("b", text="eins").deliver("b", text="zwei")
    assert game.wait("b") == wait
    assert game.waiting == {"t": 1, "b": 1, "c": 2}
    assert game.variables() == {"letzte": "zwei"}


def test_a_worker_error_is_caught_with_its_code_and_values() -> None:
    task = '<serviceTask id="t" camunda:type="external" camunda:topic="x"/>'
    event = '<errorEventDefinition errorRef="e" camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/>'
    game = Play(bpmn(line(task) + boundary(event, inner=io(out("grund", "=grund"))), roots=ERROR)).start()
    with pytest.raises(ExecutionFailed, match="niemanden, der ihn fängt"):
        game.fail_job("t", "E2")
    game.fail_job("t", "E1", grund="weg", geheim=1)
    assert game.waiting == {"c": 1}
    assert game.variables() == {"code": "E1", "text": None, "grund": "weg"}


SUB = (
    '<subProcess id="t"><startEvent id="in"/><parallelGateway id="fork"/><userTask id="inner"/>'
    '<endEvent id="out"><errorEventDefinition errorRef="e"/></endEvent>'
    '<sequenceFlow id="s1" sourceRef="in" targetRef="fork"/><sequenceFlow id="s2" sourceRef="fork" targetRef="inner"/>'
    '<sequenceFlow id="s3" sourceRef="fork" targetRef="out"/></subProcess>'
)


def test_an_error_end_event_is_caught_at_its_sub_process() -> None:
    event = '<errorEventDefinition camunda:errorCodeVariable="code" camunda:errorMessageVariable="text"/>'
    game = Play(bpmn(line(SUB) + boundary(event), roots=ERROR)).start()
    assert game.waiting == {"c": 1}
    assert game.variables() == {"code": "E1", "text": "kaputt"}
    assert {"t", "inner", "out"} <= set(game.moved("canceled"))


def test_a_task_opened_and_cancelled_in_one_step_is_not_reported() -> None:
    game = Play(bpmn(line(SUB) + boundary("<errorEventDefinition/>"), roots=ERROR)).start()
    assert [effect.element for effect in game.effects if isinstance(effect, TaskOpened)] == ["c"]
    assert not any(isinstance(effect, WaitClosed) for effect in game.effects)


def test_an_error_that_nobody_catches_ends_the_instance() -> None:
    game = Play(bpmn(line(SUB), roots=ERROR)).start()
    assert (game.state.ended, game.state.error_code, game.waiting) == ("error", "E1", {})
    assert game.effect(InstanceEnded) == InstanceEnded("error", "E1")


def test_the_specific_error_code_goes_before_catch_all() -> None:
    catch_all = '<boundaryEvent id="a" attachedToRef="t"><errorEventDefinition/></boundaryEvent>'
    game = Play(bpmn(line(SUB) + catch_all + boundary('<errorEventDefinition errorRef="e"/>'), roots=ERROR)).start()
    assert game.waiting == {"c": 1}


# Gateways and flows.


def gateway(tag: str, *conditions: str, default: str = "") -> bytes:
    tasks = "".join(f'<userTask id="t{n}"/>' for n in range(len(conditions)))
    flows = "".join(
        f'<sequenceFlow id="f{n}" sourceRef="g" targetRef="t{n}">'
        + (f"<conditionExpression>{condition}</conditionExpression>" if condition else "")
        + "</sequenceFlow>"
        for n, condition in enumerate(conditions)
    )
    default = f'default="{default}"' if default else ""
    return bpmn(
        f'<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="g"/><{tag} id="g" {default}/>{tasks}{flows}'
    )


@pytest.mark.parametrize(("x", "expected"), [(1, {"t0": 1}), (2, {"t1": 1}), (3, {"t2": 1})])
def test_exclusive_takes_the_first_true_flow_or_the_default(x: int, expected: dict[str, int]) -> None:
    data = gateway("exclusiveGateway", "x &lt; 2", "x &lt; 3", "", default="f2")
    assert Play(data).start(x=x).waiting == expected


@pytest.mark.parametrize(("x", "expected"), [(1, {"t0": 1, "t1": 1, "t3": 1}), (2, {"t1": 1, "t3": 1}), (5, {"t3": 1})])
def test_conditions_behind_a_task_take_all_true_and_unconditional_flows(x: int, expected: dict[str, int]) -> None:
    data = gateway("task", "x &lt; 2", "x &lt; 3", "", "", default="f2")
    assert Play(data).start(x=x).waiting == expected


def test_the_default_flow_of_a_task_is_taken_when_no_condition_holds() -> None:
    data = gateway("task", "x &lt; 2", "", default="f1")
    assert Play(data).start(x=5).waiting == {"t1": 1}
    assert Play(data).start(x=1).waiting == {"t0": 1}


@pytest.mark.parametrize("tag", ["exclusiveGateway", "task"])
def test_no_true_condition_and_no_default_is_an_error(tag: str) -> None:
    with pytest.raises(ExecutionFailed) as caught:
        Play(gateway(tag, "x &lt; 2", "x &lt; 3")).start(x=5)
    assert (caught.value.code, caught.value.element) == ("no_flow_matches", "g")


@pytest.mark.parametrize("value", [None, "ja", 1])
def test_a_condition_that_is_not_boolean_is_an_error_that_names_flow_and_reason(value: Any) -> None:
    with pytest.raises(ExecutionFailed) as caught:
        Play(gateway("exclusiveGateway", "x", "", default="f1")).start(x=value)
    assert caught.value.code == "condition_not_boolean"
    assert "„f0“" in caught.value.message_de
    with pytest.raises(ExecutionFailed, match="fehlt"):
        Play(gateway("exclusiveGateway", "fehlt &gt; 2", "", default="f1")).start()


def test_a_parallel_join_waits_for_every_flow_and_not_for_any_two_tokens() -> None:
    body = (
        '<startEvent id="s"/><parallelGateway id="fork"/><userTask id="a"/><userTask id="b"/><task id="x"/>'
        '<parallelGateway id="join"/><userTask id="after"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="fork"/><sequenceFlow id="f2" sourceRef="fork" targetRef="a"/>'
        '<sequenceFlow id="f3" sourceRef="fork" targetRef="a"/><sequenceFlow id="f4" sourceRef="fork" targetRef="b"/>'
        '<sequenceFlow id="f5" sourceRef="a" targetRef="join"/><sequenceFlow id="f6" sourceRef="b" targetRef="join"/>'
        '<sequenceFlow id="f7" sourceRef="join" targetRef="after"/>'
    ).replace('<task id="x"/>', "")
    game = Play(bpmn(body)).start()
    assert game.waiting == {"a": 2, "b": 1}
    game.complete("a").complete("a")
    assert game.waiting == {"b": 1}
    game.complete("b")
    assert game.waiting == {"after": 1}
    game.complete("after")
    assert (game.state.ended, game.waiting) == (None, {})  # the second token waits at the join for ever


def test_a_task_with_two_incoming_flows_runs_once_for_each_token() -> None:
    body = (
        '<startEvent id="s"/><parallelGateway id="fork"/><userTask id="a"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="fork"/><sequenceFlow id="f2" sourceRef="fork" targetRef="a"/>'
        '<sequenceFlow id="f3" sourceRef="fork" targetRef="a"/>'
    )
    assert Play(bpmn(body)).start().waiting == {"a": 2}


# Ends, cancelling, asynchronous continuations.


def test_terminate_ends_only_its_own_scope() -> None:
    sub = SUB.replace('<errorEventDefinition errorRef="e"/>', "<terminateEventDefinition/>")
    game = Play(bpmn(line(sub, '<userTask id="after"/>'))).start()
    assert game.waiting == {"after": 1}
    assert game.moved("canceled") == ["inner"]


def test_terminate_in_the_process_ends_the_instance() -> None:
    body = SUB[SUB.index("<startEvent") : SUB.index("</subProcess>")]
    game = Play(bpmn(body.replace('<errorEventDefinition errorRef="e"/>', "<terminateEventDefinition/>"))).start()
    assert game.effect(InstanceEnded) == InstanceEnded("terminated", None)


def test_cancelling_closes_every_wait() -> None:
    game = Play(bpmn(line('<userTask id="t"/>') + boundary(TIMER))).start(x=1)
    game.do(commands.Cancel(START, "zurückgezogen"))
    assert game.effect(InstanceEnded) == InstanceEnded("canceled", None)
    assert (game.waiting, game.variables()) == ({}, {"x": Decimal(1)})
    with pytest.raises(ExecutionFailed, match="bereits beendet"):
        game.do(commands.Cancel(START, "noch einmal"))


@pytest.mark.parametrize("attribute", ["asyncBefore", "asyncAfter", "async"])
def test_an_asynchronous_continuation_is_a_job(attribute: str) -> None:
    game = play(f'<userTask id="t" camunda:{attribute}="true"/>').start()
    if attribute != "asyncAfter":
        assert game.effect(JobRequested).kind == "continue"
        assert game.moved("entered") == ["start"]
        game.finish_job("t")
    game.complete("t")
    if attribute == "asyncAfter":
        assert game.effect(JobRequested).kind == "continue"
        assert game.state.ended is None
        game.finish_job("t")
    assert game.state.ended == "completed"


def test_a_token_that_goes_on_asynchronously_joins_by_its_flow() -> None:
    body = (
        '<startEvent id="s"/><parallelGateway id="fork"/><userTask id="a"/>'
        '<parallelGateway id="join" camunda:asyncBefore="true"/><endEvent id="e"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="fork"/><sequenceFlow id="f2" sourceRef="fork" targetRef="a"/>'
        '<sequenceFlow id="f3" sourceRef="fork" targetRef="join"/>'
        '<sequenceFlow id="f4" sourceRef="a" targetRef="join"/><sequenceFlow id="f5" sourceRef="join" targetRef="e"/>'
    )
    game = Play(bpmn(body)).start()
    game.finish_job("join").complete("a").finish_job("join")
    assert game.state.ended == "completed"


def test_a_loop_without_waiting_place_is_stopped_with_a_clear_message() -> None:
    body = (
        '<startEvent id="s"/><exclusiveGateway id="g"/><task id="t" name="Rundlauf"/><endEvent id="e"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="g"/><sequenceFlow id="f2" sourceRef="g" targetRef="t"/>'
        '<sequenceFlow id="f3" sourceRef="t" targetRef="g"/>'
    ).replace('<endEvent id="e"/>', "")
    with pytest.raises(ExecutionFailed, match="Schleife") as caught:
        Play(bpmn(body)).start()
    assert caught.value.code == "endless_loop"


def test_a_failed_step_changes_nothing() -> None:
    game = Play(gateway("task", "x &lt; 2")).start(x=1)
    before = game.state.to_json()
    with pytest.raises(WaitGone):
        game.do(commands.CompleteTask("w99", START))
    assert game.state.to_json() == before


def test_starting_twice_and_going_on_unstarted_are_errors() -> None:
    game = play('<userTask id="t"/>').start()
    with pytest.raises(ExecutionFailed, match="läuft bereits"):
        game.start()
    with pytest.raises(ExecutionFailed, match="nicht gestartet"):
        play('<userTask id="t"/>').do(commands.CompleteTask("w1", START))
