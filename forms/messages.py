"""The sentences of a form, in German: each says what to do, most with an example."""

from datetime import date
from decimal import Decimal
from typing import Final

from forms.model import Choice, Field, NumberInput, Repeat, TextInput, Upload
from forms.notation import show_date, show_number, show_size

SENT_TWICE: Final = "Dieses Feld kam mehrfach mit verschiedenen Angaben an. Füllen Sie es noch einmal aus."
UNDECLARED: Final = "Das Formular kennt „{name}“ nicht. Lassen Sie diese Angabe weg."


def fill_in(field: Field, example: str = "") -> str:
    """Something is missing in a text field."""
    return f"Füllen Sie „{_label(field)}“ aus{_example(field, example)}."


def choose(field: Choice) -> str:
    """No answer was chosen."""
    if field.takes_several:
        return f"Wählen Sie bei „{_label(field)}“ mindestens eine Antwort aus."
    return f"Wählen Sie bei „{_label(field)}“ eine Antwort aus."


def unknown_choice(field: Field) -> str:
    """An answer that is not (or no longer) offered."""
    return f"Wählen Sie bei „{_label(field)}“ eine der angebotenen Antworten aus."


def tick(field: Field) -> str:
    """A required box is not ticked."""
    return f"Setzen Sie das Häkchen bei „{_label(field)}“. Ohne das können wir nicht weitermachen."


def give_number(field: NumberInput) -> str:
    """What stands there is no number, or none stands there."""
    return f"Geben Sie bei „{_label(field)}“ eine Zahl an{_example(field, _number_example(field))}."


def whole_number(field: NumberInput) -> str:
    """Decimals where none are taken."""
    return f"Geben Sie bei „{_label(field)}“ eine ganze Zahl an{_example(field, _number_example(field))}."


def too_many_digits(field: NumberInput) -> str:
    """More decimals than are taken."""
    digits = "einer Nachkommastelle" if field.decimal_digits == 1 else f"{field.decimal_digits} Nachkommastellen"
    return f"Geben Sie „{_label(field)}“ mit höchstens {digits} an{_example(field, _number_example(field))}."


def not_less(field: NumberInput, minimum: Decimal) -> str:
    """The number is too small."""
    return f"Geben Sie bei „{_label(field)}“ eine Zahl ab {show_number(minimum)} an."


def not_more(field: NumberInput, maximum: Decimal) -> str:
    """The number is too large."""
    return f"Geben Sie bei „{_label(field)}“ eine Zahl bis {show_number(maximum)} an."


def step_error(field: NumberInput, step: Decimal) -> str:
    """The number lies between two steps."""
    return f"Geben Sie bei „{_label(field)}“ ein Vielfaches von {show_number(step)} an."


def give_date(field: Field) -> str:
    """What stands there is no date, or none stands there."""
    return f"Geben Sie bei „{_label(field)}“ ein Datum an{_example(field, '15.01.2027')}."


def year_with_four_digits(field: Field) -> str:
    """The year is out of what can be meant."""
    return f"Prüfen Sie das Jahr bei „{_label(field)}“ und geben Sie es vierstellig an{_example(field, '15.01.2027')}."


def give_time(field: Field) -> str:
    """What stands there is no time, or none stands there."""
    return f"Geben Sie bei „{_label(field)}“ eine Uhrzeit an{_example(field, '14:30')}."


def give_datetime(field: Field) -> str:
    """What stands there is no date with time, or none stands there."""
    return f"Geben Sie bei „{_label(field)}“ Datum und Uhrzeit an{_example(field, '15.01.2027 14:30')}."


def not_before(field: Field, earliest: date) -> str:
    """The date is too early."""
    return f"Geben Sie bei „{_label(field)}“ ein Datum ab dem {show_date(earliest)} an."


def not_after(field: Field, latest: date, *, is_today: bool) -> str:
    """The date is too late; the limit today has a sentence of its own."""
    if is_today:
        return f"Geben Sie bei „{_label(field)}“ ein Datum an, das nicht in der Zukunft liegt."
    return f"Geben Sie bei „{_label(field)}“ ein Datum bis zum {show_date(latest)} an."


