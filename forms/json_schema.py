"""The JSON Schema (2020-12) of what an API may send to a form; it says less than `forms.validate`, and never more.

Conditions, limits by FEEL and check digits are judged by validation alone. A field that a condition can hide is not
required here.
"""

from typing import Any, Final

from forms.model import (
    Checkbox,
    Choice,
    Component,
    Computed,
    Field,
    Form,
    Group,
    NumberInput,
    Path,
    Repeat,
    TemporalInput,
    TemporalKind,
    TextInput,
    Upload,
)

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DATES: Final = {TemporalKind.DATE: "date", TemporalKind.TIME: "time", TemporalKind.DATETIME: "date-time"}


def json_schema(form: Form) -> Schema:
    """The schema of the object that `forms.validate.validate_json` takes."""
    schema = _object({"$schema": _DIALECT})
    for page in form.pages:
        _add_all(schema, page.children, always_there=page.hide is None)
    return schema


def _object(more: Schema) -> Schema:
    return more | {"type": "object", "properties": {}, "additionalProperties": False}


def _add_all(schema: Schema, components: tuple[Component, ...], *, always_there: bool) -> None:
    for component in components:
        shown = always_there and component.hide is None
        match component:
            case Group():
                _add_all(schema, component.children, always_there=shown)
            case Repeat():
                _add(schema, component.path, _rows(component), required=shown and component.minimum > 0)
            case Computed():
                pass
            case Field():
                _add_field(schema, component, always_there=shown)


def _add_field(schema: Schema, component: Field, *, always_there: bool) -> None:
    required = always_there and component.required and not (component.readonly or component.disabled)
    if isinstance(component, Upload) and component.later_allowed:
        _add(schema, component.later_path, {"type": ["boolean", "null"]}, required=False)
        required = False
    described = {"title": component.label, "description": component.description}
    field = _field(component) | {key: text for key, text in described.items() if text}
    _add(schema, component.path, field, required=required)


def _add(schema: Schema, path: Path, leaf: Schema, *, required: bool) -> None:
    for key in path[:-1]:
        if required:
            _require(schema, key)
        schema = schema["properties"].setdefault(key, _object({}))
    schema["properties"][path[-1]] = leaf
    if required:
        _require(schema, path[-1])


def _require(schema: Schema, key: str) -> None:
    required = schema.setdefault("required", [])
    if key not in required:
        required.append(key)


def _rows(repeat: Repeat) -> Schema:
    row = _object({})
    _add_all(row, repeat.children, always_there=True)
    limits = {} if repeat.fixed else {"minItems": repeat.minimum, "maxItems": repeat.maximum}
    return {"type": "array", "title": repeat.label or repeat.item_label, "items": row} | limits


def _field(component: Field) -> Schema:
    match component:
        case TextInput():
            # The length counts after trimming and composing, so what is sent may be longer.
            return {"type": ["string", "null"]}
        case NumberInput():
            return {"type": ["number", "string", "null"]}
        case TemporalInput():
            return {"type": ["string", "null"], "format": _DATES[component.kind]}
        case Checkbox():
            return {"type": ["boolean", "string", "null"]}
        case Choice() if component.takes_several:
            return {"type": ["array", "string", "null"], "items": _answer(component)}
        case Choice():
            return {"anyOf": [_answer(component), {"enum": ["", None]}]}
        case Upload():
            return {
                "type": ["array", "string", "null"],
                "items": {"type": ["string", "object"]},
                "description": "ids of stored files",
            }
        case _:
            return {}


def _answer(component: Choice) -> Schema:
    if component.options_from is not None:
        return {"type": "string"}
    return {"enum": [option.value for option in component.options]}
