"""From a component's JSON to its value in `forms.model`: one reader per form-js type.

`READERS` is the list of what is supported; `REFUSED` says of every other type of form-js what to use instead.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any, Final

from engine.feel import Expression
from engine.language import parse_expression
from forms.formats import FORMATS, Format
from forms.json_text import JsonValue
from forms.model import (
    Checkbox,
    Choice,
    ChoiceStyle,
    Component,
    Computed,
    Field,
    NumberInput,
    Option,
    Path,
    Prose,
    Separator,
    TemporalInput,
    TemporalKind,
    TextInput,
    Upload,
)
from forms.notation import parse_date, parse_datetime, parse_time
from forms.patterns import Pattern, PatternRefused, compile_pattern
from forms.properties import PROPERTIES
from forms.richtext import Block, RichTextRefused, feel_sources, read_html, read_markdown
from forms.source import Source

LONGEST_LINE: Final = 250
LONGEST_TEXTAREA: Final = 5_000
LONGEST_VALUE: Final = 20_000
MOST_OPTIONS: Final = 500
MOST_ROWS: Final = 100
DEFAULT_ROWS: Final = 20
MOST_FILES: Final = 20
LARGEST_FILE_MB: Final = 50

REFUSED: Final[Mapping[str, str]] = {
    "image": "Bilder sind nicht möglich. Beschreiben Sie in einem Text, was zu sehen wäre.",
    "iframe": "Eingebettete Seiten sind nicht möglich. Verweisen Sie in einem Text darauf.",
    "table": "Tabellen sind nicht möglich. Zeigen Sie Werte in einem Text mit {{Ausdruck}}.",
    "documentPreview": "Vorschauen sind nicht möglich; die Akte zeigt Dokumente neben dem Formular.",
    "multipage": "Legen Sie für jede Seite eine Gruppe auf der obersten Ebene an.",
    "page": "Legen Sie für jede Seite eine Gruppe auf der obersten Ebene an.",
}

_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_EXTENSION: Final = re.compile(r"\.[a-z0-9]{1,8}")
_AUTOCOMPLETE: Final = re.compile(r"[a-z]+(?:-[a-z0-9]+)*(?: [a-z]+(?:-[a-z0-9]+)*){0,2}")
_FEEL_WORDS: Final = frozenset(
    [
        "and",
        "between",
        "else",
        "every",
        "external",
        "false",
        "for",
        "function",
        "if",
        "in",
        "instance",
        "item",
        "not",
        "null",
        "or",
        "partial",
        "return",
        "satisfies",
        "some",
        "then",
        "true",
    ]
)
# `typename` made stored instances of another engine unloadable; `vorgang` is the shell's own; the rest are form-js's.
_RESERVED: Final = frozenset({"typename", "vorgang", "this", "parent", "i", "constructor", "prototype"})
_DEFAULT_EXTENSIONS: Final = (".pdf", ".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a component stands: keys above it in the form or row, and the beginnings of its text keys."""

    path: Path = ()
    text_prefix: str = ""
    block: str = ""
    block_prefix: str = ""
    rows: int = 0

    def inside(self, path: Path) -> "Scope":
        """The scope of a group's children whose values lie below `path`."""
        dotted = "".join(f"{key}." for key in path)
        return replace(
            self,
            path=self.path + path,
            text_prefix=self.text_prefix + dotted,
            block_prefix=self.block_prefix + dotted if self.block else "",
        )

    def row(self, path: Path) -> "Scope":
        """The scope inside the rows of a repeated group."""
        return replace(self.inside(path), path=(), rows=self.rows + 1)

    def of_block(self, block: str) -> "Scope":
        """The scope at the top of a shared block."""
        return replace(self, block=block, block_prefix=f"{block}.")


