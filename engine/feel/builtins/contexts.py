"""Context functions (DMN 1.5 10.3.4.10)."""

from functools import partial
from typing import Final

from engine.feel.errors import NoValue
from engine.feel.library import Library
from engine.feel.values import Value

LIBRARY: Final = Library()
add = partial(LIBRARY.add, group="Kontexte")


@add("get value(m: context, key: string): any", 'get value({ort: "Darmstadt"}, "ort")', '"Darmstadt"')
def get_value(context: dict[str, Value], key: str) -> Value:
    return context.get(key)


@add("get value(context: context, keys: list): any", 'get value({a: {b: 1}}, ["a", "b"])', "1")
def get_nested_value(context: dict[str, Value], keys: list[Value]) -> Value:
    path = _path(keys)
    value: Value = context if path else None
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


@add("get entries(m: context): list", "get entries({a: 1})", '[{key: "a", value: 1}]')
def get_entries(context: dict[str, Value]) -> Value:
    return [{"key": key, "value": value} for key, value in context.items()]


@add("context(entries: list): context", 'context([{key: "a", value: 1}])', "{a: 1}")
def context_of(entries: list[Value]) -> Value:
    context: dict[str, Value] = {}
    for entry in entries:
        key = entry.get("key") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(key, str) or "value" not in entry:
            raise NoValue("Jeder Eintrag braucht einen „key“ und einen „value“")
        if key in context:
            raise NoValue(f"Der Eintrag „{key}“ kommt zweimal vor")
        context[key] = entry["value"]
    return context


@add("context put(context: context, key: string, value: any): context", 'context put({a: 1}, "b", 2)', "{a: 1, b: 2}")
def context_put(context: dict[str, Value], key: str, value: Value) -> Value:
    return {**context, key: value}


@add(
    "context put(context: context, keys: list, value: any): context",
    'context put({a: {b: 1}}, ["a", "b"], 2)',
    "{a: {b: 2}}",
)
def context_put_nested(context: dict[str, Value], keys: list[Value], value: Value) -> Value:
    path = _path(keys)
    if not path:
        raise NoValue("Der Pfad ist leer")
    result = inner = dict(context)
    for key in path[:-1]:
        below = inner.get(key)
        if not isinstance(below, dict):
            raise NoValue(f"„{key}“ ist kein Kontext")
        copy = dict(below)
        inner[key] = copy
        inner = copy
    inner[path[-1]] = value
    return result


@add("context merge(contexts: list): context", "context merge([{a: 1}, {b: 2}])", "{a: 1, b: 2}")
def context_merge(contexts: list[Value]) -> Value:
    merged: dict[str, Value] = {}
    for context in contexts:
        if not isinstance(context, dict):
            raise NoValue("Die Liste enthält anderes als Kontexte")
        merged.update(context)
    return merged


def _path(keys: list[Value]) -> list[str]:
    path = [key for key in keys if isinstance(key, str)]
    if len(path) != len(keys):
        raise NoValue("Der Pfad enthält anderes als Texte")
    return path
