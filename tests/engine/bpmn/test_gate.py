"""What the gate refuses beyond the table: structure, references and texts, each with place and German sentence."""

import json
import random
import time
from pathlib import Path

import pytest

from engine.bpmn import gate
from engine.bpmn.gate import check
from tests.engine.bpmn.models import HEAD, ROOTS, SUB, line, model
from tests.shared_data import shared

XOR = (
    '<startEvent id="start"/><exclusiveGateway id="g" {default}/><endEvent id="a"/><endEvent id="b"/>'
    '<sequenceFlow id="f0" sourceRef="start" targetRef="g"/>'
    '<sequenceFlow id="fa" sourceRef="g" targetRef="a">{first}</sequenceFlow>'
    '<sequenceFlow id="fb" sourceRef="g" targetRef="b">{second}</sequenceFlow>'
)
YES = "<conditionExpression>true</conditionExpression>"


def mi(inner: str, attributes: str = "") -> str:
    return (
        f'<userTask id="t"><multiInstanceLoopCharacteristics {attributes}>{inner}'
        "</multiInstanceLoopCharacteristics></userTask>"
    )


def io(inner: str, tag: str = "userTask", attributes: str = "") -> str:
    return (
        f'<{tag} id="t" {attributes}><extensionElements><camunda:inputOutput>{inner}'
        f"</camunda:inputOutput></extensionElements></{tag}>"
    )


def retried(cycle: str, tag: str = "serviceTask", attributes: str = 'camunda:type="external" camunda:topic="x"') -> str:
    return (
        f'<{tag} id="t" {attributes}><extensionElements>'
        f"<camunda:failedJobRetryTimeCycle>{cycle}</camunda:failedJobRetryTimeCycle></extensionElements></{tag}>"
    )


COMPENSATION = (
    '<subProcess id="h" triggeredByEvent="true"><startEvent id="hs"><compensateEventDefinition/></startEvent>'
    '<endEvent id="he"/><sequenceFlow id="h1" sourceRef="hs" targetRef="he"/></subProcess>'
)