def read_path(source: Source, text: str, *, what: str) -> Path:
    """The keys of a dotted path; a path that cannot be used is a finding and comes back empty."""
    keys = tuple(text.split(".")) if text else ()
    for key in keys:
        if not _KEY.fullmatch(key):
            source.refuse(
                "bad_key",
                f"{what} „{text[:60]}“ beginnt nicht mit a bis z oder enthält anderes als a bis z, Ziffern und _.",
            )
            return ()
        if key.lower() in _FEEL_WORDS or key.lower() in _RESERVED or key.endswith("_nachreichen"):
            source.refuse("reserved_key", f"{what} „{key}“ ist vergeben; wählen Sie einen anderen Namen.")
            return ()
    return keys


def unusable_path(source: Source) -> Path:
    """Stands for a key that was refused, so that reading goes on and finds the rest."""
    return (f"?{source.component_id}",)


def read_component(source: Source, scope: Scope) -> Component | None:
    """The component of one of the types in `READERS`, None for a button; problems are findings in `source`."""
    read, takes = READERS[source.type]
    properties = source.part("properties")
    component = read(source, properties, scope, read_common(source))
    if takes:
        source.ignore(*takes)
    source.ignore("id", "type", "versionTag", "layout")
    source.close(f"„{source.type}“")
    close_properties(properties, source.type)
    return component


def read_common(source: Source) -> dict[str, Any]:
    """What every component has: its id and the condition that hides it."""
    conditional = source.part("conditional")
    hide = conditional.condition("hide")
    conditional.close("„conditional“")
    return {"id": source.component_id, "hide": hide}


def close_properties(properties: Source, component_type: str) -> None:
    """Refuse properties that this type does not have."""
    for name in properties.data:
        known = PROPERTIES.get(name)
        if known is None or component_type not in known.on:
            fitting = ", ".join(item.name for item in PROPERTIES.values() if component_type in item.on) or "keine"
            message = f"Die Eigenschaft „{name[:60]}“ gibt es bei „{component_type}“ nicht; möglich sind: {fitting}."
            properties.refuse("unknown_property", message)


def _field(source: Source, properties: Source, scope: Scope, common: dict[str, Any]) -> dict[str, Any]:
    if not source.data.get("key"):
        source.refuse("missing_key", "Dem Feld fehlt der Schlüssel („key“).")
    keys = read_path(source, source.text("key"), what="Der Schlüssel") or unusable_path(source)
    dotted = ".".join(keys)
    return common | {
        "path": scope.path + keys,
        "text_key": scope.text_prefix + dotted,
        "block_key": scope.block_prefix + dotted if scope.block else "",
        "label": source.text("label"),
        "description": source.text("description"),
        "why": properties.text("why"),
        "example": properties.text("example"),
        "error": properties.text("error"),
        "required": _required(source),
        "readonly": source.flag("readonly"),
        "disabled": source.flag("disabled"),
        "autocomplete": _autocomplete(properties),
    }


def _required(source: Source) -> bool:
    validate = source.data.get("validate")
    return source.part("validate").flag("required") if isinstance(validate, dict) else False


def _only_required(source: Source) -> None:
    validate = source.part("validate")
    validate.ignore("required")
    validate.close(f"„validate“ von „{source.type}“")


def _autocomplete(properties: Source) -> str:
    value = properties.text("autocomplete")
    if value and not _AUTOCOMPLETE.fullmatch(value):
        properties.refuse("bad_attribute", "„autocomplete“ ist kein Wert des HTML-Attributs, zum Beispiel family-name.")
        return ""
    return value


