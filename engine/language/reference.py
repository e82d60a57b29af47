"""Writes `docs/feel.md`, the page about FEEL for authors: `python -m engine.language.reference > docs/feel.md`."""

import sys
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from engine.feel import limits, parser
from engine.feel.builtins import STANDARD
from engine.feel.library import Builtin, Library
from engine.language import LIBRARY

_INTRODUCTION: Final = """# FEEL: die Sprache der Bedingungen und Entscheidungen

*Diese Seite schreibt `python -m engine.language.reference`; die Beispiele führt ein Test aus.*

FEEL ist die Ausdruckssprache von DMN 1.5. Amtsweg wertet mit ihr alles aus, was ein Verfahren entscheidet:
Bedingungen an Pfeilen, Entscheidungstabellen, Formulare, Fristen, Skripte. Ein Ausdruck kann nichts verändern und
nichts aufrufen, was hier nicht steht.

## Das Wichtigste

| Was | Beispiel |
| --- | --- |
| Zahl, Text, Wahrheitswert, kein Wert | `12.50`, `"Hund"`, `true`, `null` |
| Datum, Uhrzeit, Zeitpunkt, Dauer | `@"2027-01-15"`, `@"10:30:00"`, `@"2027-01-15T10:30:00@Europe/Berlin"`, `@"P14D"` |
| Rechnen | `(Betrag - Nachlass) * 12 / 100`, `2 ** 3` |
| Vergleichen | `Anzahl der Hunde >= 3`, `Art = "Mastiff"`, `Alter between 6 and 17`, `Alter in [6..17]` |
| Verknüpfen | `Alter > 15 and not(Befreiung)` |
| Auswählen | `if Alter < 16 then 0 else 120` |
| Liste, Eintrag, Filter | `Hunde[1]`, `Hunde[-1].Name`, `Hunde[Alter > 2]`, `count(Hunde[gefährlich])` |
| Kontext | `{Betrag: 120, Fällig: @"2027-08-15"}.Betrag` |
| Für jedes Element | `for h in Hunde return h.Betrag`, `for i in 1..3 return i * i` |
| Eines, alle | `some h in Hunde satisfies h.Alter > 10`, `every h in Hunde satisfies h.gechippt` |
| Eigene Funktion | `{Satz: function(n) n * 60, Steuer: Satz(2)}.Steuer` |
| Zelle einer Tabelle | `-`, `< 5`, `[18..65]`, `"A", "B"`, `not("C")`, `? > 5 and odd(?)` |

Namen dürfen Leerzeichen enthalten. Ein Name, der Zeichen wie `-` oder `+` enthält, wird nur erkannt, wenn er bekannt
ist; sonst ist `a-b` eine Rechnung.

## Wenn etwas fehlt

Ein Ausdruck bricht nie ab. Was keinen Wert hat, ist `null`, und eine Meldung nennt Zeile, Spalte und Grund: `1 / 0`,
`"a" + 1`, ein unbekannter Name. `and` und `or` kennen drei Werte: `false and null` ist `false`, `true and null` ist
`null`. Eine Bedingung gilt nur, wenn sie `true` ist.

## Zahlen und Zeiten

Zahlen haben 34 Dezimalstellen; gerundet wird kaufmännisch nur mit `round half up`, sonst zur geraden Ziffer. Ein Tag
einer Dauer hat 24 Stunden; in einer benannten Zeitzone zählt die wirkliche Zeit, auch über die Umstellung der Uhr
hinweg. Uhrzeiten und Zeitpunkte werden auf ganze Sekunden verglichen (so will es der Standard). `now()` und `today()`
sind der Augenblick, zu dem das Verfahren den Schritt tut; eine Wiederholung rechnet mit demselben.
"""

_FUNCTIONS: Final = """## Eingebaute Funktionen

`?` heißt: darf fehlen. `...` heißt: beliebig viele Werte, oder eine Liste. Als Art eines Arguments steht `day` für
Datum oder Zeitpunkt, `temporal` für diese und Uhrzeiten, `duration` für beide Arten von Dauer, `comparable` für alles,
was eine Reihenfolge hat, `any` für alles. Argumente kann man auch benennen:
`substring(string: "Amt", start position: 2)`.
"""

