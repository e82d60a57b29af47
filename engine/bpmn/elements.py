"""THE table of BPMN: every element, event and attribute, and whether it is executed, ignored as harmless, or refused.

The gate decides from this table, a test walks through all of it, and `docs/bpmn.md` is generated from it
(`documentation`). Keys: "userTask" for an element, "boundaryEvent/timer" for an event with its definition,
"userTask@camunda:formKey" for an attribute, "camunda:inputOutput" for a vendor element. Texts are German and complete
sentences, because the gate shows them to modellers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    EXECUTED = "executed"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    `within` names the parents in which an element may stand (empty: anywhere). `values` are the only values of an
    attribute for which the verdict holds (empty: any); another value is refused with `otherwise`.
    """

    key: str
    verdict: Verdict
    text: str
    within: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    otherwise: str = ""


TASKS: Final = (
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "scriptTask",
    "businessRuleTask",
    "sendTask",
    "receiveTask",
)
SUB_PROCESSES: Final = ("subProcess", "transaction")
ACTIVITIES: Final = (*TASKS, *SUB_PROCESSES, "callActivity")
GATEWAYS: Final = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway")
EVENTS: Final = ("startEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "endEvent")
FLOW_NODES: Final = (*ACTIVITIES, *GATEWAYS, *EVENTS)
CONTAINERS: Final = frozenset({"process", *SUB_PROCESSES})
_FLOW_NODES: Final = frozenset(FLOW_NODES)
_ACTIVITIES: Final = frozenset(ACTIVITIES)

DEFINITIONS: Final[Mapping[str, str]] = {
    "none": "ohne Auslöser",
    "message": "mit Nachricht",
    "timer": "mit Zeitangabe",
    "error": "mit Fehler",
    "escalation": "mit Eskalation",
    "cancel": "mit Abbruch",
    "compensate": "mit Kompensation",
    "conditional": "mit Bedingung",
    "link": "mit Link",
    "signal": "mit Signal",
    "terminate": "mit Terminierung",
    "multiple": "mit mehreren Auslösern",
}
"""BPMN's event definitions; the key is the element's name without "EventDefinition"."""

POSITIONS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "startEvent": (
        "Startereignis des Prozesses",
        frozenset({"none", "message", "timer", "conditional", "signal", "multiple"}),
    ),
    "subProcessStart": ("Startereignis eines Teilprozesses", frozenset({"none"})),
    "eventSubProcessStart": (
        "Startereignis eines Ereignis-Teilprozesses (unterbrechend)",
        frozenset({"message", "timer", "error", "escalation", "compensate", "conditional", "signal", "multiple"}),
    ),
    "eventSubProcessStartNonInterrupting": (
        "Startereignis eines Ereignis-Teilprozesses (nicht unterbrechend)",
        frozenset({"message", "timer", "escalation", "conditional", "signal", "multiple"}),
    ),
    "intermediateCatchEvent": (
        "Eintretendes Zwischenereignis",
        frozenset({"message", "timer", "conditional", "link", "signal", "multiple"}),
    ),
    "intermediateThrowEvent": (
        "Auslösendes Zwischenereignis",
        frozenset({"none", "message", "escalation", "compensate", "link", "signal", "multiple"}),
    ),
    "boundaryEvent": (
        "Angeheftetes Ereignis (unterbrechend)",
        frozenset(
            {"message", "timer", "error", "escalation", "cancel", "compensate", "conditional", "signal", "multiple"}
        ),
    ),
    "boundaryEventNonInterrupting": (
        "Angeheftetes Ereignis (nicht unterbrechend)",
        frozenset({"message", "timer", "escalation", "conditional", "signal", "multiple"}),
    ),
    "endEvent": (
        "Endereignis",
        frozenset(
            {"none", "message", "error", "escalation", "cancel", "compensate", "signal", "terminate", "multiple"}
        ),
    ),
}
"""Where an event can stand: its German name and the definitions that BPMN 2.0 allows there (table 10.93)."""

