"""What somebody sent, in the shape of the form, before anything is judged: one tree for HTML, JSON and stored values.

Only declared names get into the tree. Its leaves are raw: strings from HTML, JSON scalars, stored values.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from forms.json_text import parse_json
from forms.model import (
    ROW_MARKER,
    Checkbox,
    Choice,
    Component,
    Computed,
    Field,
    NumberInput,
    Path,
    Repeat,
    TemporalInput,
    TextInput,
    Upload,
    scope_of,
)
from forms.show import written
from forms.text import printable

MAX_BYTES: Final = 1_000_000
MAX_NAMES: Final = 5_000
MAX_JSON_DEPTH: Final = 12
MOST_REPORTED: Final = 20

SHOWN: Final = "_gezeigt"
# Names of the page itself: everything with a leading underscore (a key cannot have one), and the token against CSRF.
_CONTROLS: Final = frozenset({"csrf_token"})
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,2}")

Entries = dict[str, object]


@dataclass(frozen=True, slots=True)
class Submission:
    """Entries in the shape of the form, and what was sent beside them.

    `undeclared`: names the form does not have, made printable, at most 20. `shown`: names of the conditional components
    that the page showed when it was sent. `refusal`: a German sentence when nothing could be taken.
    """

    entries: Entries = field(default_factory=dict)
    undeclared: tuple[str, ...] = ()
    shown: frozenset[str] = frozenset()
    refusal: str = ""


def read_html(components: tuple[Component, ...], sent: Mapping[str, Sequence[str]]) -> Submission:
    """Take an HTML form (`request.form.to_dict(flat=False)`)."""
    size = sum(len(name) + sum(map(len, values)) for name, values in sent.items())
    if size > MAX_BYTES or sum(map(len, sent.values())) > MAX_NAMES:
        return Submission(
            refusal="Ihre Angaben sind zusammen zu lang. Kürzen Sie lange Texte und senden Sie noch einmal."
        )
    names = set(sent)
    reader = _HtmlReader(sent)
    entries = reader.scope(components, "")
    left = sorted(name for name in names - reader.taken if not name.startswith("_") and name not in _CONTROLS)
    return Submission(entries, _reported(left), frozenset(sent.get(SHOWN, ())))


def read_json(components: tuple[Component, ...], data: object) -> Submission:
    """Take parsed JSON (`forms.json_text.parse_json`) or stored values: an object in the shape of the form's."""
    if not isinstance(data, dict):
        return Submission(refusal="Die Angaben müssen ein JSON-Objekt sein.")
    undeclared: list[str] = []
    entries = _scope_from_json(components, data, "", undeclared)
    return Submission(entries, _reported(sorted(undeclared)))


def read_json_text(components: tuple[Component, ...], body: bytes | str) -> Submission:
    """Like `read_json`, from the text of a request. Raises `forms.json_text.JsonRefused`."""
    return read_json(components, parse_json(body, max_bytes=MAX_BYTES, max_depth=MAX_JSON_DEPTH))


def get(tree: Mapping[str, object], path: Path) -> object:
    """What lies at `path`, None where something is missing on the way."""
    found: object = tree
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def put(tree: dict[str, Any], path: Path, value: object) -> None:
    """Set the leaf at `path`, making the contexts on the way."""
    for key in path[:-1]:
        inner = tree.get(key)
        if not isinstance(inner, dict):
            inner = tree[key] = {}
        tree = inner
    tree[path[-1]] = value


def has(tree: Mapping[str, object], path: Path) -> bool:
    """Whether there is a leaf at `path`, be it None."""
    inner = get(tree, path[:-1])
    return isinstance(inner, Mapping) and path[-1] in inner


def drop_blank_rows(components: tuple[Component, ...], entries: Entries) -> None:
    """Take away rows in which nothing was entered or changed; a person who adds one and leaves it did not mean it."""
    for component in scope_of(components):
        if isinstance(component, Repeat) and not component.fixed:
            rows = rows_at(entries, component.path)
            for row in rows:
                drop_blank_rows(component.children, row)
            put(entries, component.path, [row for row in rows if not _is_untouched(component.children, row)])


def _is_untouched(components: tuple[Component, ...], row: Entries) -> bool:
    for component in scope_of(components):
        if isinstance(component, Field | Repeat):
            raw = get(row, component.path)
            if not is_empty(raw) and raw not in _defaults(component):
                return False
            if isinstance(component, Upload) and component.later_allowed and get(row, component.later_path):
                return False
    return True