CASES = {
    "missing_id": line().replace("<endEvent", "<userTask/><endEvent"),
    "duplicate_id": line('<userTask id="t"/>', SUB).replace('id="in"', 'id="t"').replace('"in"', '"t"'),
    "dangling_ref": line('<userTask id="t"/>').replace('targetRef="t"', 'targetRef="nirgends"'),
    "dangling_ref boundary": line() + '<boundaryEvent id="b" attachedToRef="x"><errorEventDefinition/></boundaryEvent>',
    "dangling_ref message": line('<receiveTask id="t" messageRef="fehlt"/>'),
    "dangling_ref error": line().replace(
        '<endEvent id="end"/>', '<endEvent id="end"><errorEventDefinition errorRef="fehlt"/></endEvent>'
    ),
    "dangling_ref default": line('<userTask id="t" default="fehlt"/>'),
    "dangling_ref lane": '<laneSet id="l"><lane id="l1"><flowNodeRef>fehlt</flowNodeRef></lane></laneSet>' + line(),
    "flow_crosses_scope": line(SUB).replace('targetRef="out"', 'targetRef="end"'),
    "flow_end": line('<userTask id="t"/>').replace('sourceRef="t" targetRef="end"', 'sourceRef="t" targetRef="start"'),
    "flow_end out": line('<userTask id="t"/>') + '<sequenceFlow id="x" sourceRef="end" targetRef="t"/>',
    "no_start": '<userTask id="t"/>',
    "many_starts": line() + '<startEvent id="s2"/>',
    "unreachable": line() + '<userTask id="t"/>',
    "boundary_host": line() + '<boundaryEvent id="b" attachedToRef="end"><errorEventDefinition/></boundaryEvent>',
    "rival_events": line('<userTask id="t"/>')
    + '<boundaryEvent id="b1" attachedToRef="t"><errorEventDefinition/></boundaryEvent>'
    + '<boundaryEvent id="b2" attachedToRef="t"><errorEventDefinition/></boundaryEvent>',
    "condition_not_possible": line('<parallelGateway id="g"/>').replace(
        'sourceRef="g" targetRef="end"/>', f'sourceRef="g" targetRef="end">{YES}</sequenceFlow>'
    ),
    "default_with_condition": XOR.format(default='default="fa"', first=YES, second=YES),
    "exclusive_without_condition": XOR.format(default="", first="", second=YES),
    "exclusive_without_condition default": XOR.format(default='default="fa"', first="", second=""),
    "expression": XOR.format(
        default='default="fb"', first="<conditionExpression>${a.b()}</conditionExpression>", second=""
    ),
    "expression empty": XOR.format(default='default="fb"', first="<conditionExpression/>", second=""),
    "expression language": XOR.format(
        default='default="fb"',
        first='<conditionExpression language="javascript">a</conditionExpression>',
        second="",
    ),
    "retry_cycle": line(retried("dreimal")),
    "retry_cycle list": line(retried("PT10M,PT20M")),
    "retry_cycle single": line(retried("PT10M")),
    "retry_cycle never": line(retried("R0/PT10M")),
    "retry_cycle at once": line(retried("R3/PT0S")),
    "retry_cycle with start": line(retried("R3/2027-01-15T08:00:00Z/PT10M")),
    "retry_cycle expression": line(retried("${zyklus}")),
    "retry_cycle of a user task": line(retried("bald", tag="userTask", attributes="")),
    "no_implementation": line('<serviceTask id="t"/>'),
    "no_topic": line('<serviceTask id="t" camunda:type="external"/>'),
    "no_topic expression": line('<serviceTask id="t" camunda:type="external" camunda:topic="${t}"/>'),
    "not_a_number": line('<serviceTask id="t" camunda:type="external" camunda:topic="t" camunda:taskPriority="hoch"/>'),
    "script_language": line('<scriptTask id="t" scriptFormat="groovy"><script>a</script></scriptTask>'),
    "expression script": line('<scriptTask id="t" scriptFormat="feel"><script>1 +</script></scriptTask>'),
    "no_decision": line('<businessRuleTask id="t"/>'),
    "no_message": line('<receiveTask id="t"/>'),
    "no_message send": line('<sendTask id="t"/>'),
    "no_called_element": line('<callActivity id="t"/>'),
    "no_called_element expression": line('<callActivity id="t" calledElement="${x}"/>'),
    "call_recursion": line('<callActivity id="t" calledElement="p"/>'),
    "call_mapping": line(
        '<callActivity id="t" calledElement="q"><extensionElements><camunda:in source="a"/></extensionElements>'
        "</callActivity>"
    ),
    "timer": line(
        '<intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>PT</timeDuration></timerEventDefinition>'
        "</intermediateCatchEvent>"
    ),
    "timer cron": line(
        '<intermediateCatchEvent id="t"><timerEventDefinition><timeCycle>0 0/5 * * * ?</timeCycle>'
        "</timerEventDefinition></intermediateCatchEvent>"
    ),
    "timer none": line('<intermediateCatchEvent id="t"><timerEventDefinition/></intermediateCatchEvent>'),
    "error_without_code": line().replace(
        '<endEvent id="end"/>', '<endEvent id="end"><errorEventDefinition/></endEvent>'
    ),
    "not_a_date": line('<userTask id="t" camunda:dueDate="bald"/>'),
    "not_a_number priority": line('<userTask id="t" camunda:priority="hoch"/>'),
    "loop": line(mi("")),
    "loop both": line(mi("<loopCardinality>2</loopCardinality>", 'camunda:collection="x"')),
    "loop item": line(mi("<loopCardinality>2</loopCardinality>", 'camunda:elementVariable="x"')),
    "expression loop": line(mi("<loopCardinality>2 +</loopCardinality>")),
    "parameter_without_name": line(io("<camunda:inputParameter>x</camunda:inputParameter>")),
    "script_language parameter": line(
        io(
            '<camunda:inputParameter name="x"><camunda:script scriptFormat="groovy">1</camunda:script>'
            "</camunda:inputParameter>"
        )
    ),
    "camunda:inputOutput": line(io('<camunda:inputParameter name="x">1</camunda:inputParameter>', "parallelGateway")),
    "duplicate_message_start": line()
    + "".join(f'<startEvent id="m{n}"><messageEventDefinition messageRef="m"/></startEvent>' for n in (1, 2)),
    "start_message_expression": line() + '<startEvent id="m1"><messageEventDefinition messageRef="mx"/></startEvent>',
    "escalation_without_code": line(
        '<intermediateThrowEvent id="t"><escalationEventDefinition/></intermediateThrowEvent>'
    ),
    "dangling_ref escalation": line().replace(
        '<endEvent id="end"/>', '<endEvent id="end"><escalationEventDefinition escalationRef="x0"/></endEvent>'
    ),
    "event_sub_process": line(SUB.replace('id="sub"', 'id="sub" triggeredByEvent="true"')),
    "many_starts event sub-process": line()
    + SUB.replace('id="sub"', 'id="sub" triggeredByEvent="true"').replace(
        '<startEvent id="in"/>',
        '<startEvent id="in"><messageEventDefinition messageRef="m"/></startEvent>'
        '<startEvent id="in2"><errorEventDefinition/></startEvent>',
    ),
    "rival_events handlers": line()
    + "".join(
        SUB.replace('id="', f'id="{n}')
        .replace('Ref="', f'Ref="{n}')
        .replace(f'id="{n}sub"', f'id="{n}" triggeredByEvent="1"')
        .replace(f'<startEvent id="{n}in"/>', f'<startEvent id="{n}in"><errorEventDefinition/></startEvent>')
        for n in "ab"
    ),
    "event_gateway": line('<eventBasedGateway id="g"/>'),
    "event_gateway task": line('<eventBasedGateway id="g"/>', '<userTask id="t"/>'),
    "link": '<startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="t"/>'
    '<intermediateThrowEvent id="t"><linkEventDefinition name="l"/></intermediateThrowEvent>',
    "link twice": line()
    + "".join(
        f'<intermediateCatchEvent id="c{n}"><linkEventDefinition name="l"/></intermediateCatchEvent>' for n in "ab"
    ),
    "link out": line('<intermediateThrowEvent id="t"><linkEventDefinition name="l"/></intermediateThrowEvent>'),
    "link in": line('<intermediateCatchEvent id="t"><linkEventDefinition name="l"/></intermediateCatchEvent>'),
    "compensation": line('<userTask id="t"/>')
    + '<boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>',
    "compensation with flow": line('<task id="t"/>', '<task id="u" isForCompensation="true"/>')
    + '<boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
    + '<association id="a" sourceRef="b" targetRef="u"/>',
    "compensation of a process": line() + COMPENSATION,
    "rival_events compensation": line(
        SUB.replace("</subProcess>", COMPENSATION + COMPENSATION.replace('"h', '"k') + "</subProcess>")
    ),
    "unreachable compensation": line() + '<task id="u" isForCompensation="true"/>',
    "dangling_ref compensation": line(
        '<intermediateThrowEvent id="t"><compensateEventDefinition activityRef="fehlt"/></intermediateThrowEvent>'
    ),
    "cancel": line().replace('<endEvent id="end"/>', '<endEvent id="end"><cancelEventDefinition/></endEvent>'),
    "cancel host": line('<userTask id="t"/>')
    + '<boundaryEvent id="b" attachedToRef="t"><cancelEventDefinition/></boundaryEvent>',
    "cancel without event": line(
        SUB.replace("subProcess", "transaction").replace(
            '<endEvent id="out"/>', '<endEvent id="out"><cancelEventDefinition/></endEvent>'
        )
    ),
    "without_effect": line().replace(
        '<endEvent id="end"/>', '<endEvent id="end" camunda:asyncAfter="true"><terminateEventDefinition/></endEvent>'
    ),
    "without_effect output": line().replace(
        '<endEvent id="end"/>',
        '<endEvent id="end"><extensionElements><camunda:inputOutput><camunda:outputParameter name="x">1'
        "</camunda:outputParameter></camunda:inputOutput></extensionElements><terminateEventDefinition/></endEvent>",
    ),
    "without_effect handler": line()
    + COMPENSATION.replace("<compensateEventDefinition/>", "<errorEventDefinition/>").replace(
        'id="h"', 'id="h" camunda:asyncBefore="true"'
    ),
    "message_without_name": line('<receiveTask id="t" messageRef="m0"/>'),
}


