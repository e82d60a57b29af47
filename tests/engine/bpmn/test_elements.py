"""The table and the gate agree on every element, event and attribute of BPMN."""

import re

import pytest

from engine.bpmn.elements import DEFINITIONS, POSITIONS, TABLE, Verdict, element_rule, event_rule
from engine.bpmn.gate import check
from tests.engine.bpmn import models
from tests.engine.bpmn.models import ROOTS, SUB, line, model

# Every element of the BPMN 2.0 schema that can occur in a file (Semantic.xsd), abstract ones left out.
BPMN_ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        """
        adHocSubProcess assignment association auditing boundaryEvent businessRuleTask callActivity
        callChoreography callConversation cancelEventDefinition category categoryValue choreography
        choreographyTask collaboration compensateEventDefinition complexBehaviorDefinition complexGateway
        conditionalEventDefinition conversation conversationAssociation conversationLink correlationKey
        correlationProperty correlationPropertyBinding correlationPropertyRetrievalExpression
        correlationSubscription dataInput dataInputAssociation dataObject dataObjectReference dataOutput
        dataOutputAssociation dataState dataStore dataStoreReference documentation endEvent endPoint error
        errorEventDefinition escalation escalationEventDefinition eventBasedGateway exclusiveGateway
        expression extension extensionElements formalExpression globalBusinessRuleTask
        globalChoreographyTask globalConversation globalManualTask globalScriptTask globalTask
        globalUserTask group humanPerformer implicitThrowEvent import inclusiveGateway inputSet interface
        intermediateCatchEvent intermediateThrowEvent ioBinding ioSpecification itemDefinition lane laneSet
        linkEventDefinition manualTask message messageEventDefinition messageFlow messageFlowAssociation
        monitoring multiInstanceLoopCharacteristics operation outputSet parallelGateway participant
        participantAssociation participantMultiplicity partnerEntity partnerRole performer potentialOwner
        process property receiveTask relationship rendering resource resourceAssignmentExpression
        resourceParameter resourceParameterBinding resourceRole script scriptTask sendTask sequenceFlow
        serviceTask signal signalEventDefinition standardLoopCharacteristics startEvent subChoreography
        subConversation subProcess task terminateEventDefinition text textAnnotation timerEventDefinition
        transaction userTask incoming outgoing flowNodeRef childLaneSet partitionElement conditionExpression
        timeDate timeDuration timeCycle loopCardinality loopDataInputRef loopDataOutputRef inputDataItem
        outputDataItem completionCondition loopCondition condition source target sourceRef targetRef
        transformation from to dataInputRefs dataOutputRefs optionalInputRefs optionalOutputRefs
        whileExecutingInputRefs whileExecutingOutputRefs inputSetRefs outputSetRefs supportedInterfaceRef
        supports interfaceRef endPointRef resourceRef eventDefinitionRef categoryValueRef operationRef
        inMessageRef outMessageRef errorRef implementationRef messagePath
        """,
    )
)


@pytest.mark.parametrize("tag", sorted(BPMN_ELEMENTS))
def test_every_bpmn_element_is_in_the_table(tag: str) -> None:
    rule = TABLE[tag]
    assert rule.text.endswith((".", "!"))


def test_the_table_names_no_element_that_bpmn_does_not_have() -> None:
    ours = {key for key in TABLE if "@" not in key and "/" not in key and not key.startswith("camunda:")}
    assert ours - BPMN_ELEMENTS <= {"event", "loopMaximum", "ordering", "conversationNode"}


_REFUSED_ELEMENTS = sorted(
    key for key, rule in TABLE.items() if "@" not in key and "/" not in key and rule.verdict is Verdict.REFUSED
)


@pytest.mark.parametrize("tag", _REFUSED_ELEMENTS)
def test_a_refused_element_is_refused_by_the_gate_with_its_sentence(tag: str) -> None:
    rule = TABLE[tag]
    element = f'<{tag} id="bad" name="Schlecht"/>'
    body = f"<extensionElements>{element}</extensionElements>" if tag.startswith("camunda:") else element
    findings = check(model(line(f'<userTask id="t">{body}</userTask>')))
    assert [(f.code, f.message_de, f.line) for f in findings if f.code == tag] == [(tag, rule.text, 4)]


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("position", POSITIONS)
def test_every_event_is_executed_or_refused_as_the_table_says(position: str, definition: str) -> None:
    rule = event_rule(position, definition)
    findings = check(model(_with_event(position, definition), roots=ROOTS))
    codes = {finding.code for finding in findings}
    if rule.verdict is Verdict.EXECUTED:
        assert codes == set()
    else:
        assert rule.key in codes
        assert all(finding.message_de.endswith(".") for finding in findings)