def _defaults(component: Component) -> tuple[object, ...]:
    match component:
        case TextInput():
            return (component.default,)
        case NumberInput() | TemporalInput() if component.default is not None:
            return (written(component, component.default),)
        case Choice():
            return (list(component.default), *component.default)
        case Checkbox():
            return ("true", True) if component.default else ()
        case _:
            return ()


def rows_at(tree: Mapping[str, object], path: Path) -> list[Entries]:
    """The rows of a repeated group, none where there is no list."""
    found = get(tree, path)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def name_of(prefix: str, path: Path) -> str:
    """The HTML name of what lies at `path` below `prefix` ("" or "hunde-0-")."""
    return prefix + "-".join(path)


class Change(StrEnum):
    ADD_ROW = "+"
    REMOVE_ROW = "-"
    REMOVE_FILE = "="


@dataclass(frozen=True, slots=True)
class PageAction:
    """What a button `_aktion` of a page asks for: `hunde+`, `hunde-1` (row numbers from 0), `nachweis=<file id>`."""

    change: Change
    name: str
    what: str = ""

    def __str__(self) -> str:
        return f"{self.name}{self.change}{self.what}"


def page_action(value: str) -> PageAction | None:
    """Read the value of a button; None for what no button of ours says."""
    if value.endswith(Change.ADD_ROW):
        return PageAction(Change.ADD_ROW, value[:-1])
    name, is_file, file_id = value.partition(Change.REMOVE_FILE)
    if is_file:
        return PageAction(Change.REMOVE_FILE, name, file_id)
    name, _, index = value.rpartition(Change.REMOVE_ROW)
    return PageAction(Change.REMOVE_ROW, name, index) if name and _INDEX.fullmatch(index) else None


def apply_action(components: tuple[Component, ...], entries: Entries, action: PageAction) -> bool:
    """Add or remove a row, or take a file off, in `entries`; False if the form does not allow it.

    Nothing is judged and nothing else changes, so the page can be shown again with everything that was typed.
    """
    if action.change is Change.REMOVE_FILE:
        return any(_take_off(place, action) for place in _all_uploads(components, entries, ""))
    return any(_change_rows(place, action) for place in _all_rows(components, entries, ""))


def upload_at(components: tuple[Component, ...], name: str) -> Upload | None:
    """The upload whose file input has this HTML name, None for a name that the form does not have."""
    for component in scope_of(components):
        if isinstance(component, Upload) and name_of("", component.path) == name:
            return component
        if isinstance(component, Repeat):
            index, _, inner = name.removeprefix(name_of("", component.path) + "-").partition("-")
            if name.startswith(name_of("", component.path) + "-") and _INDEX.fullmatch(index):
                return upload_at(component.children, inner)
    return None


def _change_rows(place: tuple[Repeat, list[Entries], str], action: PageAction) -> bool:
    repeat, rows, name = place
    if name != action.name or repeat.fixed:
        return False
    if action.change is Change.ADD_ROW and len(rows) < repeat.maximum:
        rows.append({})
        return True
    if action.change is Change.REMOVE_ROW and int(action.what) < len(rows) and len(rows) > repeat.minimum:
        del rows[int(action.what)]
        return True
    return False


def _take_off(place: tuple[list[object], str], action: PageAction) -> bool:
    files, name = place
    if name != action.name or action.what not in files:
        return False
    files.remove(action.what)
    return True


def _all_uploads(
    components: tuple[Component, ...], entries: Entries, prefix: str
) -> Iterator[tuple[list[object], str]]:
    for component in scope_of(components):
        if isinstance(component, Upload):
            files = get(entries, component.path)
            if isinstance(files, list):
                yield files, name_of(prefix, component.path)
        elif isinstance(component, Repeat):
            for index, row in enumerate(rows_at(entries, component.path)):
                yield from _all_uploads(component.children, row, f"{name_of(prefix, component.path)}-{index}-")


def _all_rows(
    components: tuple[Component, ...], entries: Entries, prefix: str
) -> Iterator[tuple[Repeat, list[Entries], str]]:
    for component in scope_of(components):
        if isinstance(component, Repeat):
            name = name_of(prefix, component.path)
            rows = rows_at(entries, component.path)
            put(entries, component.path, rows)
            yield component, rows, name
            for index, row in enumerate(rows):
                yield from _all_rows(component.children, row, f"{name}-{index}-")