@pytest.mark.parametrize("case", CASES)
def test_a_broken_model_is_refused_with_place_and_sentence(case: str) -> None:
    roots = ROOTS + '<message id="mx" name="${x}"/><message id="m0"/>'
    findings = check(model(CASES[case], roots=roots))
    assert case.split(maxsplit=1)[0] in {finding.code for finding in findings}
    for finding in findings:
        assert finding.line
        assert finding.message_de.startswith(("„", "camunda:", "calledElement")) or finding.message_de[0].isupper()
        assert finding.message_de.endswith(".")


@pytest.mark.parametrize("cycle", ["R3/PT10M", "R/PT1H", " R5/P1DT12H ", ""])
def test_a_cycle_that_can_be_read_is_accepted(cycle: str) -> None:
    assert check(model(line(retried(cycle)))) == []


def test_a_cycle_that_cannot_be_read_names_its_element_and_its_line() -> None:
    data = model(line(retried("dreimal").replace("<camunda:failed", "\n<camunda:failed")))
    (finding,) = check(data)
    place = next(n for n, text in enumerate(data.decode().splitlines(), 1) if "<camunda:failedJob" in text)
    assert (finding.element_id, finding.line) == ("t", place)
    assert "R3/PT10M" in finding.message_de


def test_a_finding_names_the_element_and_its_line() -> None:
    data = model(
        '\n<startEvent id="s"/>\n<serviceTask id="t" name="Rechnen"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>'
    )
    [finding] = check(data)
    assert (finding.element_id, finding.element_name, finding.line, finding.code) == (
        "t",
        "Rechnen",
        6,
        "no_implementation",
    )


