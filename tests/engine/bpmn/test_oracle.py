"""Both engines on the same cases: they agree on what is comparable, and a wrong executor is noticed."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.script_engine import python_environment

from engine.bpmn.gate import check
from engine.bpmn.nodes import NONE, BoundarySpec, Kind, Node, Program
from engine.bpmn.oracle import Opinion, Verdict, comparable, compare, replay, script_engine, second
from engine.bpmn.oracle.comparable import EXCLUDED, MAX_ELEMENTS, RUN, exclusions
from engine.bpmn.oracle.documentation import documentation
from engine.bpmn.oracle.second import Case
from engine.bpmn.oracle.translation import translate
from engine.bpmn.reader import read_bpmn
from engine.dmn import read_dmn
from engine.runtime import Outcome, commands, execute, step
from engine.runtime.errors import ExecutionFailed
from engine.runtime.state import State
from tests.engine.bpmn.models import DEFINITIONS, ROOTS, SUB, line
from tests.engine.runtime import test_tangles as tangles
from tests.engine.runtime.generator import CONSTRUCTS, Options, Seeded, generate
from tests.engine.runtime.play import START, Play, bpmn
from tests.engine.runtime.test_properties import begin, go_on, play_out
from tests.golden import replay as golden
from tests.shared_data import shared

GENERATED = CONSTRUCTS & {
    *("user", "pass", "external", "script", "timer", "message", "choice", "fork", "split", "loop", "sub_process"),
    *("call", "multi_instance", "async", "boundary_timer", "boundary_message", "boundary_error", "event_gateway"),
    "handler",
}
"""What the second engine can be asked about; the rest is excluded, and tried one by one below."""
MODELS = 600

EXTERNAL = 'camunda:type="external" camunda:topic="t"'
MESSAGE, TIMER, TERMINATE = DEFINITIONS["message"], DEFINITIONS["timer"], DEFINITIONS["terminate"]
AGREES = Opinion("p", Verdict.AGREES)


def ask(game: Play, data: bytes, **options: Any) -> Opinion:
    return compare(game.by_id, [read_bpmn(data, name="test.bpmn")], game.commands, **options)


def start(body: str, *, roots: str = "", decisions: Mapping[str, Any] | None = None, **variables: Any) -> Play:
    game = Play(bpmn(body, roots=ROOTS + roots), decisions=decisions)
    return game.start(**variables)


def opinion(game: Play, body: str, *, roots: str = "", **options: Any) -> Opinion:
    return ask(game, bpmn(body, roots=ROOTS + roots), **options)


# Generated models.


def test_both_engines_do_the_same_on_hundreds_of_generated_models() -> None:
    """The same elements ended and the same places wait after every step of cases that are played at random."""
    verdicts: Counter[Verdict] = Counter()
    seed = 0
    while verdicts[Verdict.AGREES] < MODELS:
        chooser = Seeded(seed)
        generated = generate(chooser, Options(GENERATED))
        game = begin(generated)
        play_out(game, chooser)
        found = ask(game, generated.bpmn)
        assert found.verdict is not Verdict.DIFFERS, f"seed {seed}: {found.reason}"
        verdicts[found.verdict] += 1
        seed += 1
    assert verdicts[Verdict.NOT_COMPARABLE] < seed / 3


def test_tangled_models_run_alike_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs that no block structure holds together; what is excluded is left out, the rest may meet in any way."""
    left_out = ("inclusive", "compensate", "escalation")
    monkeypatch.setattr(step, "MAX_ELEMENTS", 300)
    monkeypatch.setattr(tangles, "NODES", [one for one in tangles.NODES if not any(word in one for word in left_out)])
    monkeypatch.setattr(tangles, "ENDS", ["", TERMINATE, MESSAGE])
    monkeypatch.setattr(tangles.Tangle, "handler", lambda self: "")
    monkeypatch.setattr(tangles.Tangle, "boundary", _boundary)
    verdicts: Counter[Verdict] = Counter()
    for seed in range(400):
        data = tangles.tangle(seed)
        if check(data):
            continue
        game, chooser = Play(data), Seeded(seed)
        with suppress(ExecutionFailed):
            game.start()
            for _ in range(20):
                if not game.state.ended and game.waits:
                    go_on(game, chooser)
        if game.commands:
            found = ask(game, data)
            assert found.verdict is not Verdict.DIFFERS, f"seed {seed}: {found.reason}"
            verdicts[found.verdict] += 1
    assert verdicts[Verdict.AGREES] > 100