def _read_text(source: Source, properties: Source, scope: Scope, common: dict[str, Any]) -> Field:
    wanted = properties.text("format")
    if wanted == "date":
        return _date_as_text(source, properties, scope, common)
    validate, multiline = source.part("validate"), source.type == "textarea"
    validate.ignore("required")
    usual = LONGEST_TEXTAREA if multiline else LONGEST_LINE
    appearance = source.part("appearance")
    field = TextInput(
        **_field(source, properties, scope, common),
        multiline=multiline,
        format=_format(properties, wanted) or _validation_type(validate),
        min_length=validate.integer("minLength", low=0, high=LONGEST_VALUE, default=0),
        max_length=validate.integer("maxLength", low=1, high=LONGEST_VALUE, default=usual),
        pattern=_pattern(validate),
        pattern_error=validate.text("patternErrorMessage"),
        default=source.text("defaultValue"),
        prefix=appearance.text("prefixAdorner"),
        suffix=appearance.text("suffixAdorner"),
    )
    if field.min_length > field.max_length:
        source.refuse("bad_attribute", "„minLength“ ist größer als „maxLength“.")
    validate.close(f"„validate“ von „{source.type}“")
    return field


def _date_as_text(source: Source, properties: Source, scope: Scope, common: dict[str, Any]) -> Field:
    _only_required(source)
    return TemporalInput(
        **_field(source, properties, scope, common),
        kind=TemporalKind.DATE,
        default=_temporal_default(source, TemporalKind.DATE),
    )


def _format(properties: Source, wanted: str) -> Format | None:
    if wanted and wanted not in FORMATS:
        names = ", ".join([*FORMATS, "date"])
        properties.refuse("unknown_format", f"Das Format „{wanted[:40]}“ gibt es nicht; möglich sind: {names}.")
    return FORMATS.get(wanted)


def _validation_type(validate: Source) -> Format | None:
    kind = validate.one_of("validationType", ("email", "phone", "custom", ""), "")
    return FORMATS.get({"email": "email", "phone": "telefon"}.get(kind, ""))


def _pattern(validate: Source) -> Pattern | None:
    value = validate.data.get("pattern")
    validate.ignore("pattern")
    if value is None or value == "":
        return None
    try:
        return compile_pattern(value) if isinstance(value, str) else _refuse_pattern()
    except PatternRefused as refused:
        validate.refuse("bad_pattern", f"Das Muster ist nicht möglich. {refused}")
        return None


def _refuse_pattern() -> Pattern:
    raise PatternRefused("Es muss ein Text sein.")


def _read_number(source: Source, properties: Source, scope: Scope, common: dict[str, Any]) -> Field:
    validate, appearance = source.part("validate"), source.part("appearance")
    validate.ignore("required")
    is_money = properties.one_of("format", ("", "eur"), "") == "eur"
    field = NumberInput(
        **_field(source, properties, scope, common),
        minimum=validate.decimal("min"),
        maximum=validate.decimal("max"),
        decimal_digits=source.integer("decimalDigits", low=0, high=12, default=2 if is_money else None),
        step=source.decimal("increment"),
        is_money=is_money,
        default=source.decimal("defaultValue"),
        prefix=appearance.text("prefixAdorner"),
        suffix=appearance.text("suffixAdorner") or ("EUR" if is_money else ""),
    )
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        source.refuse("bad_attribute", "„min“ ist größer als „max“.")
    if field.step is not None and field.step <= 0:
        source.refuse("bad_attribute", "„increment“ muss größer als 0 sein.")
        field = replace(field, step=None)
    validate.close("„validate“ von „number“")
    return field


def _read_temporal(source: Source, properties: Source, scope: Scope, common: dict[str, Any]) -> Field:
    _only_required(source)
    kind = TemporalKind(source.one_of("subtype", tuple(TemporalKind), "date"))
    names = {"date": "dateLabel", "time": "timeLabel", "datetime": "dateLabel"}
    label = source.text(names[kind]) or source.text("dateLabel") or source.text("timeLabel")
    earliest = _limit(properties, "earliest")
    if source.flag("disallowPassedDates") and earliest is None:
        earliest = properties.expression("today()", "disallowPassedDates")
    if kind is TemporalKind.TIME and (earliest or properties.data.get("latest")):
        source.refuse("bad_attribute", "Eine Uhrzeit hat kein frühestes oder spätestes Datum.")
    values = _field(source, properties, scope, common)
    return TemporalInput(
        **values | {"label": values["label"] or label},
        kind=kind,
        earliest=earliest,
        latest=_limit(properties, "latest"),
        default=_temporal_default(source, kind),
    )