def _with_event(position: str, definition: str) -> str:
    inner = models.DEFINITIONS[definition]
    start = '<startEvent id="start"/>'
    if definition == "compensate" and position == "boundaryEvent":
        boundary = f'<boundaryEvent id="v" attachedToRef="t">{inner}</boundaryEvent>'
        undo = '<task id="undo" isForCompensation="true"/><association id="a" sourceRef="v" targetRef="undo"/>'
        return line('<userTask id="t"/>') + boundary + undo
    if definition == "cancel" and position in {"boundaryEvent", "endEvent"}:
        sub = SUB.replace("subProcess", "transaction").replace(
            '<endEvent id="out"/>', f'<endEvent id="out">{inner}</endEvent>'
        )
        return line(sub) + f'<boundaryEvent id="v" attachedToRef="sub">{inner}</boundaryEvent>'
    if definition == "compensate" and position == "eventSubProcessStart":
        handler = (
            f'<subProcess id="h" triggeredByEvent="true"><startEvent id="hs">{inner}</startEvent><endEvent id="he"/>'
            '<sequenceFlow id="h1" sourceRef="hs" targetRef="he"/></subProcess>'
        )
        return line(SUB.replace("</subProcess>", f"{handler}</subProcess>"))
    if position == "startEvent":
        return line().replace(start, f'<startEvent id="start">{inner}</startEvent>')
    if position == "endEvent":
        return line().replace('<endEvent id="end"/>', f'<endEvent id="end">{inner}</endEvent>')
    if definition == "link" and position.startswith("intermediate"):
        flows = (
            '<sequenceFlow id="a" sourceRef="start" targetRef="t"/><sequenceFlow id="b" sourceRef="c" targetRef="end"/>'
        )
        return (
            f'<startEvent id="start"/><intermediateThrowEvent id="t">{inner}</intermediateThrowEvent>'
            f'<intermediateCatchEvent id="c">{inner}</intermediateCatchEvent><endEvent id="end"/>{flows}'
        )
    if position in {"intermediateCatchEvent", "intermediateThrowEvent"}:
        return line(f'<{position} id="v">{inner}</{position}>')
    if position.startswith("boundaryEvent"):
        cancel = "false" if position.endswith("NonInterrupting") else "true"
        boundary = f'<boundaryEvent id="v" attachedToRef="t" cancelActivity="{cancel}">{inner}</boundaryEvent>'
        return line('<userTask id="t"/>') + boundary
    if position == "subProcessStart":
        return line(SUB.replace('<startEvent id="in"/>', f'<startEvent id="in">{inner}</startEvent>'))
    interrupting = "false" if position.endswith("NonInterrupting") else "true"
    handler = SUB.replace(
        '<startEvent id="in"/>', f'<startEvent id="in" isInterrupting="{interrupting}">{inner}</startEvent>'
    ).replace('id="sub"', 'id="sub" triggeredByEvent="true"')
    return line('<userTask id="t"/>') + handler