def _boundary(tangle: tangles.Tangle, host: str) -> str:
    """An event that the second engine knows, and a task behind it."""
    name, after = tangle.new_id(), tangle.new_id()
    definition = tangle.pick((TIMER, MESSAGE, DEFINITIONS["error"]))
    cancel = "true" if "error" in definition else tangle.pick(("true", "false"))
    event = f'<boundaryEvent id="{name}" attachedToRef="{host}" cancelActivity="{cancel}">{definition}</boundaryEvent>'
    return f'{event}<userTask id="{after}"/>{tangle.flow(name, after)}'


def test_recorded_traces_run_alike_on_a_third_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Operaton did is replayed on both engines, with the models as they are."""
    replays: list[Any] = []

    class Recording(golden.Replay):
        def __init__(self, files: Any) -> None:
            super().__init__(files)
            self.models = [read_bpmn(data, name="model") for data in files]
            self.given: list[commands.Command] = []
            replays.append(self)

        def _execute(self, command: commands.Command) -> None:
            super()._execute(command)
            self.given.append(command)

    monkeypatch.setattr(golden, "Replay", Recording)
    golden.replay_all(shared("bpmn/golden/operaton"), adapted=False)
    verdicts: Counter[Verdict] = Counter()
    for played in replays:
        if played.given:
            programs = {program.process_id: program for program in played.programs.values()}
            found = compare(programs, played.models, played.given)
            assert found.verdict is not Verdict.DIFFERS, f"{found.process_id}: {found.reason}"
            verdicts[found.verdict] += 1
    assert verdicts[Verdict.AGREES] > 300


# Every line of the table.

HOST = '<userTask id="a"/><boundaryEvent id="b" attachedToRef="a"{cancel}>{event}</boundaryEvent>'
ATTACHED = HOST + (
    '<startEvent id="start"/><userTask id="c"/><endEvent id="end"/><endEvent id="e2"/>'
    '<sequenceFlow id="f0" sourceRef="start" targetRef="a"/><sequenceFlow id="f1" sourceRef="a" targetRef="end"/>'
    '<sequenceFlow id="f2" sourceRef="b" targetRef="c"/><sequenceFlow id="f3" sourceRef="c" targetRef="e2"/>'
)
FAILING = ATTACHED.replace('<userTask id="a"/>', f'<serviceTask id="a" {EXTERNAL}/>').format(
    cancel="", event=DEFINITIONS["error"]
)
FORK = (
    '<startEvent id="start"/><{tag}Gateway id="fork"/><userTask id="a"/><userTask id="b"/>{join}<endEvent id="end"/>'
    '<sequenceFlow id="f0" sourceRef="start" targetRef="fork"/>'
    '<sequenceFlow id="f1" sourceRef="fork" targetRef="a">{condition}</sequenceFlow>'
    '<sequenceFlow id="f2" sourceRef="fork" targetRef="b">{condition}</sequenceFlow>'
    '<sequenceFlow id="f3" sourceRef="a" targetRef="{to}"/><sequenceFlow id="f4" sourceRef="b" targetRef="{to}"/>{out}'
)
JOINED = '<sequenceFlow id="f5" sourceRef="join" targetRef="end"/>'
HOLDS = "<conditionExpression>x = 1</conditionExpression>"


def fork(tag: str, *, joins: bool, condition: str = "") -> str:
    join = f'<{tag}Gateway id="join"/>' if joins else ""
    out = JOINED if joins else ""
    return FORK.format(tag=tag, join=join, to="join" if joins else "end", out=out, condition=condition)


CHOICE = (
    '<startEvent id="start"/><exclusiveGateway id="g"/><userTask id="a"/><userTask id="b"/>'
    '<sequenceFlow id="f0" sourceRef="start" targetRef="g"/>'
    '<sequenceFlow id="f1" sourceRef="g" targetRef="a"><conditionExpression>x = 2</conditionExpression></sequenceFlow>'
    '<sequenceFlow id="f2" sourceRef="g" targetRef="b"/>'
)
RACE = (
    '<startEvent id="start"/><eventBasedGateway id="g"/>'
    f'<intermediateCatchEvent id="a">{MESSAGE}</intermediateCatchEvent>'
    f'<intermediateCatchEvent id="b">{TIMER}</intermediateCatchEvent><endEvent id="end"/>'
    '<sequenceFlow id="f0" sourceRef="start" targetRef="g"/><sequenceFlow id="f1" sourceRef="g" targetRef="a"/>'
    '<sequenceFlow id="f2" sourceRef="g" targetRef="b"/><sequenceFlow id="f3" sourceRef="a" targetRef="end"/>'
    '<sequenceFlow id="f4" sourceRef="b" targetRef="end"/>'
)
LINK = (
    '<startEvent id="start"/><intermediateThrowEvent id="go"><linkEventDefinition name="l"/></intermediateThrowEvent>'
    '<intermediateCatchEvent id="come"><linkEventDefinition name="l"/></intermediateCatchEvent><userTask id="a"/>'
    '<sequenceFlow id="f0" sourceRef="start" targetRef="go"/><sequenceFlow id="f1" sourceRef="come" targetRef="a"/>'
)
TWO_ENDS = fork("parallel", joins=False).replace('<endEvent id="end"/>', f'<endEvent id="end">{TERMINATE}</endEvent>')
DMN = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
<inputData id="ix" name="x"><variable name="x" typeRef="number"/></inputData>
<decision id="fee" name="fee"><informationRequirement><requiredInput href="#ix"/></informationRequirement>
<decisionTable hitPolicy="UNIQUE"><input label="x"><inputExpression typeRef="number"><text>x</text></inputExpression>
</input><output name="r" typeRef="number"/><rule><inputEntry><text>1</text></inputEntry>
<outputEntry><text>10</text></outputEntry></rule></decisionTable></decision></definitions>"""
DECIDE = 'camunda:decisionRef="fee" camunda:resultVariable="r" camunda:mapDecisionResult="singleEntry"'
CALLED = (
    '<process id="q" isExecutable="true"><startEvent id="qs"/><scriptTask id="qx" scriptFormat="feel" '
    'camunda:resultVariable="y"><script>x + 1</script></scriptTask><userTask id="qt"/>'
    '<sequenceFlow id="q1" sourceRef="qs" targetRef="qx"/><sequenceFlow id="q2" sourceRef="qx" targetRef="qt"/>'
    "</process>"
)
CALL = (
    '<callActivity id="call" calledElement="q"><extensionElements><camunda:in source="x" target="x"/>'
    '<camunda:out source="y" target="z"/></extensionElements></callActivity>'
)
WAIT = '<userTask id="wait"/>'
MESSAGE_FLOW = '<sequenceFlow id="fm" sourceRef="m1" targetRef="wait"/>'