_EXECUTED_EVENTS: Final[Mapping[str, str]] = {
    "startEvent/none": "Der Prozess beginnt hier, wenn er ohne Nachricht gestartet wird.",
    "startEvent/message": "Der Prozess beginnt hier, wenn er mit der Nachricht dieses Namens gestartet wird.",
    "subProcessStart/none": "Der Teilprozess beginnt hier.",
    "intermediateCatchEvent/message": "Der Vorgang wartet auf genau eine Nachricht dieses Namens.",
    "intermediateCatchEvent/timer": "Der Vorgang wartet bis zu einem Zeitpunkt oder für eine Dauer.",
    "intermediateThrowEvent/none": "Ein Meilenstein: Der Vorgang geht sofort weiter.",
    "intermediateThrowEvent/message": (
        'Die Nachricht wird nach dem Speichern des Schritts zugestellt; mit camunda:type="external" stellt sie ein '
        "Dienst zu."
    ),
    "boundaryEvent/message": "Die Nachricht bricht die Aktivität ab.",
    "boundaryEvent/timer": "Der Zeitpunkt bricht die Aktivität ab; die Uhr läuft ab dem Beginn der Aktivität.",
    "boundaryEvent/error": "Ein BPMN-Fehler bricht die Aktivität ab; ohne Fehlercode wird jeder Fehler gefangen.",
    "boundaryEventNonInterrupting/message": "Jede solche Nachricht startet den Zweig, solange die Aktivität läuft.",
    "boundaryEventNonInterrupting/timer": "Der Zweig startet zusätzlich; Wiederholungen (R3/PT1H) sind möglich.",
    "boundaryEvent/compensate": (
        "Nach dem Ende der Aktivität kann ihre Kompensation (die verbundene Aktivität) ausgelöst werden."
    ),
    "boundaryEvent/cancel": "Hier geht es weiter, wenn die Transaktion abgebrochen und kompensiert ist.",
    "eventSubProcessStart/compensate": "Dieser Teilprozess kompensiert den Teilprozess, in dem er steht.",
    "intermediateThrowEvent/compensate": (
        "Kompensiert, was auf dieser Ebene fertig ist, das Letzte zuerst, oder nur activityRef; wartet auf das Ende."
    ),
    "endEvent/compensate": "Wie das auslösende Kompensationsereignis, danach endet der Zweig.",
    "endEvent/cancel": "Bricht die Transaktion ab, kompensiert sie und verlässt sie über ihr Abbruchereignis.",
    "boundaryEvent/escalation": "Eine Eskalation in der Aktivität bricht sie ab; ohne Code wird jede gefangen.",
    "boundaryEventNonInterrupting/escalation": "Eine Eskalation in der Aktivität startet den Zweig zusätzlich.",
    "eventSubProcessStart/message": "Die Nachricht bricht den Prozess oder Teilprozess ab und führt diesen aus.",
    "eventSubProcessStart/timer": "Der Zeitpunkt bricht den Prozess oder Teilprozess ab und führt diesen aus.",
    "eventSubProcessStart/error": "Ein BPMN-Fehler bricht den Prozess oder Teilprozess ab und führt diesen aus.",
    "eventSubProcessStart/escalation": "Eine Eskalation bricht den Prozess oder Teilprozess ab und führt diesen aus.",
    "eventSubProcessStartNonInterrupting/message": "Jede solche Nachricht führt diesen Teilprozess zusätzlich aus.",
    "eventSubProcessStartNonInterrupting/timer": "Der Zeitpunkt führt diesen Teilprozess zusätzlich aus.",
    "eventSubProcessStartNonInterrupting/escalation": "Jede solche Eskalation führt diesen Teilprozess zusätzlich aus.",
    "intermediateThrowEvent/escalation": (
        "Der nächste passende Fänger außerhalb übernimmt; unterbricht er nicht, geht auch dieser Zweig weiter."
    ),
    "intermediateThrowEvent/link": "Der Zweig geht am eintretenden Linkereignis desselben Namens weiter.",
    "intermediateCatchEvent/link": "Hier kommen die Zweige der auslösenden Linkereignisse an.",
    "endEvent/escalation": "Wie das auslösende Eskalationsereignis, danach endet der Zweig.",
    "endEvent/none": "Der Zweig endet hier.",
    "endEvent/message": "Wie das auslösende Nachrichtenereignis, danach endet der Zweig.",
    "endEvent/error": (
        "Der nächste passende Fehlerfänger außerhalb übernimmt. Gibt es keinen, endet der ganze Vorgang."
    ),
    "endEvent/terminate": "Alles in diesem Prozess oder Teilprozess endet sofort.",
}


def _events() -> Iterable[Rule]:
    for position, (where, allowed) in POSITIONS.items():
        for definition, what in DEFINITIONS.items():
            key = f"{position}/{definition}"
            if key in _EXECUTED_EVENTS:
                yield Rule(key, Verdict.EXECUTED, _EXECUTED_EVENTS[key])
            elif definition in allowed:
                yield Rule(key, Verdict.REFUSED, f"{where} {what}: Das wird nicht ausgeführt.")
            else:
                yield Rule(key, Verdict.REFUSED, f"{where} {what}: Das sieht BPMN nicht vor.")


def _executed(within: frozenset[str], rules: Mapping[str, str]) -> Iterable[Rule]:
    return (Rule(key, Verdict.EXECUTED, text, within) for key, text in rules.items())


def _ignored(within: frozenset[str], rules: Mapping[str, str]) -> Iterable[Rule]:
    return (Rule(key, Verdict.IGNORED, text, within) for key, text in rules.items())


def _refused(rules: Mapping[str, str]) -> Iterable[Rule]:
    return (Rule(key, Verdict.REFUSED, text) for key, text in rules.items())