def too_long(field: TextInput, length: int) -> str:
    """The text is longer than allowed."""
    over = length - field.max_length
    return (
        f"Kürzen Sie „{_label(field)}“ auf {show_number(Decimal(field.max_length))} Zeichen. "
        f"Es {'ist' if over == 1 else 'sind'} {show_number(Decimal(over))} Zeichen zu viel."
    )


def too_short(field: TextInput) -> str:
    """The text is shorter than allowed."""
    return f"Schreiben Sie bei „{_label(field)}“ mindestens {field.min_length} Zeichen{_example(field, '')}."


def pattern_error(field: TextInput) -> str:
    """The text does not have the form that the pattern asks for."""
    if field.pattern_error:
        return field.pattern_error
    if field.example:
        return f"Prüfen Sie „{_label(field)}“. So sieht eine richtige Angabe aus: {field.example}."
    return f"Prüfen Sie „{_label(field)}“. Die Angabe hat nicht die Form, die wir brauchen."


def upload(field: Upload) -> str:
    """A file is missing."""
    sentence = f"Laden Sie bei „{_label(field)}“ eine Datei hoch."
    return f"{sentence} Oder kreuzen Sie an, dass Sie sie nachreichen." if field.later_allowed else sentence


def unknown_file(field: Upload) -> str:
    """An id that names none of the person's stored files."""
    return f"Eine Datei bei „{_label(field)}“ liegt nicht mehr vor. Laden Sie sie noch einmal hoch."


def too_many_files(field: Upload) -> str:
    """More files than allowed."""
    if field.most_files == 1:
        return f"Laden Sie bei „{_label(field)}“ nur eine Datei hoch. Entfernen Sie die übrigen."
    return f"Laden Sie bei „{_label(field)}“ höchstens {field.most_files} Dateien hoch. Entfernen Sie die übrigen."


def wrong_extension(field: Upload, name: str) -> str:
    """A file of a type that is not taken."""
    kinds = [extension[1:].upper() for extension in field.extensions if extension != ".jpeg"]
    listed = ", ".join(kinds[:-1]) + " oder " + kinds[-1] if len(kinds) > 1 else kinds[0]
    return f"Die Datei „{name}“ hat ein Format, das wir nicht öffnen. Laden Sie sie als {listed} hoch."


def largest_file(field: Upload, name: str, size_bytes: int) -> str:
    """A file that is too large."""
    return (
        f"Die Datei „{name}“ ist {show_size(size_bytes)} groß. Möglich sind {show_size(field.largest_bytes)}: "
        "Verkleinern Sie die Datei oder teilen Sie sie auf."
    )


def infected_file(name: str) -> str:
    """A file in which the scanner found a virus."""
    return f"In der Datei „{name}“ wurde ein Virus gefunden. Entfernen Sie sie und laden Sie eine andere hoch."


def wrong_type(field: Field | Repeat) -> str:
    """JSON of the wrong kind at this place."""
    return f"„{field.label or field.path[-1]}“ hat eine Form, die hier nicht möglich ist. Prüfen Sie die Angabe."


def add_rows(repeat: Repeat) -> str:
    """Fewer entries than needed."""
    if repeat.minimum == 1:
        return f"Machen Sie Angaben zu mindestens einem Eintrag „{repeat.item_label}“."
    return f"Machen Sie Angaben zu mindestens {repeat.minimum} Einträgen „{repeat.item_label}“."


def remove_rows(repeat: Repeat) -> str:
    """More entries than possible."""
    return f"Bei „{repeat.label or repeat.item_label}“ sind höchstens {repeat.maximum} Einträge möglich."


def _label(field: Field) -> str:
    return field.label or field.key


def _example(field: Field, usual: str) -> str:
    example = field.example or usual
    return f", zum Beispiel {example}" if example else ""


def _number_example(field: NumberInput) -> str:
    if field.is_money:
        return "1.234,50"
    example = Decimal("2.5") if field.decimal_digits else Decimal(3)
    fits = (field.minimum is None or example >= field.minimum) and (field.maximum is None or example <= field.maximum)
    return show_number(example) if fits else ""