def handler(event: str, number: str = "", tag: str = "userTask") -> str:
    """An event sub-process with a script, which writes a variable of its own and one outside, and one more element."""
    ids = {name: f"{name}{number}" for name in ("h", "hs", "hx", "ht")}
    return (
        f'<subProcess id="{ids["h"]}" triggeredByEvent="true"><startEvent id="{ids["hs"]}">{event}</startEvent>'
        f'<scriptTask id="{ids["hx"]}" scriptFormat="feel"><script>{{ x: x + 1, y{number}: 2 }}</script></scriptTask>'
        f'<{tag} id="{ids["ht"]}"/><sequenceFlow id="hf{number}" sourceRef="{ids["hs"]}" targetRef="{ids["hx"]}"/>'
        f'<sequenceFlow id="hg{number}" sourceRef="{ids["hx"]}" targetRef="{ids["ht"]}"/></subProcess>'
    )


SMALL: dict[str, list[str]] = {
    "startEvent/none": [line(WAIT)],
    "startEvent/message": [line(WAIT) + f'<startEvent id="m1">{MESSAGE}</startEvent>{MESSAGE_FLOW}'],
    "subProcessStart/none": [line(SUB)],
    "endEvent/none": [line(WAIT), line(WAIT).replace('<endEvent id="end"/>', '<task id="end"/>')],
    "endEvent/message": [
        line(WAIT).replace('<endEvent id="end"/>', f'<endEvent id="end">{MESSAGE}</endEvent>'),
        line(WAIT).replace(
            '<endEvent id="end"/>', f'<endEvent id="end"><messageEventDefinition {EXTERNAL}/></endEvent>'
        ),
    ],
    "endEvent/terminate": [TWO_ENDS],
    "task": [line('<task id="t"/>', WAIT)],
    "manualTask": [line('<manualTask id="t"/>', WAIT)],
    "scriptTask": [
        line('<scriptTask id="s" scriptFormat="feel"><script>{ y: x + 1, z: y * 2 }</script></scriptTask>', WAIT)
    ],
    "businessRuleTask": [line(f'<businessRuleTask id="d" {DECIDE}/>', WAIT)],
    "serviceTask": [line(f'<serviceTask id="j" {EXTERNAL}/>')],
    "sendTask": [line('<sendTask id="s" messageRef="m"/>', WAIT), line(f'<sendTask id="s" {EXTERNAL}/>')],
    "userTask": [
        line(WAIT, '<userTask id="a" camunda:asyncBefore="true" camunda:asyncAfter="true"/>'),
        line(
            '<userTask id="a"><multiInstanceLoopCharacteristics camunda:collection="l" camunda:elementVariable="i">'
            "<completionCondition>nrOfCompletedInstances = 2 and nrOfActiveInstances = 1 and i >= 0"
            "</completionCondition></multiInstanceLoopCharacteristics></userTask>"
        ),
        line(
            '<userTask id="a"><extensionElements><camunda:inputOutput>'
            '<camunda:inputParameter name="n">=loopCounter + i</camunda:inputParameter>'
            '<camunda:outputParameter name="sum">=(if sum = null then 0 else sum) + n</camunda:outputParameter>'
            '</camunda:inputOutput></extensionElements><multiInstanceLoopCharacteristics isSequential="true" '
            'camunda:collection="l" camunda:elementVariable="i"/></userTask>'
        ),
    ],
    "receiveTask": [line('<receiveTask id="r" messageRef="m"/>')],
    "intermediateThrowEvent/none": [line('<intermediateThrowEvent id="t"/>', WAIT)],
    "intermediateThrowEvent/message": [
        line(f'<intermediateThrowEvent id="t">{MESSAGE}</intermediateThrowEvent>', WAIT),
        line(f'<intermediateThrowEvent id="t"><messageEventDefinition {EXTERNAL}/></intermediateThrowEvent>'),
    ],
    "intermediateThrowEvent/link": [LINK],
    "intermediateCatchEvent/link": [LINK],
    "intermediateCatchEvent/message": [line(f'<intermediateCatchEvent id="c">{MESSAGE}</intermediateCatchEvent>')],
    "intermediateCatchEvent/timer": [
        line(f'<intermediateCatchEvent id="c">{TIMER}</intermediateCatchEvent>'),
        line(
            '<intermediateCatchEvent id="c"><timerEventDefinition><timeDate>=date and time("2027-01-01T00:00:00Z")'
            "</timeDate></timerEventDefinition></intermediateCatchEvent>"
        ),
    ],
    "boundaryEvent/message": [ATTACHED.format(cancel="", event=MESSAGE)],
    "boundaryEvent/timer": [ATTACHED.format(cancel="", event=TIMER)],
    "boundaryEvent/error": [FAILING],
    "boundaryEventNonInterrupting/timer": [ATTACHED.format(cancel=' cancelActivity="false"', event=TIMER)],
    "eventSubProcessStart/message": [
        line(WAIT) + handler(MESSAGE) + handler(TIMER, "2"),
        line(SUB.replace('<endEvent id="out"/>', f'<userTask id="out"/>{handler(MESSAGE, tag="endEvent")}'), WAIT),
        line(
            SUB.replace(
                '<startEvent id="in"/>',
                '<multiInstanceLoopCharacteristics camunda:collection="l" camunda:elementVariable="i"/>'
                f'<startEvent id="in"/>{handler(MESSAGE)}',
            ).replace('<endEvent id="out"/>', '<userTask id="out"/>')
        ),
        TWO_ENDS + handler(MESSAGE),
    ],
    "eventSubProcessStart/timer": [line(WAIT) + handler(TIMER)],
    "eventSubProcessStart/error": [line(WAIT) + handler(DEFINITIONS["error"])],
    "subProcess": [
        line(SUB.replace('<endEvent id="out"/>', '<task id="out"/>'), WAIT),
        line(SUB.replace("<startEvent", '<multiInstanceLoopCharacteristics camunda:collection="l"/><startEvent'), WAIT),
    ],
    "callActivity": [line(CALL, WAIT)],
    "exclusiveGateway": [CHOICE],
    "inclusiveGateway": [fork("inclusive", joins=False, condition=HOLDS)],
    "eventBasedGateway": [RACE],
    "parallelGateway": [fork("parallel", joins=True), fork("parallel", joins=False)],
}


