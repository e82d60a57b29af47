"""One field: from what was entered to a FEEL value, or the sentence that says what to do."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from engine.feel import Expression
from engine.feel.values import Value
from forms import messages
from forms.conditions import Surroundings
from forms.model import Checkbox, Choice, Field, NumberInput, TemporalInput, TemporalKind, TextInput, Upload
from forms.notation import BERLIN, parse_date, parse_datetime, parse_time
from forms.text import TextRefused, clean_line, clean_lines, printable

EARLIEST_YEAR: Final = 1850
LATEST_YEAR: Final = 2199
MOST_DIGITS: Final = 30
INFECTED: Final = "befallen"
"""The scan state of a file that nobody may open; no form takes it."""

_TICKED: Final = frozenset({"true", "on", "1", "ja"})
_UNTICKED: Final = frozenset({"", "false", "off", "0", "nein"})


class Wrong(ValueError):
    """The entry cannot be taken; the message is the German sentence for the person."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that the shell has stored for this person and form; entries name it by `id`.

    `scan_state` is what the virus scanner said, as it is stored ("" where nobody asks); it is no part of the value.
    """

    id: str
    name: str
    size_bytes: int
    media_type: str
    sha256: str
    scan_state: str = field(default="", compare=False)

    @property
    def is_infected(self) -> bool:
        return self.scan_state == INFECTED

    def to_value(self) -> dict[str, Value]:
        """The file as it stands in the form's values."""
        return {
            "id": self.id,
            "name": self.name,
            "size_bytes": Decimal(self.size_bytes),
            "media_type": self.media_type,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """How entries are read: numbers in German or in machine notation, and which files they may name."""

    number: Callable[[str], Decimal | None]
    files: Mapping[str, UploadedFile] = field(default_factory=dict)


def convert(component: Field, raw: object, around: Surroundings, reading: Reading, *, promised: bool) -> Value:
    """The value of a visible field. `promised`: a missing file will follow. Raises Wrong."""
    match component:
        case TextInput():
            return _text(component, raw)
        case NumberInput():
            return _number(component, raw, reading.number)
        case TemporalInput():
            return _temporal(component, raw, around)
        case Checkbox():
            return _checkbox(component, raw)
        case Choice():
            return _choice(component, raw, around)
        case Upload():
            return _files(component, raw, reading.files, promised=promised)
        case _:
            raise Wrong(messages.wrong_type(component))


def file_error(component: Upload, name: str, size_bytes: int) -> str | None:
    """Why a file cannot be taken, as a sentence, or None; for the moment of the upload, before anything is stored."""
    if not name.lower().endswith(component.extensions):
        return messages.wrong_extension(component, printable(name))
    if size_bytes > component.largest_bytes:
        return messages.largest_file(component, printable(name), size_bytes)
    return None


def _text(component: TextInput, raw: object) -> Value:
    text = _cleaned(component, raw)
    if not text:
        example = component.format.example if component.format else ""
        return _missing(component, component.error or messages.fill_in(component, example))
    if len(text) > component.max_length:
        raise Wrong(messages.too_long(component, len(text)))
    if len(text) < component.min_length:
        raise Wrong(component.error or messages.too_short(component))
    if component.pattern is not None and not component.pattern.found_in(text):
        raise Wrong(component.error or messages.pattern_error(component))
    if component.format is None:
        return text
    stored = component.format.read(text)
    if stored is None:
        raise Wrong(component.error or component.format.error)
    return stored


def _cleaned(component: Field, raw: object) -> str:
    if raw is None:
        return ""
    if isinstance(raw, list):
        raise Wrong(messages.SENT_TWICE)
    if not isinstance(raw, str):
        raise Wrong(messages.wrong_type(component))
    try:
        return clean_lines(raw) if isinstance(component, TextInput) and component.multiline else clean_line(raw)
    except TextRefused as refused:
        raise Wrong(str(refused)) from None


def _number(component: NumberInput, raw: object, read: Callable[[str], Decimal | None]) -> Value:
    number = _as_decimal(component, raw, read)
    if number is None:
        return _missing(component, component.error or messages.give_number(component))
    if not number.is_finite() or len(number.as_tuple().digits) > MOST_DIGITS or abs(number.adjusted()) > MOST_DIGITS:
        raise Wrong(component.error or messages.give_number(component))
    number = _rounded(component, Decimal(f"{number:f}") + 0)
    if component.minimum is not None and number < component.minimum:
        raise Wrong(component.error or messages.not_less(component, component.minimum))
    if component.maximum is not None and number > component.maximum:
        raise Wrong(component.error or messages.not_more(component, component.maximum))
    if component.step is not None and number % component.step != 0:
        raise Wrong(component.error or messages.step_error(component, component.step))
    return number


def _as_decimal(component: NumberInput, raw: object, read: Callable[[str], Decimal | None]) -> Decimal | None:
    if isinstance(raw, Decimal):
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool):
        return Decimal(raw)
    if isinstance(raw, float) and math.isfinite(raw):
        return Decimal(repr(raw))
    if isinstance(raw, float):
        raise Wrong(component.error or messages.give_number(component))
    text = _cleaned(component, raw)
    if not text:
        return None
    for adorner in ("EUR", "€", component.suffix, component.prefix):
        text = text.removesuffix(adorner).removeprefix(adorner) if adorner else text
    number = read(text.strip())
    if number is None:
        raise Wrong(component.error or messages.give_number(component))
    return number