_LAW: Final = """## Funktionen des Rechts

Diese Funktionen rechnen mit denselben Tabellen wie das Recht des Produkts (Feiertage, Fristen, Bekanntgabe). Ihre Namen
beginnen mit `law.`; so heißt deshalb keine Variable, auf die ein Punkt folgt. Sie gelten überall, wo FEEL steht: an
Pfeilen, in Skripten, Zeitereignissen, Formularen, Entscheidungstabellen und in `procedure.toml`.

Welche Feiertage gelten (`jurisdiction`, zum Beispiel `"DE-HE"`) und welches Verfahrensrecht (`procedural law`, zum
Beispiel `"AO"`, `"SGB X"`), steht in der `procedure.toml` des Verfahrens. Nur wer davon abweicht, gibt das Argument an.
Die Beispiele rechnen mit Hessen und dem HVwVfG. Ein Zeitpunkt ohne Zone gilt in Deutschland; gezählt wird der Tag, der
dann in Berlin ist. Was die Tabellen nicht enthalten, ergibt `null` und eine Meldung, nie eine Vermutung.

Ein Zeitereignis, das drei Werktage vor dem Ende einer Frist erinnert:
`law.add working days(law.deadline(bekanntgegeben_am, "1 Monat"), -3)`.
"""

_LIMITS: Final = """## Grenzen

| Was | Grenze |
| --- | --- |
| Länge eines Ausdrucks | {length} Zeichen |
| Verschachtelung | {depth} Ebenen |
| Schritte einer Auswertung | {steps} |
| Länge eines Textes | {string} Zeichen |
| Länge einer Liste | {items} Einträge |

Ein Schritt ist ein Schleifendurchlauf, ein Aufruf oder die Arbeit an {size} Zeichen oder Listeneinträgen. Wer eine
Grenze erreicht, bekommt `null` und eine Meldung, bei jeder Wiederholung an derselben Stelle.

## Anders als der Standard

- Funktionen aus Java oder PMML (`external`) werden nicht ausgeführt; sie ergeben `null` mit einer Meldung.
- Muster (`matches`, `replace`, `split`) folgen XPath, wie der Standard es will; andere Systeme nehmen die ihrer
  Programmiersprache.
- Unbekannte benachbarte Wörter gelten als ein Name, damit eine Meldung ihn nennen kann.
"""


def markdown() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, _FUNCTIONS, *_groups(STANDARD, _group)]
    parts += [_LAW, *_groups(_host_functions(), _law_group)]
    parts.append(
        _LIMITS.format(
            length=_grouped(parser.MAX_LENGTH),
            depth=parser.MAX_DEPTH,
            steps=_grouped(limits.MAX_STEPS),
            string=_grouped(limits.MAX_STRING),
            items=_grouped(limits.MAX_LIST),
            size=limits.STEP_SIZE,
        )
    )
    return "\n".join(parts)


def _host_functions() -> Library:
    return Library({name: found for name, found in LIBRARY.functions.items() if name not in STANDARD.functions})


def _groups(library: Library, write: Callable[[str, list[Builtin]], str]) -> list[str]:
    groups: dict[str, list[Builtin]] = defaultdict(list)
    for overloads in library.functions.values():
        for builtin in overloads:
            groups[builtin.group].append(builtin)
    return [write(name, builtins) for name, builtins in groups.items()]


def _group(name: str, builtins: list[Builtin]) -> str:
    rows = [f"### {name}\n", "| Funktion | Beispiel | Ergebnis |", "| --- | --- | --- |"]
    for builtin in builtins:
        for position, (text, result) in enumerate(builtin.examples):
            signature = "" if position else f"`{_cell(builtin.signature)}`"
            rows.append(f"| {signature} | `{_cell(text)}` | `{_cell(result)}` |")
    return "\n".join(rows) + "\n"


def _law_group(name: str, builtins: list[Builtin]) -> str:
    rows = [f"### {name}\n", "| Funktion | Vorschrift | Beispiel | Ergebnis |", "| --- | --- | --- | --- |"]
    for builtin in builtins:
        for position, (text, result) in enumerate(builtin.examples):
            signature, norm = ("", "") if position else (f"`{_cell(builtin.signature)}`", builtin.norm)
            rows.append(f"| {signature} | {norm} | `{_cell(text)}` | `{_cell(result)}` |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", ".")


if __name__ == "__main__":
    sys.stdout.write(markdown())