def _elements() -> Iterable[Rule]:
    yield from _executed(
        frozenset({"definitions"}),
        {
            "process": 'Ein Prozess; mehrere in einer Datei sind möglich. isExecutable="false" wird nicht ausgeführt.',
            "message": "Eine Nachricht mit Namen; der Name darf ein Ausdruck sein.",
            "error": "Ein BPMN-Fehler mit Fehlercode.",
            "escalation": "Eine Eskalation mit Code.",
        },
    )
    yield from _executed(
        CONTAINERS,
        {
            "task": "Eine Aufgabe ohne Typ: Der Vorgang geht sofort weiter.",
            "userTask": "Eine Aufgabe für Menschen; sie wartet im Arbeitsvorrat.",
            "manualTask": "Arbeit außerhalb des Systems: Der Vorgang geht sofort weiter, wie in Camunda 7.",
            "serviceTask": 'Ein Auftrag an einen Dienst: camunda:type="external" und camunda:topic.',
            "scriptTask": 'FEEL-Zuweisungen: scriptFormat="feel" mit camunda:resultVariable oder einem Kontext.',
            "businessRuleTask": 'Eine Entscheidung (camunda:decisionRef) oder ein Dienst (camunda:type="external").',
            "sendTask": "Sendet die Nachricht aus messageRef oder beauftragt einen Dienst.",
            "receiveTask": "Wartet auf die Nachricht aus messageRef.",
            "subProcess": "Ein eingebetteter Teilprozess mit eigenen Variablen, oder ein Ereignis-Teilprozess.",
            "transaction": "Ein Teilprozess, der abgebrochen und dann kompensiert werden kann.",
            "callActivity": "Ruft einen anderen Prozess auf (calledElement) und wartet auf sein Ende.",
            "exclusiveGateway": "Genau ein Weg: der erste, dessen Bedingung wahr ist, sonst der Standardfluss.",
            "parallelGateway": "Alle Wege; beim Zusammenführen wird auf jeden Eingang gewartet.",
            "inclusiveGateway": (
                "Alle Wege, deren Bedingung wahr ist, sonst der Standardfluss; beim Zusammenführen wird auf alle "
                "gewartet, die noch kommen können."
            ),
            "eventBasedGateway": "Das erste der Ereignisse dahinter entscheidet.",
            "sequenceFlow": "Eine Verbindung, auch mit Bedingung oder als Standardfluss.",
            "startEvent": "Siehe Ereignisse.",
            "intermediateCatchEvent": "Siehe Ereignisse.",
            "intermediateThrowEvent": "Siehe Ereignisse.",
            "boundaryEvent": "Siehe Ereignisse.",
            "endEvent": "Siehe Ereignisse.",
            "laneSet": "Bahnen; der Name der Bahn steht an den Aufgaben.",
        },
    )
    yield from _executed(
        frozenset({"definitions", "collaboration", *CONTAINERS}),
        {"association": "Verbindet ein Kompensationsereignis mit seiner Kompensation oder etwas mit einer Anmerkung."},
    )
    yield from _executed(frozenset({"laneSet", "childLaneSet"}), {"lane": "Eine Bahn."})
    yield from _executed(
        frozenset({"lane"}),
        {"flowNodeRef": "Ordnet ein Element seiner Bahn zu.", "childLaneSet": "Bahnen in einer Bahn."},
    )
    yield from _executed(
        frozenset({"sequenceFlow"}), {"conditionExpression": "Eine Bedingung in FEEL oder als ${...}."}
    )
    yield from _executed(
        frozenset({*EVENTS}),
        {
            "messageEventDefinition": "Siehe Ereignisse.",
            "timerEventDefinition": "Siehe Ereignisse.",
            "errorEventDefinition": "Siehe Ereignisse.",
            "terminateEventDefinition": "Siehe Ereignisse.",
            "escalationEventDefinition": "Siehe Ereignisse.",
            "compensateEventDefinition": "Siehe Ereignisse.",
            "cancelEventDefinition": "Siehe Ereignisse.",
            "linkEventDefinition": "Siehe Ereignisse.",
        },
    )
    yield from _executed(
        frozenset({"timerEventDefinition"}),
        {
            "timeDate": "Ein Zeitpunkt: ISO 8601 oder FEEL. Ohne Zeitzone gilt die deutsche Zeit.",
            "timeDuration": "Eine Dauer: ISO 8601 oder FEEL. Tage und Monate zählen im Kalender.",
            "timeCycle": "Eine Wiederholung R<n>/<Dauer> oder R/<Dauer>.",
        },
    )
    yield from _executed(
        frozenset({"userTask"}),
        {
            "humanPerformer": "Wer die Aufgabe erledigt, wie camunda:assignee.",
            "potentialOwner": "Wer sie erledigen darf: user(name), group(name) oder der Name einer Gruppe, mit Komma.",
        },
    )
    yield from _executed(
        frozenset({"humanPerformer", "potentialOwner"}), {"resourceAssignmentExpression": "Der Ausdruck dafür."}
    )
    yield from _executed(frozenset({"resourceAssignmentExpression"}), {"formalExpression": "Text oder ${...}."})
    yield from _executed(frozenset({"scriptTask"}), {"script": "Ein FEEL-Ausdruck."})
    yield from _executed(
        _ACTIVITIES,
        {"multiInstanceLoopCharacteristics": "Mehrfachausführung, zugleich oder nacheinander."},
    )
    yield from _executed(
        frozenset({"multiInstanceLoopCharacteristics"}),
        {
            "loopCardinality": "Die Anzahl der Durchläufe.",
            "loopDataInputRef": "Die Liste: der Name einer Variablen.",
            "inputDataItem": "Der Name der Variablen für das Element der Liste.",
            "completionCondition": "Bei wahrer Bedingung enden die übrigen Durchläufe.",
        },
    )
    yield from _ignored(
        frozenset(),
        {
            "documentation": "Beschreibung.",
            "extensionElements": "Behälter für Erweiterungen; siehe Erweiterungen.",
        },
    )
    yield from _ignored(
        frozenset({"definitions", "collaboration", *CONTAINERS}),
        {
            "textAnnotation": "Anmerkung.",
            "group": "Optische Gruppe.",
        },
    )
    yield from _ignored(frozenset({"textAnnotation"}), {"text": "Text der Anmerkung."})
    yield from _ignored(
        frozenset({"definitions"}),
        {
            "collaboration": "Pools und Nachrichtenflüsse sind Darstellung.",
            "category": "Name einer optischen Gruppe.",
            "itemDefinition": "Datentyp; Werte sind FEEL-Werte.",
            "interface": "Beschreibung eines Dienstes; ausgeführt wird das Topic.",
            "signal": "Wird erst durch ein Signalereignis wirksam, und das wird geprüft.",
            "dataStore": "Darstellung eines Datenbestands.",
            "resource": "Beschreibung; wer zuständig ist, steht in camunda:candidateGroups.",
            "extension": 'Verweis auf ein Schema; mustUnderstand="true" wird abgelehnt.',
            "relationship": "Verweis zwischen Modellen.",
            "partnerEntity": "Beschreibung eines Partners.",
            "partnerRole": "Beschreibung einer Partnerrolle.",
            "endPoint": "Technische Adresse; ausgeführt wird das Topic.",
        },
    )
    yield from _ignored(
        frozenset({"linkEventDefinition"}),
        {"source": "Links werden über ihren Namen verbunden.", "target": "Links werden über ihren Namen verbunden."},
    )
    yield from _ignored(frozenset({"category"}), {"categoryValue": "Name einer optischen Gruppe."})
    yield from _ignored(
        frozenset({"interface"}),
        {"operation": "Beschreibung einer Operation.", "implementationRef": "Technischer Verweis."},
    )
    yield from _ignored(
        frozenset({"operation"}),
        {
            "inMessageRef": "Beschreibung einer Operation.",
            "outMessageRef": "Beschreibung einer Operation.",
            "errorRef": "Beschreibung einer Operation.",
        },
    )
    yield from _ignored(
        frozenset({"collaboration"}),
        {
            "participant": "Ein Pool.",
            "messageFlow": "Zeigt, wohin eine Nachricht geht; zugestellt wird nach Name und Schlüssel.",
            "conversation": "Darstellung.",
            "conversationLink": "Darstellung.",
            "conversationAssociation": "Darstellung.",
            "subConversation": "Darstellung.",
            "callConversation": "Darstellung.",
            "participantAssociation": "Darstellung.",
            "messageFlowAssociation": "Darstellung.",
            "correlationKey": "Darstellung; Nachrichten finden ihren Vorgang über Name und Geschäftsschlüssel.",
        },
    )
    yield from _ignored(
        frozenset({"participant"}),
        {
            "participantMultiplicity": "Darstellung eines mehrfachen Pools.",
            "interfaceRef": "Technischer Verweis.",
            "endPointRef": "Technischer Verweis.",
        },
    )
    yield from _ignored(
        CONTAINERS,
        {
            "dataObject": "Darstellung von Daten; Daten stehen in Variablen.",
            "dataObjectReference": "Darstellung von Daten.",
            "dataStoreReference": "Darstellung eines Datenbestands.",
        },
    )
    yield from _ignored(
        frozenset({"dataObject", "dataObjectReference", "dataStore", "dataStoreReference", "dataInput", "dataOutput"}),
        {"dataState": "Darstellung von Daten."},
    )
    yield from _ignored(
        _FLOW_NODES, {"incoming": "Folgt aus den Sequenzflüssen.", "outgoing": "Folgt aus den Sequenzflüssen."}
    )
    yield from _ignored(
        frozenset({"process", *_FLOW_NODES, "sequenceFlow"}),
        {
            "auditing": "Protokolliert wird jeder Schritt.",
            "monitoring": "Gemessen wird jeder Schritt.",
            "categoryValueRef": "Optische Gruppe.",
        },
    )
    yield from _ignored(
        frozenset({"process"}),
        {"supports": "Verweis auf ein anderes Modell.", "supportedInterfaceRef": "Technischer Verweis."},
    )
    yield from _refused({key: text for text, keys in _REFUSED_ELEMENTS.items() for key in keys})