def _temporal_default(source: Source, kind: TemporalKind) -> date | time | None:
    text = source.text("defaultValue")
    read = {TemporalKind.DATE: parse_date, TemporalKind.TIME: parse_time, TemporalKind.DATETIME: parse_datetime}[kind]
    value = read(text) if text else None
    if text and value is None:
        source.refuse("bad_attribute", "„defaultValue“ ist kein Datum oder keine Uhrzeit dieser Art.")
    return value


def _limit(properties: Source, name: str) -> Expression | None:
    text = properties.raw_text(name).removeprefix("=").strip()
    return properties.expression(text, name) if text else None


def _read_checkbox(source: Source, properties: Source, scope: Scope, common: dict[str, Any]) -> Field:
    _only_required(source)
    return Checkbox(**_field(source, properties, scope, common), default=source.flag("defaultValue"))


def _read_choice(source: Source, properties: Source, scope: Scope, common: dict[str, Any]) -> Field:
    _only_required(source)
    style = ChoiceStyle(source.type)
    options = _options(source)
    options_from = _options_from(source)
    if not options and options_from is None:
        source.refuse("no_options", "Es fehlen die Antworten: „values“, „valuesKey“ oder „valuesExpression“.")
    if options and options_from is not None:
        source.refuse("no_options", "Die Antworten stehen zweimal da: entweder „values“ oder ein Ausdruck.")
    several = style in (ChoiceStyle.CHECKLIST, ChoiceStyle.TAGLIST)
    return Choice(
        **_field(source, properties, scope, common),
        style=style,
        options=options,
        options_from=options_from,
        default=_choice_default(source, options, several=several),
    )


def _options(source: Source) -> tuple[Option, ...]:
    options: dict[str, Option] = {}
    given = source.list_of("values")
    if len(given) > MOST_OPTIONS:
        source.refuse("too_many", f"Es sind höchstens {MOST_OPTIONS} Antworten möglich.")
        return ()
    for item in given:
        option = _option(source, item)
        if option is not None and option.value in options:
            source.refuse("duplicate_option", f"Die Antwort „{option.value}“ gibt es zweimal.")
        if option is not None:
            options[option.value] = option
    return tuple(options.values())


def _option(source: Source, item: JsonValue) -> Option | None:
    part = replace(source, data=item, _used=set()) if isinstance(item, dict) else None
    if part is None or not isinstance(part.data.get("value"), str) or not part.data["value"]:
        source.refuse("bad_option", "Jede Antwort braucht „label“ und einen nicht leeren Text als „value“.")
        return None
    value = part.text("value")
    option = Option(value, part.text("label") or value)
    part.close("einer Antwort")
    return option


def _options_from(source: Source) -> Expression | None:
    key = source.text("valuesKey")
    if key:
        return source.expression(key, "valuesKey") if read_path(source, key, what="Der Name") else None
    return source.feel("valuesExpression")


def _choice_default(source: Source, options: tuple[Option, ...], *, several: bool) -> tuple[str, ...]:
    value = source.data.get("defaultValue")
    source.ignore("defaultValue")
    wanted = value if isinstance(value, list) else [] if value in (None, "") else [value]
    known = {option.value for option in options}
    if any(not isinstance(item, str) or item not in known for item in wanted) or (len(wanted) > 1 and not several):
        source.refuse("bad_attribute", "„defaultValue“ muss eine der Antworten sein.")
        return ()
    return tuple(str(item) for item in wanted)


