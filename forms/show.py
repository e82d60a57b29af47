"""Values as people read them (`show_field`, `show_value`) and as they type them (`written`)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal

from forms.model import (
    Checkbox,
    Choice,
    Computed,
    Field,
    NumberInput,
    Option,
    TemporalInput,
    TemporalKind,
    TextInput,
    Upload,
)
from forms.notation import (
    MONTHS,
    show_date,
    show_datetime,
    show_money,
    show_number,
    show_size,
    show_time,
    write_date,
    write_datetime,
    write_number,
    write_time,
)


def show_value(value: object) -> str:
    """Any FEEL value in German: `15. Januar 2027`, `1.234,5`, `ja`; empty for null."""
    match value:
        case None:
            return ""
        case bool():
            return "ja" if value else "nein"
        case Decimal():
            return show_number(value)
        case datetime():
            return show_datetime(value)
        case date():
            return show_date(value)
        case time():
            return show_time(value)
        case list():
            return ", ".join(filter(None, map(show_value, value)))
        case dict():
            return ", ".join(f"{key}: {show_value(item)}" for key, item in value.items())
        case _:
            return str(value)


def show_field(component: Field, value: object, options: tuple[Option, ...], word: Callable[..., str]) -> str:
    """A field's clean value for the summary, the file and the letter; one line per file, empty for no value.

    `word` gives the text of one of `forms.texts.WORDS`, with what stands in its braces.
    """
    if value is None or value == "" or value == []:
        return ""
    match component:
        case Checkbox():
            return word("yes") if value else word("no")
        case Choice():
            labels = {option.value: option.label for option in options}
            chosen = value if isinstance(value, list) else [value]
            return ", ".join(labels.get(str(item), show_value(item)) for item in chosen)
        case NumberInput() | Computed() if isinstance(value, Decimal):
            return _with_unit(component, value)
        case TemporalInput(kind=TemporalKind.DATE) if isinstance(value, date):
            return _date(value, word)
        case TextInput(format=known) if known is not None and isinstance(value, str):
            return known.show(value)
        case Upload():
            return "\n".join(map(_file, value)) if isinstance(value, list) else ""
        case _:
            return show_value(value)


def show_file_size(file: Mapping[str, object]) -> str:
    """The size of a file as it stands in the values of a form, empty where it has none."""
    size = file.get("size_bytes")
    return show_size(int(size)) if isinstance(size, Decimal) else ""


def written(component: Field, raw: object) -> str:
    """An entry as it stands in the input: what was typed stays as it was typed."""
    match raw:
        case None:
            return ""
        case bool():
            return "true" if raw else ""
        case Decimal():
            return f"{raw:.2f}".replace(".", ",") if _is_money(component) else write_number(raw)
        case datetime():
            return write_datetime(raw)
        case date():
            return write_date(raw)
        case time():
            return write_time(raw)
        case str():
            return _grouped(component, raw)
        case _:
            return ""


def _grouped(component: Field, text: str) -> str:
    known = component.format if isinstance(component, TextInput) else None
    return known.show(text) if known is not None and known.read(text) == text else text


def _is_money(component: Field) -> bool:
    return isinstance(component, NumberInput | Computed) and component.is_money


def _date(day: date, word: Callable[..., str]) -> str:
    """In the reader's language; German months where its list of them is not one of twelve."""
    names = word("months").split(", ")
    months = names if len(names) == len(MONTHS) else MONTHS
    return word("date", day=day.day, month=months[day.month - 1], year=day.year)


def _with_unit(component: NumberInput | Computed, value: Decimal) -> str:
    if component.is_money:
        return show_money(value)
    prefix, suffix = (component.prefix, component.suffix) if isinstance(component, NumberInput) else ("", "")
    return " ".join(part for part in (prefix, show_number(value), suffix) if part)


def _file(value: object) -> str:
    if not isinstance(value, Mapping):
        return ""
    size = show_file_size(value)
    return f"{value.get('name', '')} ({size})" if size else str(value.get("name", ""))