_REFUSED_ELEMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Komplexe Gateways werden nicht ausgeführt.": ("complexGateway",),
    "Ad-hoc-Teilprozesse werden nicht ausgeführt.": (
        "adHocSubProcess",
        "ordering",
    ),
    "Schleifenaufgaben werden nicht ausgeführt. Zeichnen Sie die Schleife mit einem Gateway.": (
        "standardLoopCharacteristics",
        "loopCondition",
        "loopMaximum",
    ),
    "Ereignisse einer Mehrfachausführung werden nicht ausgeführt.": (
        "complexBehaviorDefinition",
        "event",
    ),
    "Bedingungsereignisse werden nicht ausgeführt.": (
        "condition",
        "conditionalEventDefinition",
    ),
    "Signale werden nicht ausgeführt. Verwenden Sie eine Nachricht.": ("signalEventDefinition",),
    "Verweise auf gemeinsame Ereignisdefinitionen werden nicht gelesen. Definieren Sie das Ereignis am Element.": (
        "eventDefinitionRef",
    ),
    "Implizite Ereignisse werden nicht ausgeführt.": ("implicitThrowEvent",),
    "Choreographien werden nicht ausgeführt.": (
        "callChoreography",
        "choreography",
        "choreographyTask",
        "globalChoreographyTask",
        "subChoreography",
    ),
    "Konversationen werden nicht ausgeführt.": (
        "conversationNode",
        "globalConversation",
    ),
    "Globale Aufgaben werden nicht ausgeführt. Rufen Sie einen Prozess auf.": (
        "globalTask",
        "globalUserTask",
        "globalManualTask",
        "globalScriptTask",
        "globalBusinessRuleTask",
    ),
    "Importe werden nicht gelesen. Fügen Sie alles in eine Datei ein.": ("import",),
    "BPMN-Properties werden nicht ausgeführt. Verwenden Sie Variablen.": ("property",),
    "Daten-Ein- und Ausgänge werden nicht ausgeführt. Verwenden Sie camunda:inputOutput.": (
        "ioSpecification",
        "ioBinding",
        "dataInput",
        "dataOutput",
        "inputSet",
        "outputSet",
        "dataInputRefs",
        "dataOutputRefs",
        "optionalInputRefs",
        "optionalOutputRefs",
        "whileExecutingInputRefs",
        "whileExecutingOutputRefs",
        "inputSetRefs",
        "outputSetRefs",
    ),
    "Datenassoziationen werden nicht ausgeführt. Verwenden Sie camunda:inputOutput.": (
        "dataInputAssociation",
        "dataOutputAssociation",
        "assignment",
        "from",
        "to",
        "transformation",
        "sourceRef",
        "targetRef",
    ),
    "Die Ergebnisliste wird nicht gefüllt. Verwenden Sie camunda:outputParameter.": (
        "loopDataOutputRef",
        "outputDataItem",
    ),
    "Korrelation nach BPMN wird nicht ausgeführt. Verwenden Sie die Eigenschaft correlationKey.": (
        "correlationProperty",
        "correlationPropertyRetrievalExpression",
        "correlationPropertyBinding",
        "correlationSubscription",
        "messagePath",
    ),
    'Operationen werden nicht aufgerufen. Verwenden Sie camunda:type="external" und camunda:topic.': ("operationRef",),
    "Zuständigkeiten nach BPMN werden nicht gelesen. Verwenden Sie camunda:assignee oder camunda:candidateGroups.": (
        "performer",
        "resourceRole",
        "resourceParameterBinding",
        "resourceRef",
        "resourceParameter",
    ),
    "Dieser Ausdruck gehört zu einem Element, das nicht ausgeführt wird.": ("expression",),
    "Darstellungen von Aufgaben werden nicht gelesen. Verwenden Sie camunda:formKey.": ("rendering",),
    "Bahnen nach einem Merkmal werden nicht gelesen.": ("partitionElement",),
}
"""Why elements are refused, and which."""


@dataclass(frozen=True, slots=True)
class _Attribute:
    """Attributes named in `names` at the elements `tags`; see Rule for the rest."""

    tags: tuple[str, ...]
    names: tuple[str, ...]
    verdict: Verdict
    text: str
    values: tuple[str, ...] = ()
    otherwise: str = ""