def _read_upload(source: Source, properties: Source, scope: Scope, common: dict[str, Any]) -> Field:
    _only_required(source)
    multiple = source.flag("multiple")
    most = properties.integer("max_files", low=1, high=MOST_FILES, default=MOST_FILES if multiple else 1)
    if most > 1 and not multiple:
        source.refuse("bad_attribute", "„max_files“ braucht „multiple“.")
    return Upload(
        **_field(source, properties, scope, common),
        extensions=_extensions(source),
        most_files=most,
        largest_bytes=properties.integer("max_mb", low=1, high=LARGEST_FILE_MB, default=10) * 1_000_000,
        later_allowed=properties.flag("nachreichbar"),
    )


def _extensions(source: Source) -> tuple[str, ...]:
    accept = source.text("accept")
    extensions = tuple(part.strip().lower() for part in accept.split(",") if part.strip())
    if any(not _EXTENSION.fullmatch(extension) for extension in extensions):
        source.refuse("bad_attribute", "„accept“ nennt Endungen mit Komma, zum Beispiel .pdf,.jpg.")
        return _DEFAULT_EXTENSIONS
    return extensions or _DEFAULT_EXTENSIONS


def _read_computed(source: Source, properties: Source, scope: Scope, common: dict[str, Any]) -> Field:
    source.one_of("computeOn", ("change", "presubmit"), "change")
    expression = source.feel("expression")
    is_money = properties.one_of("format", ("", "eur"), "") == "eur"
    if expression is None:
        source.refuse("bad_expression", "Der Berechnung fehlt der Ausdruck („expression“).")
        expression = parse_expression("null")
    return Computed(**_field(source, properties, scope, common), expression=expression, is_money=is_money)


def _read_prose(source: Source, _properties: Source, _scope: Scope, common: dict[str, Any]) -> Component:
    blocks = _blocks(source)
    parsed = {text: source.expression(text, "text") for text in feel_sources(blocks)}
    values = {text: expression for text, expression in parsed.items() if expression is not None}
    return Prose(**common, text_key=source.component_id, blocks=blocks, values=values)


def _blocks(source: Source) -> tuple[Block, ...]:
    try:
        return (
            read_html(source.raw_text("content")) if source.type == "html" else read_markdown(source.raw_text("text"))
        )
    except RichTextRefused as refused:
        source.refuse("bad_text", str(refused))
        return ()


def _read_separator(_source: Source, _properties: Source, _scope: Scope, common: dict[str, Any]) -> Component:
    return Separator(**common)


def _read_button(source: Source, _properties: Source, _scope: Scope, _common: dict[str, Any]) -> None:
    """The page has its own buttons; a submit button of the editor's templates is taken and not shown."""
    if source.one_of("action", ("submit", "reset"), "submit") == "reset":
        source.refuse("reset_button", "Ein Knopf zum Leeren ist nicht möglich: Eingaben gehen sonst verloren.")


_Reader = Callable[[Source, Source, Scope, dict[str, Any]], Component | None]

# The second part of each entry: attributes of form-js that are taken and have no effect on a server-rendered page.
READERS: Final[Mapping[str, tuple[_Reader, tuple[str, ...]]]] = {
    "textfield": (_read_text, ()),
    "textarea": (_read_text, ()),
    "number": (_read_number, ("serializeToString",)),
    "datetime": (_read_temporal, ("use24h", "timeSerializingFormat", "timeInterval", "dateLabel", "timeLabel")),
    "checkbox": (_read_checkbox, ()),
    "checklist": (_read_choice, ()),
    "radio": (_read_choice, ()),
    "select": (_read_choice, ("searchable",)),
    "taglist": (_read_choice, ()),
    "filepicker": (_read_upload, ()),
    "expression": (_read_computed, ()),
    "text": (_read_prose, ()),
    "html": (_read_prose, ()),
    "separator": (_read_separator, ()),
    "spacer": (_read_separator, ("height",)),
    "button": (_read_button, ("label",)),
}