def test_all_reasons_are_found_at_once() -> None:
    data = model(line('<serviceTask id="a"/>', '<scriptTask id="b"/>', '<complexGateway id="c"/>'))
    assert {finding.code for finding in check(data)} == {"no_implementation", "script_language", "complexGateway"}


def test_a_process_that_is_not_executable_is_not_judged() -> None:
    other = '<process id="q" isExecutable="false"><complexGateway id="x"/></process>'
    assert check(model(line(), roots=other)) == []


def test_a_file_without_executable_process_is_refused() -> None:
    data = f'{HEAD}<process id="p" isExecutable="false"/></definitions>'.encode()
    assert [finding.code for finding in check(data)] == ["no_executable_process"]


def test_a_missing_isexecutable_means_executable() -> None:
    assert check(model(line()).replace(b' isExecutable="true"', b"")) == []


def test_recursion_through_a_second_process_is_found() -> None:
    other = f'<process id="q" isExecutable="true">{line(CALL_P).replace("f0", "q0").replace("f1", "q1")}</process>'
    other = other.replace('"start"', '"qs"').replace('"end"', '"qe"')
    findings = check(model(line('<callActivity id="c" calledElement="q"/>'), roots=other))
    assert [finding.code for finding in findings] == ["call_recursion", "call_recursion"]


CALL_P = '<callActivity id="cp" calledElement="p"/>'


def test_a_decision_that_the_procedure_does_not_have_is_refused() -> None:
    data = model(line('<businessRuleTask id="t" camunda:decisionRef="fee" camunda:resultVariable="x"/>'))
    assert check(data) == []
    assert [finding.code for finding in check(data, decisions={})] == ["decision_missing"]