_ANY: Final = ("*",)
_BOOLEAN: Final = ("true", "false", "1", "0")
_FALSE: Final = ("false", "0")
_SINGLE: Final = "Nur der Wert 1 wird ausgeführt. Zeichnen Sie mehrere Marken mit einem parallelen Gateway."

_ATTRIBUTES: Final = (
    _Attribute(_ANY, ("id", "name"), Verdict.EXECUTED, "Kennung und Beschriftung."),
    _Attribute(
        ("definitions",),
        (
            "targetNamespace",
            "expressionLanguage",
            "typeLanguage",
            "exporter",
            "exporterVersion",
        ),
        Verdict.IGNORED,
        "Angaben des Modellierungswerkzeugs; Ausdrücke sind FEEL oder ${...}.",
    ),
    _Attribute(
        ("process",),
        ("isExecutable",),
        Verdict.EXECUTED,
        "false: Der Prozess wird nicht ausgeführt; fehlt die Angabe, wird er ausgeführt.",
        _BOOLEAN,
        "Zulässig sind true und false.",
    ),
    _Attribute(
        ("process",),
        ("isClosed", "processType", "definitionalCollaborationRef"),
        Verdict.IGNORED,
        "Beschreibt den Prozess für Menschen.",
    ),
    _Attribute(("sequenceFlow",), ("sourceRef", "targetRef"), Verdict.EXECUTED, "Von und nach."),
    _Attribute(
        ("sequenceFlow",), ("isImmediate",), Verdict.IGNORED, "Nur für nicht ausführbare Prozesse von Bedeutung."
    ),
    _Attribute(
        (*ACTIVITIES, "exclusiveGateway", "inclusiveGateway"),
        ("default",),
        Verdict.EXECUTED,
        "Der Standardfluss: Er wird genommen, wenn keine Bedingung wahr ist.",
    ),
    _Attribute(
        ACTIVITIES,
        ("startQuantity", "completionQuantity"),
        Verdict.IGNORED,
        "Ein Durchlauf je Marke ist die Regel.",
        ("1",),
        _SINGLE,
    ),
    _Attribute(
        ACTIVITIES,
        ("isForCompensation",),
        Verdict.EXECUTED,
        "true: Die Aktivität läuft nur als Kompensation.",
        _BOOLEAN,
        "Zulässig sind true und false.",
    ),
    _Attribute(
        ("compensateEventDefinition",),
        ("activityRef",),
        Verdict.EXECUTED,
        "Welche Aktivität kompensiert wird; ohne Angabe alle.",
    ),
    _Attribute(
        ("compensateEventDefinition",),
        ("waitForCompletion",),
        Verdict.EXECUTED,
        "true ist die Regel.",
        ("true", "1"),
        "Auf das Ende der Kompensation wird immer gewartet.",
    ),
    _Attribute(
        ("transaction",),
        ("method", "protocol"),
        Verdict.IGNORED,
        "Abgebrochen wird durch Kompensation.",
        ("##Compensate", "compensate"),
        "Nur die Kompensation (##Compensate) wird ausgeführt.",
    ),
    _Attribute(
        ("userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask"),
        ("implementation",),
        Verdict.IGNORED,
        "Ausgeführt wird, was Topic, Nachricht oder Entscheidung sagen, wie in Camunda 7.",
    ),
    _Attribute(
        ("serviceTask", "sendTask", "receiveTask", "messageEventDefinition"),
        ("operationRef",),
        Verdict.REFUSED,
        'Operationen werden nicht aufgerufen. Verwenden Sie camunda:type="external" und camunda:topic.',
    ),
    _Attribute(
        ("sendTask", "receiveTask", "messageEventDefinition"), ("messageRef",), Verdict.EXECUTED, "Welche Nachricht."
    ),
    _Attribute(
        ("receiveTask",),
        ("instantiate",),
        Verdict.IGNORED,
        "false ist die Regel.",
        _FALSE,
        "Eine Empfangsaufgabe startet keinen Prozess. Verwenden Sie ein Nachrichten-Startereignis.",
    ),
    _Attribute(("scriptTask",), ("scriptFormat",), Verdict.EXECUTED, "Nur „feel“."),
    _Attribute(
        SUB_PROCESSES,
        ("triggeredByEvent",),
        Verdict.EXECUTED,
        "true: ein Ereignis-Teilprozess.",
        _BOOLEAN,
        "Zulässig sind true und false.",
    ),
    _Attribute(
        ("eventBasedGateway",),
        ("instantiate",),
        Verdict.IGNORED,
        "false ist die Regel.",
        _FALSE,
        "Ein ereignisbasiertes Gateway startet keinen Prozess. Verwenden Sie Nachrichten-Startereignisse.",
    ),
    _Attribute(
        ("eventBasedGateway",),
        ("eventGatewayType",),
        Verdict.IGNORED,
        "Exclusive ist die Regel.",
        ("Exclusive",),
        "Nur ein Ereignis kann gewinnen (Exclusive).",
    ),
    _Attribute(("callActivity",), ("calledElement",), Verdict.EXECUTED, "Die Kennung des aufgerufenen Prozesses."),
    _Attribute(GATEWAYS, ("gatewayDirection",), Verdict.IGNORED, "Folgt aus den Sequenzflüssen."),
    _Attribute(
        ("startEvent", "intermediateCatchEvent", "boundaryEvent"),
        ("parallelMultiple",),
        Verdict.IGNORED,
        "false ist die Regel.",
        _FALSE,
        "Ereignisse mit mehreren Auslösern werden nicht ausgeführt.",
    ),
    _Attribute(
        ("startEvent",), ("isInterrupting",), Verdict.EXECUTED, "Nur in Ereignis-Teilprozessen: ohne Angabe true."
    ),
    _Attribute(
        ("boundaryEvent",),
        ("attachedToRef", "cancelActivity"),
        Verdict.EXECUTED,
        "Woran das Ereignis hängt und ob es unterbricht (ohne Angabe: ja).",
    ),
    _Attribute(
        ("errorEventDefinition",), ("errorRef",), Verdict.EXECUTED, "Welcher Fehler; beim Fangen ohne Angabe jeder."
    ),
    _Attribute(("error",), ("errorCode",), Verdict.EXECUTED, "Der Fehlercode."),
    _Attribute(
        ("escalationEventDefinition",),
        ("escalationRef",),
        Verdict.EXECUTED,
        "Welche Eskalation; beim Fangen ohne Angabe jede.",
    ),
    _Attribute(("escalation",), ("escalationCode",), Verdict.EXECUTED, "Der Code der Eskalation."),
    _Attribute(
        ("message", "error", "signal", "escalation", "dataObject", "dataStore"),
        ("itemRef", "itemSubjectRef", "structureRef", "isCollection", "capacity", "isUnlimited"),
        Verdict.IGNORED,
        "Datentyp oder Darstellung; die Werte sind FEEL-Werte.",
    ),
    _Attribute(
        ("dataObjectReference", "dataStoreReference"),
        ("dataObjectRef", "dataStoreRef", "itemSubjectRef"),
        Verdict.IGNORED,
        "Darstellung von Daten.",
    ),
    _Attribute(
        ("multiInstanceLoopCharacteristics",),
        ("isSequential",),
        Verdict.EXECUTED,
        "true: nacheinander; ohne Angabe oder false: alle zugleich.",
        _BOOLEAN,
        "Zulässig sind true und false.",
    ),
    _Attribute(
        ("multiInstanceLoopCharacteristics",),
        ("behavior",),
        Verdict.IGNORED,
        "All ist die Regel.",
        ("All",),
        "Ereignisse einer Mehrfachausführung werden nicht ausgeführt.",
    ),
    _Attribute(
        ("multiInstanceLoopCharacteristics",),
        ("oneBehaviorEventRef", "noneBehaviorEventRef"),
        Verdict.REFUSED,
        "Ereignisse einer Mehrfachausführung werden nicht ausgeführt.",
    ),
    _Attribute(
        ("conditionExpression", "timeDate", "timeDuration", "timeCycle", "loopCardinality", "completionCondition"),
        ("language",),
        Verdict.EXECUTED,
        "Nur FEEL; ${...} wird immer gelesen.",
    ),
    _Attribute(
        ("conditionExpression", "timeDate", "timeDuration", "timeCycle", "loopCardinality", "completionCondition"),
        ("evaluatesToTypeRef",),
        Verdict.IGNORED,
        "Folgt aus dem Ausdruck.",
    ),
    _Attribute(
        ("inputDataItem",), ("itemSubjectRef", "isCollection"), Verdict.IGNORED, "Datentyp; die Werte sind FEEL-Werte."
    ),
    _Attribute(("association",), ("sourceRef", "targetRef", "associationDirection"), Verdict.EXECUTED, "Von und nach."),
    _Attribute(("lane",), ("partitionElementRef",), Verdict.IGNORED, "Beschreibung der Bahn."),
    _Attribute(
        ("extension",),
        ("mustUnderstand",),
        Verdict.IGNORED,
        "false ist die Regel.",
        _FALSE,
        "Das Modell verlangt eine Erweiterung, die nicht ausgeführt wird.",
    ),
    _Attribute(
        ("camunda:inputParameter", "camunda:outputParameter", "camunda:property"),
        ("name",),
        Verdict.EXECUTED,
        "Name.",
    ),
    _Attribute(("camunda:property",), ("value",), Verdict.EXECUTED, "Wert."),
    _Attribute(("camunda:entry",), ("key",), Verdict.EXECUTED, "Name des Eintrags."),
    _Attribute(("camunda:script",), ("scriptFormat",), Verdict.EXECUTED, "Nur „feel“."),
    _Attribute(
        ("camunda:in", "camunda:out"),
        ("source", "sourceExpression", "target"),
        Verdict.EXECUTED,
        "Woher und wohin; sourceExpression ist ${...} oder „=FEEL“.",
    ),
    _Attribute(
        ("camunda:in", "camunda:out"),
        ("variables",),
        Verdict.EXECUTED,
        "all: alle Variablen.",
        ("all",),
        "Nur „all“ wird ausgeführt.",
    ),
    _Attribute(
        ("camunda:in",),
        ("businessKey",),
        Verdict.EXECUTED,
        "Der Schlüssel für Nachrichten an den gerufenen Prozess.",
    ),
    _Attribute(
        ("camunda:in", "camunda:out"),
        ("local",),
        Verdict.IGNORED,
        "false ist die Regel.",
        _FALSE,
        "Nur lokale Variablen zu übergeben ist nicht möglich. Nennen Sie die Variablen einzeln.",
    ),
    _Attribute(
        ("documentation", "textAnnotation", "text", "script"), ("textFormat",), Verdict.IGNORED, "Art des Textes."
    ),
    _Attribute(
        (
            "group",
            "category",
            "categoryValue",
            "itemDefinition",
            "interface",
            "operation",
            "collaboration",
            "participant",
            "participantMultiplicity",
            "messageFlow",
            "conversation",
            "conversationLink",
            "conversationAssociation",
            "subConversation",
            "callConversation",
            "participantAssociation",
            "messageFlowAssociation",
            "correlationKey",
            "resource",
            "extension",
            "relationship",
            "partnerEntity",
            "partnerRole",
            "endPoint",
        ),
        _ANY,
        Verdict.IGNORED,
        "Darstellung oder Beschreibung.",
    ),
)

