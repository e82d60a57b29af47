"""`docs/second-engine.md`, from the tables: `python -m engine.bpmn.oracle.documentation > docs/second-engine.md`."""

import sys
from collections.abc import Iterator, Mapping
from typing import Final

from engine.bpmn.oracle.comparable import EXCLUDED, RUN

_INTRODUCTION: Final = """# Die zweite Engine

Diese Seite ist aus `engine/bpmn/oracle/comparable.py` erzeugt
(`python -m engine.bpmn.oracle.documentation > docs/second-engine.md`).

`amtsweg check`, `amtsweg deploy` und die Demo spielen jedes Szenario einer Leistung ein zweites Mal, auf SpiffWorkflow:
mit dessen Parser und dessen Ablauf, aber mit unserem FEEL und DMN. Dazu kommen 50 weitere Wege, die aus den Antworten
der Szenarien gewürfelt werden, immer dieselben. Nach jedem Schritt müssen beide Engines dieselben Elemente beendet
haben, an denselben Stellen warten (Aufgabe, Auftrag, Zeitpunkt, Nachricht, je Durchlauf), dieselben Zeitpunkte und
Variablen haben und gleichzeitig zu Ende sein. Weichen sie ab, wird die Leistung nicht bereitgestellt. Was SpiffWorkflow
nicht richtig ausführt, heißt „nicht vergleichbar“, mit Grund; das hindert nichts.

- Kein Text eines Modells erreicht SpiffWorkflow. Wo es Python erwartet, steht ein Schlüssel, zu dem der übersetzte
  FEEL-Ausdruck gehört; das Modell wird dafür neu geschrieben (`engine/bpmn/oracle/translation.py` sagt, wie und warum
  das dasselbe bedeutet).
- Den Aufbau (Flüsse, Starts, angeheftete Ereignisse, Standardflüsse, Schleifen) liest die zweite Engine aus den
  Elementen der Datei, nicht aus dem übersetzten Programm. Die Ausdrücke selbst teilen sich beide.
- SpiffWorkflow kennt keine Variablen eines Prozesses. Sie werden daneben geführt, nach denselben Regeln, ein zweites
  Mal geschrieben.
- Grenzen: 400 Elemente, 900 Schritte tief, 5.000 Schritte und 10 Sekunden je Fall. Darüber: nicht vergleichbar.
- Parallele Zweige laufen in der Reihenfolge der Flüsse. Hängt ein Ergebnis innerhalb eines Schritts davon ab, ob ein
  Teilprozess oder eine Mehrfachausführung vor einem Skript des Nachbarzweigs beginnt, kann das als Abweichung gemeldet
  werden: Solche Modelle haben ohnehin kein festes Ergebnis.
- Erst im Fall selbst zeigt sich: zwei Marken auf einem Eingang oder in einem parallelen Gateway, eine nicht
  unterbrechende Nachricht, ein Fehler, den erst eine umgebende Ebene fängt.
"""


def documentation() -> str:
    """Return the page: prose, then both tables."""
    return "\n".join(
        [_INTRODUCTION, *_table("Vergleichbar", RUN), *_table("Nicht vergleichbar", EXCLUDED), "Alles andere: ebenso."]
    )


def _table(title: str, lines: Mapping[str, str]) -> Iterator[str]:
    yield from (f"## {title}", "", "| | |", "|---|---|")
    yield from (f"| `{key}` | {text} |" for key, text in lines.items())
    yield ""


if __name__ == "__main__":
    sys.stdout.write(f"{documentation()}\n")
