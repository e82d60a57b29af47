"""`docs/bpmn.md`, generated from the table: `python -m engine.bpmn.documentation > docs/bpmn.md`."""

import sys
from collections.abc import Iterable
from typing import Final

from engine.bpmn.elements import DEFINITIONS, POSITIONS, TABLE, Rule, Verdict

_INTRODUCTION: Final = """# BPMN: was ausgeführt wird

Diese Seite ist aus `engine/bpmn/elements.py` erzeugt (`python -m engine.bpmn.documentation > docs/bpmn.md`). Nach
derselben Tabelle entscheidet das Gate (`amtsweg gate DATEI...`): Ein Modell wird genau so ausgeführt, wie es dasteht,
oder mit Element, Zeile und Grund abgelehnt. Nichts wird stillschweigend übergangen.

## Ausdrücke

Ausdrücke sind FEEL. Wo eine Bedingung, eine Zeit oder ein Skript steht, ist der Text FEEL (auch mit „=“ davor). Wo ein
Wert steht (Parameter, Zuständige, Nachrichtenname), ist der Text wörtlich gemeint, wie in Camunda 7; FEEL beginnt dort
mit „=“. `${...}` und `#{...}` werden überall gelesen und rechnen wie in Camunda, auch bei gemischten Arten: `"1" == 1`
gilt, `null` zählt als 0 oder falsch. Möglich sind Vergleiche, `&&`, `||`, `!`, `+ - * / %`, die Wörter dafür (`and`,
`eq`, `div` ...), `empty`, `a ? b : c`, Eigenschaften, Indizes, Literale. Methodenaufrufe, Funktionen und die Objekte
der Java-Engine (`execution`, `task`) werden abgelehnt. Wo Camunda mit einem Fehler abbräche, gibt es keinen Wert. Eine
Bedingung, die weder wahr noch falsch ist, hält den Schritt mit einer Meldung an; sie gilt nie als falsch.

## Variablen

Was eine Person oder ein Dienst zurückgibt, bleibt in der Aufgabe. Nur `camunda:outputParameter` (und `resultVariable`,
`camunda:out`) tragen Werte hinaus: in den nächsten umgebenden Teilprozess, der diese Variable schon hat, sonst in den
Prozess. `camunda:inputParameter` sind lokale Variablen; an einem Teilprozess sind es seine eigenen. Ein aufgerufener
Prozess sieht nur, was `camunda:in` nennt.

## Zeiten

Ein Zeitpunkt ohne Zeitzone ist deutsche Zeit. Jahre, Monate, Wochen und Tage einer Dauer zählen im deutschen Kalender
(`P1D` behält die Uhrzeit auch bei der Zeitumstellung), Stunden und weniger auf der Zeitachse. Ein Datum als Fälligkeit
einer Aufgabe gilt bis zum Ende des Tages, als Zeitpunkt eines Ereignisses ab seinem Beginn.

## Was BPMN offen lässt

- Ein Fehler, den niemand fängt, beendet den ganzen Vorgang, wenn ihn ein Fehler-Endereignis auslöst. Meldet ihn ein
  Dienst, bleibt der Auftrag stehen, damit ihn jemand ansieht.
- Das parallele Gateway führt zusammen, wenn über jeden Eingang eine Marke gekommen ist, nicht schon bei ebenso vielen.
- Eine Aufgabe für die Hand (`manualTask`) und eine Aufgabe ohne Typ warten nicht, wie in Camunda 7.
- Angeheftete Ereignisse einer Mehrfachausführung gelten für alle Durchläufe zusammen.
- Eine Schleife, in der nie gewartet wird, wird nach 100.000 Elementen in einem Schritt angehalten.
"""


def documentation() -> str:
    """Return the page: prose, then every line of the table."""
    return "\n".join(
        [
            _INTRODUCTION,
            *_section("Elemente", [rule for key, rule in TABLE.items() if _is_element(key)]),
            *_events(),
            *_section("Attribute", [rule for key, rule in TABLE.items() if "@" in key and "camunda:" not in key]),
            *_section("Camunda 7 und Operaton", [rule for key, rule in TABLE.items() if "camunda:" in key]),
        ]
    )


def _is_element(key: str) -> bool:
    return "@" not in key and "/" not in key and "camunda:" not in key


_WORDS: Final = {Verdict.EXECUTED: "ausgeführt", Verdict.IGNORED: "ohne Wirkung", Verdict.REFUSED: "abgelehnt"}


def _section(title: str, rules: Iterable[Rule]) -> list[str]:
    lines = [f"## {title}", "", "| | | |", "|---|---|---|"]
    for verdict in Verdict:
        for text, keys in _grouped(rule for rule in rules if rule.verdict is verdict).items():
            lines.append(f"| {', '.join(f'`{key}`' for key in keys)} | {_WORDS[verdict]} | {_cell(text)} |")
    return [*lines, ""]


def _grouped(rules: Iterable[Rule]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for rule in rules:
        values = f" Zulässig: {', '.join(sorted(rule.values))}. {rule.otherwise}" if rule.values else ""
        groups.setdefault(rule.text + values, []).append(rule.key)
    return groups


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _events() -> list[str]:
    lines = ["## Ereignisse", "", "Ja: ausgeführt. Nein: abgelehnt. -: sieht BPMN nicht vor.", ""]
    lines.append(f"| | {' | '.join(DEFINITIONS.values())} |")
    lines.append(f"|---{'|---' * len(DEFINITIONS)}|")
    for position, (where, allowed) in POSITIONS.items():
        cells = [_answer(position, definition, allowed) for definition in DEFINITIONS]
        lines.append(f"| {where} | {' | '.join(cells)} |")
    lines.append("")
    executed = [rule for key, rule in TABLE.items() if "/" in key and rule.verdict is Verdict.EXECUTED]
    lines += [f"- `{rule.key}`: {rule.text}" for rule in executed]
    return [*lines, ""]


def _answer(position: str, definition: str, allowed: frozenset[str]) -> str:
    if TABLE[f"{position}/{definition}"].verdict is Verdict.EXECUTED:
        return "ja"
    return "nein" if definition in allowed else "-"


if __name__ == "__main__":
    sys.stdout.write(documentation())