_TASKS_WITH_TOPIC: Final = ("serviceTask", "sendTask", "businessRuleTask", "messageEventDefinition")
_ASYNC: Final = (*FLOW_NODES,)

_VENDOR_ATTRIBUTES: Final = (
    _Attribute(("userTask",), ("formKey",), Verdict.EXECUTED, "Das Formular der Aufgabe."),
    _Attribute(
        ("userTask",),
        ("assignee", "candidateUsers", "candidateGroups"),
        Verdict.EXECUTED,
        "Wer zuständig ist: Text oder ${...}, Listen mit Komma.",
    ),
    _Attribute(
        ("userTask",),
        ("dueDate", "followUpDate"),
        Verdict.EXECUTED,
        "Fälligkeit und Wiedervorlage: ISO 8601 (Datum, Zeitpunkt oder Dauer) oder ${...}.",
    ),
    _Attribute(("userTask",), ("priority",), Verdict.EXECUTED, "Eine ganze Zahl oder ${...}; ohne Angabe 50."),
    _Attribute(
        _TASKS_WITH_TOPIC,
        ("type",),
        Verdict.EXECUTED,
        "external: ein Auftrag an den Dienst des Topics.",
        ("external",),
        "Nur „external“ wird ausgeführt.",
    ),
    _Attribute(_TASKS_WITH_TOPIC, ("topic",), Verdict.EXECUTED, "Der Name, unter dem der Dienst angemeldet ist."),
    _Attribute(
        _TASKS_WITH_TOPIC,
        ("taskPriority",),
        Verdict.EXECUTED,
        "Rang des Auftrags, eine ganze Zahl.",
    ),
    _Attribute(
        ("businessRuleTask",),
        ("decisionRef",),
        Verdict.EXECUTED,
        "Die Kennung der Entscheidung im Ordner der Leistung.",
    ),
    _Attribute(
        ("businessRuleTask",),
        ("decisionRefBinding",),
        Verdict.EXECUTED,
        "Es gilt immer die Entscheidung, die mit dem Prozess eingespielt wurde.",
        ("deployment", "latest"),
        "Eine Version kann nicht gewählt werden. Es gilt die mit dem Prozess eingespielte Entscheidung.",
    ),
    _Attribute(
        ("businessRuleTask",),
        ("mapDecisionResult",),
        Verdict.EXECUTED,
        "Form des Ergebnisses; ohne Angabe resultList.",
        ("singleEntry", "singleResult", "collectEntries", "resultList"),
        "Zulässig sind singleEntry, singleResult, collectEntries und resultList.",
    ),
    _Attribute(
        ("businessRuleTask", "scriptTask"),
        ("resultVariable",),
        Verdict.EXECUTED,
        "Der Name der Variablen für das Ergebnis.",
    ),
    _Attribute(
        ("callActivity",),
        ("calledElementBinding",),
        Verdict.EXECUTED,
        "Gerufen wird die Fassung, die beim Aufruf gilt.",
        ("latest",),
        "Nur „latest“ wird ausgeführt.",
    ),
    _Attribute(
        ("multiInstanceLoopCharacteristics",),
        ("collection", "elementVariable"),
        Verdict.EXECUTED,
        "Die Liste (Name oder ${...}) und der Name der Variablen für ihr Element.",
    ),
    _Attribute(
        (*_ASYNC, "multiInstanceLoopCharacteristics"),
        ("async", "asyncBefore", "asyncAfter"),
        Verdict.EXECUTED,
        "Der Schritt wird hier gespeichert; ein Auftrag setzt den Vorgang fort.",
        ("true", "false"),
        "Zulässig sind true und false.",
    ),
    _Attribute(
        (*_ASYNC, "process", "multiInstanceLoopCharacteristics"),
        ("exclusive",),
        Verdict.IGNORED,
        "Aufträge eines Vorgangs laufen nie gleichzeitig in denselben Stand.",
    ),
    _Attribute(
        (*_ASYNC, "process", "multiInstanceLoopCharacteristics"),
        ("jobPriority",),
        Verdict.IGNORED,
        "Fortsetzungen haben keinen Rang; die Reihenfolge ändert das Ergebnis nicht.",
    ),
    _Attribute(
        ("process",),
        ("historyTimeToLive", "versionTag", "isStartableInTasklist"),
        Verdict.IGNORED,
        "Aufbewahrung und Fassung stehen in procedure.toml.",
    ),
    _Attribute(
        ("process",),
        ("candidateStarterGroups", "candidateStarterUsers"),
        Verdict.IGNORED,
        "Schränkt auch in Camunda 7 den Start nicht ein. Wer starten darf, steht in procedure.toml.",
    ),
    _Attribute(
        ("startEvent",),
        ("formKey",),
        Verdict.IGNORED,
        "Das Startformular ist antrag.form im Ordner der Leistung.",
    ),
    _Attribute(
        ("startEvent",), ("initiator",), Verdict.REFUSED, "Eine Variable für den Startenden wird nicht gesetzt."
    ),
    _Attribute(
        ("escalationEventDefinition",),
        ("escalationCodeVariable",),
        Verdict.EXECUTED,
        "Variable für den Code der Eskalation.",
    ),
    _Attribute(
        ("errorEventDefinition",),
        ("errorCodeVariable", "errorMessageVariable"),
        Verdict.EXECUTED,
        "Variable für Fehlercode und Fehlertext.",
    ),
    _Attribute(("error",), ("errorMessage",), Verdict.EXECUTED, "Der Fehlertext für errorMessageVariable."),
    _Attribute(
        ("serviceTask", "sendTask", "businessRuleTask", "messageEventDefinition"),
        ("class", "expression", "delegateExpression"),
        Verdict.REFUSED,
        'Java-Code wird nicht ausgeführt. Verwenden Sie camunda:type="external" und camunda:topic.',
    ),
    _Attribute(
        ("scriptTask", "conditionExpression"),
        ("resource",),
        Verdict.REFUSED,
        "Skripte aus Dateien werden nicht gelesen. Schreiben Sie den FEEL-Ausdruck ins Modell.",
    ),
    _Attribute(
        ("callActivity",),
        ("caseRef", "caseBinding", "caseVersion", "caseTenantId"),
        Verdict.REFUSED,
        "CMMN-Fälle werden nicht aufgerufen.",
    ),
    _Attribute(
        ("callActivity",),
        ("variableMappingClass", "variableMappingDelegateExpression"),
        Verdict.REFUSED,
        "Java-Code wird nicht ausgeführt. Verwenden Sie camunda:in und camunda:out.",
    ),
    _Attribute(
        ("userTask", "startEvent"),
        ("formRef", "formRefBinding", "formRefVersion", "formHandlerClass"),
        Verdict.REFUSED,
        "Formulare nennt camunda:formKey.",
    ),
)