@pytest.mark.parametrize(("key", "body"), [(key, body) for key, bodies in SMALL.items() for body in bodies])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_line_of_the_table_runs_alike(key: str, body: str, seed: int) -> None:
    roots = CALLED if "calledElement" in body else ""
    decisions = read_dmn(DMN, name="fee.dmn").decisions
    message = "Nachricht" if key == "startEvent/message" and seed == 1 else None
    data = bpmn(body, roots=ROOTS + roots)
    game = Play(data, decisions=decisions).start(message, x=1, l=[0, 1, 2])
    chooser = Seeded(seed)
    while not game.state.ended:
        go_on(game, chooser)
    assert ask(game, data) == AGREES


def test_the_table_is_complete() -> None:
    alone = "boundaryEventNonInterrupting/message"  # has a test of its own
    assert SMALL.keys() == RUN.keys() - {alone}


EXCLUDING: dict[str, str] = {
    "complexGateway": '<complexGateway id="x"/>',
    "transaction": '<transaction id="x"/>',
    "adHocSubProcess": '<adHocSubProcess id="x"/>',
    "standardLoopCharacteristics": '<userTask id="x"><standardLoopCharacteristics/></userTask>',
    "timeCycle": ATTACHED.format(
        cancel=' cancelActivity="false"',
        event="<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>",
    ),
    "loop@camunda:asyncBefore": (
        '<userTask id="x"><multiInstanceLoopCharacteristics camunda:collection="l" camunda:asyncBefore="true"/>'
        "</userTask>"
    ),
    "event@camunda:asyncBefore": '<startEvent id="x" camunda:asyncBefore="true"/>',
    "event@camunda:asyncAfter": '<endEvent id="x" camunda:asyncAfter="true"/>',
    "join/inclusive": fork("inclusive", joins=True, condition=HOLDS),
    "join/loop": fork("parallel", joins=True) + '<sequenceFlow id="back" sourceRef="join" targetRef="fork"/>',
    "join/unreachable": (
        fork("parallel", joins=True) + '<task id="x"/><sequenceFlow id="u1" sourceRef="x" targetRef="x"/>'
        '<sequenceFlow id="u2" sourceRef="x" targetRef="join"/>'
    ),
    "size": "".join(f'<task id="x{number}"/>' for number in range(MAX_ELEMENTS + 1)),
}