def is_empty(raw: object) -> bool:
    """Whether a leaf or a whole row holds nothing that somebody entered."""
    if isinstance(raw, str):
        return not raw.strip()
    if isinstance(raw, Mapping):
        return all(is_empty(item) for item in raw.values())
    if isinstance(raw, list):
        return all(is_empty(item) for item in raw)
    return raw is None or raw is False


class _HtmlReader:
    def __init__(self, sent: Mapping[str, Sequence[str]]) -> None:
        self.sent = sent
        self.taken: set[str] = set()

    def scope(self, components: tuple[Component, ...], prefix: str) -> Entries:
        entries: Entries = {}
        for component in scope_of(components):
            match component:
                case Repeat():
                    put(entries, component.path, self._rows(component, name_of(prefix, component.path) + "-"))
                case Computed():
                    pass
                case Field():
                    self._leaf(entries, component, prefix)
        return entries

    def _leaf(self, entries: Entries, component: Field, prefix: str) -> None:
        values = self._take(name_of(prefix, component.path))
        if isinstance(component, Upload):
            put(entries, component.path, list(values))
            if component.later_allowed:
                put(entries, component.later_path, bool(self._take(name_of(prefix, component.later_path))))
        elif isinstance(component, Choice) and component.takes_several:
            put(entries, component.path, list(values))
        elif isinstance(component, Checkbox):
            put(entries, component.path, values[-1] if values else False)
        elif values:
            put(entries, component.path, values[0] if len(set(values)) == 1 else list(values))

    def _rows(self, component: Repeat, prefix: str) -> list[Entries]:
        rows = {}
        for name in self.sent:
            index = name[len(prefix) :].partition("-")[0] if name.startswith(prefix) else ""
            if _INDEX.fullmatch(index):
                rows[int(index)] = f"{prefix}{index}-"
        kept = [rows[index] for index in sorted(rows)][: component.maximum + 1]
        self.taken.update(f"{row}{ROW_MARKER}" for row in kept)
        return [self.scope(component.children, row) for row in kept]

    def _take(self, name: str) -> Sequence[str]:
        self.taken.add(name)
        return self.sent.get(name, ())


_Declared = dict[str, "Field | Repeat | _Later | _Declared"]


@dataclass(frozen=True, slots=True)
class _Later:
    """The promise beside an upload, as a declared boolean."""


def _declared(components: tuple[Component, ...]) -> _Declared:
    tree: dict[str, object] = {}
    for component in scope_of(components):
        if isinstance(component, Field | Repeat) and not isinstance(component, Computed):
            put(tree, component.path, component)
        if isinstance(component, Upload) and component.later_allowed:
            put(tree, component.later_path, _Later())
    return tree  # type: ignore[return-value]


def _scope_from_json(
    components: tuple[Component, ...], data: Mapping[str, object], prefix: str, undeclared: list[str]
) -> Entries:
    return _object_from_json(_declared(components), data, prefix, undeclared)


def _object_from_json(declared: _Declared, data: Mapping[str, object], prefix: str, undeclared: list[str]) -> Entries:
    entries: Entries = {}
    for key, value in data.items():
        known = declared.get(key)
        if known is None:
            undeclared.append(f"{prefix}{key}")
        elif isinstance(known, dict) and isinstance(value, Mapping):
            entries[key] = _object_from_json(known, value, f"{prefix}{key}-", undeclared)
        elif isinstance(known, dict) and value is not None:
            undeclared.append(f"{prefix}{key}")
        elif isinstance(known, Repeat):
            entries[key] = _rows_from_json(known, value, f"{prefix}{key}-", undeclared)
        else:
            entries[key] = value
    return entries


def _rows_from_json(repeat: Repeat, value: object, prefix: str, undeclared: list[str]) -> object:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        return value
    kept = value[: repeat.maximum + 1]
    return [_scope_from_json(repeat.children, row, f"{prefix}{index}-", undeclared) for index, row in enumerate(kept)]


def _reported(names: list[str]) -> tuple[str, ...]:
    return tuple(printable(name) for name in names[:MOST_REPORTED])