VENDOR_PLACES: Final[Mapping[str, frozenset[str]]] = {
    "camunda:inputOutput": frozenset({*ACTIVITIES, *EVENTS} - {"startEvent"}),
    "camunda:in": frozenset({"callActivity"}),
    "camunda:out": frozenset({"callActivity"}),
}
"""The elements whose extensionElements may hold a vendor element; others may stand at any."""


def _vendor_elements() -> Iterable[Rule]:
    extensible = frozenset({"extensionElements"})
    yield from _executed(
        extensible,
        {
            "camunda:inputOutput": "Werte, die in ein Element hinein- und aus ihm herausgehen.",
            "camunda:in": "Werte für den aufgerufenen Prozess.",
            "camunda:out": "Werte aus dem aufgerufenen Prozess.",
            "camunda:properties": "Eigenschaften der Aufgabe; zweite_person und correlationKey haben eine Bedeutung.",
            "camunda:failedJobRetryTimeCycle": "Wie oft und in welchen Abständen ein Auftrag wiederholt wird.",
        },
    )
    yield from _executed(
        frozenset({"camunda:inputOutput"}),
        {
            "camunda:inputParameter": "Eine lokale Variable des Elements.",
            "camunda:outputParameter": "Ein Wert, der das Element verlässt.",
        },
    )
    nested = frozenset({"camunda:inputParameter", "camunda:outputParameter", "camunda:list", "camunda:entry"})
    yield from _executed(
        nested,
        {
            "camunda:list": "Eine Liste.",
            "camunda:map": "Ein Kontext.",
            "camunda:script": 'Nur scriptFormat="feel": ein FEEL-Ausdruck.',
        },
    )
    yield from _executed(frozenset({"camunda:map"}), {"camunda:entry": "Ein Eintrag."})
    yield from _executed(frozenset({"camunda:list"}), {"camunda:value": "Ein Wert der Liste."})
    yield from _executed(frozenset({"camunda:properties"}), {"camunda:property": "Eine Eigenschaft."})
    yield from _refused(
        {
            "camunda:executionListener": "Listener werden nicht ausgeführt.",
            "camunda:taskListener": "Listener werden nicht ausgeführt.",
            "camunda:connector": "Konnektoren im Modell werden nicht ausgeführt. Verwenden Sie ein Topic.",
            "camunda:connectorId": "Konnektoren im Modell werden nicht ausgeführt.",
            "camunda:field": "Felder für Java-Klassen werden nicht gelesen.",
            "camunda:string": "Felder für Java-Klassen werden nicht gelesen.",
            "camunda:expression": "Felder für Java-Klassen werden nicht gelesen.",
            "camunda:formData": "Formulare stehen in .form-Dateien (camunda:formKey).",
            "camunda:formField": "Formulare stehen in .form-Dateien (camunda:formKey).",
            "camunda:formProperty": "Formulare stehen in .form-Dateien (camunda:formKey).",
            "camunda:validation": "Formulare stehen in .form-Dateien (camunda:formKey).",
            "camunda:constraint": "Formulare stehen in .form-Dateien (camunda:formKey).",
            "camunda:errorEventDefinition": "Fehler meldet der Dienst selbst mit ihrem Code.",
            "camunda:potentialStarter": "Wer starten darf, steht in procedure.toml.",
        }
    )