@pytest.mark.parametrize("key", EXCLUDED)
def test_every_exclusion_is_found_with_its_reason(key: str) -> None:
    position, _, definition = key.partition("/")
    body = EXCLUDING.get(key)
    if body is None:
        flag = "false" if position.endswith("NonInterrupting") else "true"
        tag = "startEvent" if position.startswith("eventSubProcess") else position.removesuffix("NonInterrupting")
        event = f'<{tag} id="x" cancelActivity="{flag}" isInterrupting="{flag}">{DEFINITIONS[definition]}</{tag}>'
        body = f'<subProcess id="y" triggeredByEvent="true">{event}</subProcess>' if tag == "startEvent" else event
    process = read_bpmn(bpmn(body, roots=ROOTS), name="test.bpmn").processes[0]
    assert key in {found.key for found in exclusions(process)}
    assert any(str(found).endswith(EXCLUDED[key]) for found in exclusions(process))


def test_an_exclusion_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it SpiffWorkflow would be wrong, and the comparison would say so."""
    loop = (
        '<exclusiveGateway id="again"/><exclusiveGateway id="decide"/>'
        '<sequenceFlow id="g0" sourceRef="again" targetRef="fork"/>'
        '<sequenceFlow id="g1" sourceRef="join" targetRef="decide"/>'
        '<sequenceFlow id="g2" sourceRef="decide" targetRef="again"><conditionExpression>true</conditionExpression>'
        '</sequenceFlow><sequenceFlow id="g3" sourceRef="decide" targetRef="end"/>'
    )
    body = fork("parallel", joins=True).replace('targetRef="fork"', 'targetRef="again"').replace(JOINED, loop)
    game = start(body).complete("a").complete("b").complete("b")
    assert opinion(game, body).verdict is Verdict.NOT_COMPARABLE
    monkeypatch.setattr(replay, "exclusions", lambda *_: [])
    assert "„again“ endet hier 0-mal, auf SpiffWorkflow 1-mal" in opinion(game, body).reason

    body = ATTACHED.format(cancel=' cancelActivity="false"', event=MESSAGE)
    game = start(body).deliver("b")
    monkeypatch.setattr(second, "keeps_waiting", lambda node: False)
    assert opinion(game, body).reason.endswith("„b“ wartet hier 1-mal, auf SpiffWorkflow 0-mal.")


def test_the_page_about_the_second_engine_is_up_to_date() -> None:
    page = Path(__file__).parents[3] / "docs/second-engine.md"
    command = "python -m engine.bpmn.oracle.documentation > docs/second-engine.md"
    assert page.read_text("utf-8") == f"{documentation()}\n", f"run: {command}"


def test_whatever_is_in_no_table_is_not_comparable() -> None:
    body = '<choreographyTask id="x"/><startEvent id="s"><signalEventDefinition/></startEvent>'
    process = read_bpmn(bpmn(body), name="test.bpmn").processes[0]
    unknown = "Ob SpiffWorkflow das richtig ausführt, ist nicht geprüft."
    assert [str(found) for found in exclusions(process)] == [f"„{name}“ (Zeile 4): {unknown}" for name in ("x", "s")]


def test_a_called_process_that_is_missing_or_excluded_makes_its_caller_not_comparable() -> None:
    program = Play(bpmn(line(CALL))).by_id["p"]
    alone = read_bpmn(bpmn(line(CALL)), name="test.bpmn")
    assert comparable({"p": program}, [alone], "p") == ["Der Prozess „q“, der aufgerufen wird, gehört nicht dazu."]
    excluded = CALLED.replace('<userTask id="qt"/>', '<complexGateway id="qt"/>')
    both = read_bpmn(bpmn(line(CALL), roots=excluded), name="test.bpmn")
    [reason] = comparable({"p": program, "q": replace(program, called_elements=frozenset())}, [both], "p")
    assert reason.endswith(EXCLUDED["complexGateway"])


def test_an_element_inside_a_sub_process_excludes_the_process() -> None:
    body = line(SUB.replace('<endEvent id="out"/>', f'<endEvent id="out">{DEFINITIONS["error"]}</endEvent>'))
    game = start(body)
    assert opinion(game, body).verdict is Verdict.NOT_COMPARABLE


def test_what_spiffworkflow_does_wrongly_only_in_some_cases_is_noticed_when_it_happens() -> None:
    body = ATTACHED.format(cancel=' cancelActivity="false"', event=MESSAGE)
    quiet = start(body).complete("a")
    assert opinion(quiet, body) == AGREES
    told = start(body).deliver("b")
    assert opinion(told, body).reason.endswith("fängt an einem nicht unterbrechenden Ereignis nur eine Nachricht.")
    outside = line(SUB.replace('<endEvent id="out"/>', f'<serviceTask id="out" {EXTERNAL}/>'), WAIT) + (
        f'<boundaryEvent id="b" attachedToRef="sub">{DEFINITIONS["error"]}</boundaryEvent>'
    )
    failed = start(outside).fail_job("out", "E1")
    assert "Ein Fehler wird außerhalb der Aufgabe gefangen" in opinion(failed, outside).reason


# A wrong executor.


def _with(program: Program, node: Node, **changes: Any) -> Program:
    nodes = list(program.nodes)
    nodes[node.index] = replace(node, **changes)
    return replace(program, nodes=tuple(nodes))


def other_way(program: Program) -> Program | None:
    """Its first choice goes the other way round."""
    for node in program.nodes:
        if node.kind is Kind.EXCLUSIVE and len(node.outgoing) == 1 and node.default != NONE:
            return _with(program, node, outgoing=(node.default,), default=node.outgoing[0])
    return None


def no_join(program: Program) -> Program | None:
    """Its first join does not wait."""
    for node in program.nodes:
        if node.kind is Kind.PARALLEL and len(node.incoming) > 1:
            return _with(program, node, incoming=node.incoming[:1])
    return None


def lost_branch(program: Program) -> Program | None:
    """Its first fork forgets a branch."""
    for node in program.nodes:
        if node.kind is Kind.PARALLEL and len(node.outgoing) > 1:
            return _with(program, node, outgoing=node.outgoing[1:])
    return None


def not_interrupted(program: Program) -> Program | None:
    """Its first boundary event lets the activity live."""
    for node in program.nodes:
        if isinstance(node.spec, BoundarySpec) and node.spec.interrupting:
            return _with(program, node, spec=replace(node.spec, interrupting=False))
    return None


def skipped(program: Program) -> Program | None:
    """Its first user task does not wait."""
    for node in program.nodes:
        if node.kind is Kind.USER and node.loop is None:
            return _with(program, node, kind=Kind.PASS)
    return None


@pytest.mark.parametrize("mutate", [other_way, no_join, lost_branch, not_interrupted, skipped])
def test_a_wrong_executor_is_noticed(mutate: Callable[[Program], Program | None]) -> None:
    """Whenever the mutated program does something else than the right one, the engines differ."""
    wrong = noticed = 0
    for seed in range(150):
        generated = generate(Seeded(seed), Options(GENERATED - {"boundary_message"}))
        programs = Play(generated.bpmn, "main").by_id
        mutated = mutate(programs["main"])
        if mutated is None or comparable(programs, [read_bpmn(generated.bpmn, name="test.bpmn")], "main"):
            continue
        game = Play(generated.bpmn, "main")
        game.by_id["main"] = game.programs[mutated.hash] = mutated
        game.start(**generated.variables)
        chooser = Seeded(seed)
        for _ in range(60):
            if not game.state.ended and game.waits:
                go_on(game, chooser)
        if not _runs_alike(game, generated.bpmn):
            wrong += 1
            noticed += ask(game, generated.bpmn).verdict is Verdict.DIFFERS
    assert wrong >= 10
    assert noticed == wrong


def _runs_alike(game: Play, data: bytes) -> bool:
    """Whether the right program does the same with these commands."""
    right, state = Play(data, "main"), None
    effects: list[Any] = []
    try:
        for command in game.commands:
            outcome = execute(right.programs, state, command)
            state = outcome.state
            effects += outcome.effects
    except Exception:
        return False
    return effects == game.all_effects


def test_an_engine_that_forgets_a_variable_a_time_or_the_end_is_noticed() -> None:
    body = line('<userTask id="a"/>', f'<intermediateCatchEvent id="c">{TIMER}</intermediateCatchEvent>')
    game = start(body, x=1).complete("a").fire("c")

    def forgetting(change: Callable[[State], None]) -> Callable[..., Outcome]:
        def wrong(programs: Any, state: State | None, command: commands.Command) -> Outcome:
            outcome = execute(programs, state, command)
            changed = State.from_json(outcome.state.to_json())
            change(changed)
            return Outcome(changed, outcome.effects)

        return wrong

    def later(state: State) -> None:
        for activation in state.activations.values():
            for name, wait in activation.waits.items():
                if wait.due_at:
                    activation.waits[name] = replace(wait, due_at=wait.due_at + timedelta(seconds=1))

    def endless(state: State) -> None:
        state.ended = None

    assert opinion(game, body) == AGREES
    wrong = opinion(game, body, engine=forgetting(lambda state: state.activations[1].variables.clear()))
    assert (wrong.verdict, wrong.reason) == (
        Verdict.DIFFERS,
        "Schritt 1 (Start): Die Variable „x“ hat auf SpiffWorkflow einen anderen Wert.",
    )
    wrong = opinion(game, body, engine=forgetting(later))
    assert wrong.reason == (
        "Schritt 2 (Aufgabe erledigt: „a“): Der Zeitpunkt von „c“ ist auf SpiffWorkflow ein anderer."
    )
    wrong = opinion(game, body, engine=forgetting(endless))
    assert wrong.reason == (
        "Schritt 3 (Zeitpunkt erreicht: „c“): Hier ist der Vorgang nicht zu Ende, auf SpiffWorkflow schon."
    )


def test_a_difference_names_step_and_element() -> None:
    game = Play(bpmn(fork("parallel", joins=True), roots=ROOTS))
    game.by_id["p"] = game.programs[game.by_id["p"].hash] = no_join(game.by_id["p"])
    game.start().complete("a")
    found = opinion(game, fork("parallel", joins=True))
    assert found.verdict is Verdict.DIFFERS
    assert found.reason == "Schritt 2 (Aufgabe erledigt: „a“): „end“ endet hier 1-mal, auf SpiffWorkflow 0-mal."


def test_a_program_that_lost_an_element_is_noticed() -> None:
    game = start(line(WAIT)).complete("wait")
    program = game.by_id["p"]
    game.by_id["p"] = replace(program, index={name: index for name, index in program.index.items() if name != "wait"})
    found = compare(game.by_id, [read_bpmn(bpmn(line(WAIT), roots=ROOTS), name="test.bpmn")], game.commands)
    assert found == Opinion("p", Verdict.DIFFERS, "Das Modell enthält „wait“, das übersetzte Programm nicht.")


def test_bad_input_is_an_opinion_and_no_error() -> None:
    game = start(line(WAIT)).complete("wait")
    assert compare(game.by_id, [], game.commands).verdict is Verdict.NOT_COMPARABLE
    assert compare({}, [], game.commands).verdict is Verdict.NOT_COMPARABLE
    assert compare(game.by_id, [], []).verdict is Verdict.NOT_COMPARABLE
    twice = [*game.commands, game.commands[-1]]
    found = compare(game.by_id, [read_bpmn(bpmn(line(WAIT), roots=ROOTS), name="test.bpmn")], twice)
    assert found.verdict is Verdict.DIFFERS
    assert "lässt sich nicht wiederholen" in found.reason


def test_cancelling_a_case_ends_it_on_both_engines() -> None:
    body = fork("parallel", joins=True)
    game = start(body).complete("a")
    game.do(commands.Cancel(game.at, "zurückgezogen"))
    assert opinion(game, body) == AGREES


# Limits, and no Python.

LOOP = (
    '<startEvent id="start"/><exclusiveGateway id="again"/>'
    '<scriptTask id="count" scriptFormat="feel" camunda:resultVariable="n"><script>n + 1</script></scriptTask>'
    '<exclusiveGateway id="decide" default="out"/><userTask id="a"/>'
    '<sequenceFlow id="f0" sourceRef="start" targetRef="again"/>'
    '<sequenceFlow id="f1" sourceRef="again" targetRef="count"/>'
    '<sequenceFlow id="f2" sourceRef="count" targetRef="decide"/>'
    '<sequenceFlow id="f3" sourceRef="decide" targetRef="again"><conditionExpression>n &lt; limit'
    '</conditionExpression></sequenceFlow><sequenceFlow id="out" sourceRef="decide" targetRef="a"/>'
)


def test_a_path_too_long_for_spiffworkflow_is_not_comparable() -> None:
    assert opinion(start(LOOP, n=0, limit=100), LOOP) == AGREES
    found = opinion(start(LOOP, n=0, limit=1_000), LOOP)
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert "länger als 900 Schritte" in found.reason


@pytest.mark.parametrize(("limit", "value"), [("TIMEOUT_S", 0.0), ("MAX_STEPS", 5)])
def test_a_runaway_case_ends_with_a_time_out(monkeypatch: pytest.MonkeyPatch, limit: str, value: float) -> None:
    game = start(LOOP, n=0, limit=100)
    monkeypatch.setattr(second, limit, value)
    found = opinion(game, LOOP)
    assert found.verdict is Verdict.NOT_COMPARABLE
    assert found.reason == "Schritt 1 (Start): SpiffWorkflow wird in der vorgesehenen Zeit nicht fertig."


def test_a_loop_without_end_is_left_alone_by_the_second_engine() -> None:
    data = bpmn(LOOP.replace("n &lt; limit", "true"), roots=ROOTS)
    program = Play(data).by_id["p"]
    case = Case(
        translate(program, "start", {"p": program}, {"p": read_bpmn(data, name="test.bpmn").processes[0]}),
        {"n": 0},
        START,
    )
    with pytest.raises(second.NotComparable):
        case.go_on()


def test_a_long_model_is_read_in_whatever_depth_it_is_asked() -> None:
    body = line(*(f'<task id="t{number}"/>' for number in range(MAX_ELEMENTS - 2)))
    assert opinion(start(body), body).verdict is not Verdict.DIFFERS


PYTHON = "__import__('os').system('touch {marker}')"
PLACES = {
    "condition": '<sequenceFlow id="out" sourceRef="a" targetRef="end"><conditionExpression>{}</conditionExpression>'
    "</sequenceFlow>",
    "script": '<scriptTask id="s" scriptFormat="feel"><script>{}</script></scriptTask>',
    "timer": '<intermediateCatchEvent id="c"><timerEventDefinition><timeDuration>{}</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>",
    "cardinality": '<userTask id="m"><multiInstanceLoopCharacteristics><loopCardinality>{}</loopCardinality>'
    "</multiInstanceLoopCharacteristics></userTask>",
    "completion": '<userTask id="m"><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>'
    "<completionCondition>{}</completionCondition></multiInstanceLoopCharacteristics></userTask>",
    "name": '<userTask id="m" name="{}"/>',
}
HARMLESS = {"condition": "true", "script": "{ x: 1 }", "timer": "PT1H", "cardinality": "2", "completion": "false"}


@pytest.mark.parametrize("place", PLACES)
def test_python_in_a_model_never_runs(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where a model with Python is put to the second engine under the program of a harmless one."""

    def no_python(*_: Any) -> Any:
        raise AssertionError("Python of a model")

    for name in ("eval", "exec"):
        monkeypatch.setattr(python_environment, name, no_python, raising=False)
    marker = tmp_path / "marker"
    evil, good = (_with_text(place, text) for text in (PYTHON.format(marker=marker), HARMLESS.get(place, "Name")))
    if place != "name":
        assert check(evil)
    game = Play(good)
    game.start()
    while not game.state.ended:
        go_on(game, Seeded(1))
    assert compare(game.by_id, [read_bpmn(evil, name="evil.bpmn")], game.commands).verdict is Verdict.AGREES
    assert not marker.exists()
    process = read_bpmn(evil, name="evil.bpmn").processes[0]
    written = etree.tostring(translate(game.by_id["p"], "start", game.by_id, {"p": process}).root)
    assert b"import" not in written