def _rounded(component: NumberInput, number: Decimal) -> Decimal:
    """The number with the decimals of the field: zeros may go or come, digits may not get lost."""
    if component.decimal_digits is None:
        return number
    fitting = number.quantize(Decimal(1).scaleb(-component.decimal_digits))
    if fitting != number:
        lost = messages.whole_number if component.decimal_digits == 0 else messages.too_many_digits
        raise Wrong(component.error or lost(component))
    return fitting if component.is_money or component.decimal_digits == 0 else number


def _temporal(component: TemporalInput, raw: object, around: Surroundings) -> Value:
    read, ask = _TEMPORAL[component.kind]
    value = raw if isinstance(raw, date | time) else None
    if value is None:
        text = _cleaned(component, raw)
        if not text:
            return _missing(component, component.error or ask(component))
        value = read(text)
    if not _fits(component.kind, value):
        raise Wrong(component.error or ask(component))
    if isinstance(value, date):
        _within(component, value, around)
    return value


def _fits(kind: TemporalKind, value: date | time | None) -> bool:
    match kind:
        case TemporalKind.DATE:
            return isinstance(value, date) and not isinstance(value, datetime)
        case TemporalKind.TIME:
            return isinstance(value, time)
        case TemporalKind.DATETIME:
            return isinstance(value, datetime)


def _within(component: TemporalInput, value: date, around: Surroundings) -> None:
    day = _day(value)
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise Wrong(component.error or messages.year_with_four_digits(component))
    earliest = _limit(component.earliest, around)
    if earliest is not None and day < earliest:
        raise Wrong(component.error or messages.not_before(component, earliest))
    latest = _limit(component.latest, around)
    if latest is not None and day > latest:
        raise Wrong(component.error or messages.not_after(component, latest, is_today=latest == around.today))


def _limit(expression: Expression | None, around: Surroundings) -> date | None:
    value = None if expression is None else around.evaluate(expression)
    return _day(value) if isinstance(value, date) else None


def _day(value: date) -> date:
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(BERLIN)).date()
    return value


def _iso_datetime(text: str) -> datetime | None:
    local = parse_datetime(text)
    if local is not None:
        return local
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(BERLIN) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


_TEMPORAL: Final[Mapping[TemporalKind, tuple[Callable[[str], date | time | None], Callable[[Field], str]]]] = {
    TemporalKind.DATE: (parse_date, messages.give_date),
    TemporalKind.TIME: (parse_time, messages.give_time),
    TemporalKind.DATETIME: (_iso_datetime, messages.give_datetime),
}


def _checkbox(component: Checkbox, raw: object) -> Value:
    ticked = raw if isinstance(raw, bool) else _word(component, raw)
    if component.required and not ticked:
        raise Wrong(component.error or messages.tick(component))
    return ticked


def _word(component: Checkbox, raw: object) -> bool:
    word = _cleaned(component, raw).lower()
    if word in _TICKED or word in _UNTICKED:
        return word in _TICKED
    raise Wrong(messages.wrong_type(component))


def _choice(component: Choice, raw: object, around: Surroundings) -> Value:
    options = component.options if component.options_from is None else around.options(component.options_from)
    offered = [option.value for option in options]
    if not component.takes_several:
        chosen = _cleaned(component, raw)
        if chosen and chosen not in offered:
            raise Wrong(messages.unknown_choice(component))
        return chosen or _missing(component, component.error or messages.choose(component))
    given = [raw] if isinstance(raw, str) else raw or []
    if not isinstance(given, list):
        raise Wrong(messages.wrong_type(component))
    wanted = [item for item in given if item != ""]
    if any(item not in offered for item in wanted):
        raise Wrong(messages.unknown_choice(component))
    if component.required and not wanted:
        raise Wrong(component.error or messages.choose(component))
    return [value for value in offered if value in wanted]


def _files(component: Upload, raw: object, files: Mapping[str, UploadedFile], *, promised: bool) -> Value:
    given = [raw] if isinstance(raw, str) else raw or []
    if not isinstance(given, list):
        raise Wrong(messages.wrong_type(component))
    ids = dict.fromkeys(_file_id(component, item) for item in given if item != "")
    if any(file_id not in files for file_id in ids):
        raise Wrong(messages.unknown_file(component))
    named = [files[file_id] for file_id in ids]
    if not named and not promised:
        _missing(component, component.error or messages.upload(component))
    if len(named) > component.most_files:
        raise Wrong(messages.too_many_files(component))
    for file in named:
        if file.is_infected:
            raise Wrong(messages.infected_file(printable(file.name)))
        if error := file_error(component, file.name, file.size_bytes):
            raise Wrong(error)
    return [file.to_value() for file in named]


def _file_id(component: Upload, item: object) -> str:
    found = item.get("id") if isinstance(item, Mapping) else item
    if not isinstance(found, str):
        raise Wrong(messages.wrong_type(component))
    return found


def _missing(component: Field, sentence: str) -> Value:
    if component.required:
        raise Wrong(sentence)
    return None