def test_feel_in_a_file_that_declares_xpath_needs_the_equals_sign() -> None:
    data = model(XOR.format(default='default="fb"', first="<conditionExpression>a</conditionExpression>", second=""))
    xpath = data.replace(b"targetNamespace", b'expressionLanguage="http://www.w3.org/1999/XPath" targetNamespace')
    assert check(data) == []
    assert [finding.code for finding in check(xpath)] == ["expression"]
    assert check(xpath.replace(b">a<", b">=a<")) == []
    assert check(xpath.replace(b">a<", b">${a}<")) == []


def test_names_with_blanks_that_the_model_declares_can_be_used() -> None:
    body = io('<camunda:outputParameter name="Anzahl der Hunde">=1</camunda:outputParameter>')
    after = (
        '<scriptTask id="s" scriptFormat="feel" camunda:resultVariable="x">'
        "<script>Anzahl der Hunde + 1</script></scriptTask>"
    )
    assert check(model(line(body, after))) == []


def test_the_report_is_text_and_json() -> None:
    reports = gate.report([("gut.bpmn", model(line())), ("schlecht.bpmn", b"<x/>")])
    assert [item.accepted for item in reports] == [True, False]
    assert gate.to_text(reports).splitlines()[-1] == "1 von 2 Dateien angenommen."
    assert json.loads(json.dumps(reports[0].to_json())) == {
        "file": "gut.bpmn",
        "accepted": True,
        "processes": ["p"],
        "findings": [],
    }


def test_models_made_to_be_expensive_are_judged_quickly() -> None:
    """A million characters of XML in the limits of the reader never cost more than a few seconds."""
    gateways = "".join(
        f'<inclusiveGateway id="g{n}"/><sequenceFlow id="x{n}" sourceRef="t" targetRef="g{n}"/>'
        f'<sequenceFlow id="y{n}" sourceRef="g{n}" targetRef="g{(n + 1) % 5000}"/>'
        for n in range(5000)
    )
    processes = "".join(
        f'<process id="q{n}" isExecutable="true"><startEvent id="s{n}"/></process>' for n in range(5000)
    )
    cancels = "".join(
        f'<boundaryEvent id="b{n}" attachedToRef="t"><cancelEventDefinition/></boundaryEvent>' for n in range(9000)
    )
    for data, code in (
        (model(line('<task id="t"/>') + gateways), "inclusive_join"),
        (model(line(), roots=processes), "too_many_processes"),
        (model(line('<transaction id="t"><startEvent id="a"/></transaction>') + cancels), "rival_events"),
        (model(line(*[f'<task id="t{n}"/>' for n in range(9000)])), ""),
    ):
        begin = time.perf_counter()
        findings = check(data)
        assert time.perf_counter() - begin < 10
        assert code in {finding.code for finding in findings} | {""}


def test_no_real_model_makes_the_gate_fail() -> None:
    files = [path for path in shared("bpmn").rglob("*") if path.suffix in {".bpmn", ".xml"}]
    assert len(files) > 600
    for report in gate.report((str(path), path.read_bytes()) for path in files):
        assert all(finding.message_de and finding.code for finding in report.findings)


def test_no_damage_makes_the_gate_fail() -> None:
    """Whatever is cut, doubled or swapped in a real model gives findings or a model, never another error."""
    chance = random.Random(3)
    for name in ("golden/operaton/models", "valtimo", "miwg"):
        paths = sorted(path for path in shared(f"bpmn/{name}").rglob("*") if path.suffix in {".bpmn", ".xml"})
        for path in chance.sample(paths, 8):
            for _ in range(25):
                gate.report([(path.name, _damaged(path, chance))])


def _damaged(path: Path, chance: random.Random) -> bytes:
    words = path.read_text("utf-8", errors="replace").split('"')
    for _ in range(chance.randint(1, 4)):
        index = chance.randrange(len(words))
        change = chance.randrange(4)
        if change == 0:
            words[index] = chance.choice(words)
        elif change == 1:
            words[index] = ""
        elif change == 2:
            words[index] = chance.choice(["${", "=1 +", "R/", "P", "true", "\ud7ff", "x" * 5000, "{}", "a:b", "-1"])
        else:
            other = chance.randrange(len(words))
            words[index], words[other] = words[other], words[index]
    return '"'.join(words).encode()