def _with_text(place: str, text: str) -> bytes:
    if place == "condition":
        body = '<startEvent id="start"/><userTask id="a"/><endEvent id="end"/>'
        body += '<sequenceFlow id="f0" sourceRef="start" targetRef="a"/>' + PLACES[place].format(text)
        return bpmn(body, roots=ROOTS)
    return bpmn(line(PLACES[place].format(text)), roots=ROOTS)


def test_the_script_engine_has_no_python() -> None:
    engine = script_engine.Expressions(None)
    for run in (engine.environment.evaluate, engine.environment.execute):
        with pytest.raises(second.NotComparable):
            run("1 + 1", {})
    for run in (engine.call_service, engine.environment.call_service):
        with pytest.raises(second.NotComparable):
            run({})


def test_only_the_oracle_knows_spiffworkflow() -> None:
    root = Path(__file__).parents[3]
    users = {
        path.relative_to(root).as_posix()
        for area in ("engine", "forms", "integrations", "storage", "web")
        for path in (root / area).rglob("*.py")
        if "import SpiffWorkflow" in (text := path.read_text("utf-8")) or "from SpiffWorkflow" in text
    }
    measured_beside = {"web/bench/naive.py", "web/bench/spiff_table.py"}
    assert users - measured_beside == {f"engine/bpmn/oracle/{name}.py" for name in ("script_engine", "second")}