ENGINES: Final[Mapping[str, str]] = {
    "http://camunda.org/schema/zeebe/1.0": "Camunda 8",
    "http://www.jboss.org/drools": "jBPM",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
}
"""Namespaces of other engines: what stands in them changes how the model runs, so it is refused. Extensions of any
other namespace may be ignored (BPMN 2.0, 8.2.3: unless mustUnderstand says otherwise)."""


def _attributes(table: Iterable[_Attribute], prefix: str) -> Iterable[Rule]:
    for line in table:
        for tag in line.tags:
            for name in line.names:
                key = f"{tag}@{prefix}{name}"
                yield Rule(key, line.verdict, line.text, values=frozenset(line.values), otherwise=line.otherwise)


TABLE: Final[Mapping[str, Rule]] = {
    rule.key: rule
    for rules in (
        _elements(),
        _events(),
        _attributes(_ATTRIBUTES, ""),
        _vendor_elements(),
        _attributes(_VENDOR_ATTRIBUTES, "camunda:"),
    )
    for rule in rules
}


def element_rule(tag: str, parent: str | None) -> Rule:
    """Return the rule for an element below `parent`; what the table does not know is refused."""
    rule = TABLE.get(tag)
    if rule is None:
        return Rule(tag, Verdict.REFUSED, "Das Element ist unbekannt.")
    if rule.within and parent not in rule.within:
        return Rule(tag, Verdict.REFUSED, f"Das Element „{tag}“ darf nicht in „{parent}“ stehen.")
    return rule


def attribute_rule(tag: str, attribute: str, value: str) -> Rule:
    """Return the rule for an attribute ("default", "camunda:formKey") with this value."""
    rule = TABLE.get(f"{tag}@{attribute}") or TABLE.get(f"*@{attribute}")
    if rule is None and not attribute.startswith("camunda:"):
        rule = TABLE.get(f"{tag}@*")
    if rule is None:
        return Rule(attribute, Verdict.REFUSED, f"Das Attribut „{attribute}“ ist hier unbekannt.")
    if rule.values and value.strip() not in rule.values:
        return Rule(rule.key, Verdict.REFUSED, rule.otherwise)
    return rule


def event_rule(position: str, definition: str) -> Rule:
    """Return the rule for an event, for example ("boundaryEvent", "timer")."""
    return TABLE[f"{position}/{definition}"]