_REFUSED_ATTRIBUTES = sorted(
    key for key, rule in TABLE.items() if "@" in key and (rule.verdict is Verdict.REFUSED or rule.values)
)
_HOSTS = {
    "process": lambda attribute: model(line()).replace(b'isExecutable="true"', attribute.encode()),
    "intermediateCatchEvent": lambda attribute: model(
        line(
            f'<intermediateCatchEvent id="v" {attribute}><timerEventDefinition>'
            "<timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>"
        )
    ),
    "messageEventDefinition": lambda attribute: model(
        line(
            f'<intermediateThrowEvent id="v"><messageEventDefinition messageRef="m" {attribute}/>'
            "</intermediateThrowEvent>"
        ),
        roots=ROOTS,
    ),
    "multiInstanceLoopCharacteristics": lambda attribute: model(
        line(
            f'<userTask id="v"><multiInstanceLoopCharacteristics {attribute}><loopCardinality>2</loopCardinality>'
            "</multiInstanceLoopCharacteristics></userTask>"
        )
    ),
    "conditionExpression": lambda attribute: model(
        line().replace(
            '<sequenceFlow id="f0" sourceRef="start" targetRef="end"/>',
            '<sequenceFlow id="f0" sourceRef="start" targetRef="end">'
            f"<conditionExpression {attribute}>true</conditionExpression></sequenceFlow>",
        )
    ),
    "boundaryEvent": lambda attribute: model(
        line('<userTask id="t"/>')
        + f'<boundaryEvent id="v" attachedToRef="t" {attribute}><errorEventDefinition/></boundaryEvent>'
    ),
    "startEvent": lambda attribute: model(
        line().replace('<startEvent id="start"/>', f'<startEvent id="start" {attribute}/>')
    ),
    "endEvent": lambda attribute: model(line().replace('<endEvent id="end"/>', f'<endEvent id="end" {attribute}/>')),
    "compensateEventDefinition": lambda attribute: model(
        line(f'<intermediateThrowEvent id="v"><compensateEventDefinition {attribute}/></intermediateThrowEvent>')
    ),
    "extension": lambda attribute: model(line(), roots=f"<extension {attribute}/>"),
    "camunda:in": lambda attribute: model(
        line(
            f'<callActivity id="v" calledElement="q"><extensionElements><camunda:in {attribute}/>'
            "</extensionElements></callActivity>"
        )
    ),
    "camunda:out": lambda attribute: model(
        line(
            f'<callActivity id="v" calledElement="q"><extensionElements><camunda:out {attribute}/>'
            "</extensionElements></callActivity>"
        )
    ),
}


@pytest.mark.parametrize("key", _REFUSED_ATTRIBUTES)
def test_an_attribute_with_a_refused_value_is_refused(key: str) -> None:
    tag, attribute = key.split("@")
    rule = TABLE[key]
    build = _HOSTS.get(tag, lambda text: model(line(f'<{tag} id="v" {text}/>')))
    findings = check(build(f'{attribute}="verboten"'))
    expected = rule.text if rule.verdict is Verdict.REFUSED else rule.otherwise
    assert expected in {finding.message_de for finding in findings if finding.code == key}
    assert expected.endswith(".")


@pytest.mark.parametrize("key", [key for key, rule in TABLE.items() if rule.values])
def test_an_attribute_with_an_accepted_value_is_accepted(key: str) -> None:
    tag, attribute = key.split("@")
    build = _HOSTS.get(tag, lambda text: model(line(f'<{tag} id="v" {text}/>')))
    for value in TABLE[key].values:
        assert key not in {finding.code for finding in check(build(f'{attribute}="{value}"'))}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('<userTask id="t" farbe="rot"/>', "userTask@farbe"),
        ('<userTask id="t" camunda:assigne="anna"/>', "userTask@camunda:assigne"),
        ('<userTask id="t" camunda:asyncBefor="true"/>', "userTask@camunda:asyncBefor"),
        ('<userTask id="t"><extensionElements><camunda:neu/></extensionElements></userTask>', "camunda:neu"),
        ('<neueTask id="t"/>', "neueTask"),
        ('<userTask id="t"><timeDate>2027-01-01</timeDate></userTask>', "timeDate"),
        (
            '<task id="t" xmlns:d="http://www.jboss.org/drools" d:taskName="x"/>',
            "{http://www.jboss.org/drools}taskName",
        ),
        ('<task id="t" xmlns:f="http://flowable.org/bpmn" f:triggerable="true"/>', "task@camunda:triggerable"),
        (
            '<task id="t"><extensionElements><z:x xmlns:z="http://camunda.org/schema/zeebe/1.0"/></extensionElements></task>',
            "{http://camunda.org/schema/zeebe/1.0}x",
        ),
    ],
)
def test_what_the_table_does_not_know_is_refused(body: str, code: str) -> None:
    assert code in {finding.code for finding in check(model(line(body)))}


def test_extensions_of_unknown_tools_are_ignored() -> None:
    body = (
        '<userTask id="t" xmlns:k="http://example.com/kunst" k:farbe="rot"><extensionElements>'
        '<k:x k:y="1"><k:z/></k:x></extensionElements></userTask>'
    )
    assert check(model(line(body))) == []


def test_an_element_in_the_wrong_place_is_refused() -> None:
    assert element_rule("userTask", "lane").verdict is Verdict.REFUSED
    assert element_rule("userTask", "subProcess").verdict is Verdict.EXECUTED
