"""Smallest models around one element, for tests of the gate."""

from itertools import pairwise

HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  targetNamespace="test">
"""

ROOTS = """<message id="m" name="Nachricht"/><error id="e" errorCode="E1"/><signal id="s" name="S"/>
<escalation id="x" escalationCode="X"/>"""

DEFINITIONS = {
    "none": "",
    "message": '<messageEventDefinition messageRef="m"/>',
    "timer": "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
    "error": '<errorEventDefinition errorRef="e"/>',
    "escalation": '<escalationEventDefinition escalationRef="x"/>',
    "cancel": "<cancelEventDefinition/>",
    "compensate": "<compensateEventDefinition/>",
    "conditional": "<conditionalEventDefinition><condition>true</condition></conditionalEventDefinition>",
    "link": '<linkEventDefinition name="l"/>',
    "signal": '<signalEventDefinition signalRef="s"/>',
    "terminate": "<terminateEventDefinition/>",
    "multiple": '<messageEventDefinition messageRef="m"/><terminateEventDefinition/>',
}


def model(body: str, *, roots: str = "", attributes: str = "") -> bytes:
    """One executable process `p` with this content."""
    return f'{HEAD}{roots}<process id="p" isExecutable="true" {attributes}>{body}</process></definitions>'.encode()


def line(*elements: str) -> str:
    """Elements in a row between a start and an end event; each must have an id and no flows."""
    ids = ["start", *(element.split('id="')[1].split('"')[0] for element in elements), "end"]
    flows = "".join(
        f'<sequenceFlow id="f{n}" sourceRef="{source}" targetRef="{target}"/>'
        for n, (source, target) in enumerate(pairwise(ids))
    )
    return f'<startEvent id="start"/>{"".join(elements)}<endEvent id="end"/>{flows}'


SUB = (
    '<subProcess id="sub"><startEvent id="in"/><endEvent id="out"/>'
    '<sequenceFlow id="g" sourceRef="in" targetRef="out"/></subProcess>'
)
