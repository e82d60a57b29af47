"""From what somebody sent to clean values, or to sentences that say what to do.

One pass in the order of the document: a component that a condition hides gives no value and no error. The result holds
declared keys only. Nothing here raises for anything that a stranger can send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.feel.values import NotAValue, Value, to_json
from forms import messages
from forms.conditions import Surroundings
from forms.convert import Reading, UploadedFile, Wrong, convert, file_error
from forms.entries import (
    Entries,
    Submission,
    drop_blank_rows,
    get,
    has,
    name_of,
    put,
    read_html,
    read_json,
    rows_at,
)
from forms.json_text import JsonValue
from forms.model import Component, Computed, Field, Form, Group, Page, Repeat, Upload, declared_paths, scope_of
from forms.notation import parse_machine_number, parse_number

__all__ = [
    "Given",
    "Result",
    "Settled",
    "UploadedFile",
    "file_error",
    "files_in",
    "settle",
    "validate_html",
    "validate_html_page",
    "validate_json",
    "validate_values",
    "visible_pages",
]


@dataclass(frozen=True, slots=True)
class Given:
    """What validation needs beside the entries: the time, the task's inputs, the files that may be named."""

    now: datetime
    inputs: Mapping[str, Value] = field(default_factory=dict)
    files: Mapping[str, UploadedFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """Clean `values` (those without error), `errors` by HTML name ("" for the whole form), and what to show again.

    `entries`: what was sent, in the shape of the form. `undeclared`: names that an HTML form sent and the form does not
    have (ignored). `revealed`: names of components that the answers brought onto the page, so that the person has not
    seen them yet; they have no errors. `promised`: names of the uploads that will follow.
    """

    values: dict[str, Value]
    errors: dict[str, str]
    entries: Entries = field(default_factory=dict)
    undeclared: tuple[str, ...] = ()
    revealed: tuple[str, ...] = ()
    promised: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the person may go on."""
        return not self.errors and not self.revealed


def validate_html_page(
    form: Form, page: Page, sent: Mapping[str, Sequence[str]], given: Given, *, values: Mapping[str, Value]
) -> Result:
    """One page in a browser; `values` are the clean ones of the draft, and come back with this page's.

    Values of other pages come back unjudged, without those that the new answers hide. `sent` is
    `request.form.to_dict(flat=False)`.
    """
    return _validate_sent(form, (page,), sent, given, values)


def validate_html(form: Form, sent: Mapping[str, Sequence[str]], given: Given) -> Result:
    """All pages sent at once, as a caseworker's task page does."""
    return _validate_sent(form, form.pages, sent, given, {})


def validate_json(form: Form, data: JsonValue, given: Given) -> Result:
    """The whole form as an API sends it (`forms.json_text.parse_json`); an undeclared key is an error."""
    submission = read_json(form.children, data)
    walk = _walk(form, form.pages, submission, Reading(parse_machine_number, given.files), given, {})
    errors = walk.errors | {name: messages.UNDECLARED.format(name=name) for name in submission.undeclared}
    return Result(walk.values, errors, submission.entries, promised=tuple(walk.promised))


def validate_values(form: Form, values: Mapping[str, Value], given: Given) -> Result:
    """The whole form from the clean values of a draft: what is missing, without what later answers made void.

    Files count only if `given.files` has them, whatever the values say. What the form does not declare is left out and
    reported.
    """
    submission = read_json(form.children, dict(values))
    walk = _walk(form, form.pages, submission, Reading(parse_machine_number, given.files), given, {})
    return Result(walk.values, walk.errors, submission.entries, submission.undeclared, promised=tuple(walk.promised))


@dataclass(frozen=True, slots=True)
class Settled:
    """What a form comes to without being judged: its values, and the pages that they leave in the form."""

    values: dict[str, Value]
    pages: tuple[Page, ...]


def settle(form: Form, pages: tuple[Page, ...], entries: Entries, given: Given, values: Mapping[str, Value]) -> Settled:
    """What conditions see while `pages` are being filled in with `entries`; `values` are those of the other pages."""
    walk = _walk(form, pages, Submission(entries), Reading(parse_number, given.files), given, values)
    return Settled(walk.values, tuple(walk.visible))


def visible_pages(form: Form, values: Mapping[str, Value], given: Given) -> tuple[Page, ...]:
    """The pages that these values leave in the form."""
    return settle(form, (), {}, given, values).pages


def files_in(form: Form, values: Mapping[str, Value]) -> dict[str, UploadedFile]:
    """The files that clean values name, by id."""
    found: dict[str, UploadedFile] = {}
    _collect_files(form.children, values, found)
    return found


def _validate_sent(
    form: Form,
    pages: tuple[Page, ...],
    sent: Mapping[str, Sequence[str]],
    given: Given,
    values: Mapping[str, Value],
) -> Result:
    children = tuple(component for page in pages for component in page.children)
    submission = read_html(children, sent)
    drop_blank_rows(children, submission.entries)
    walk = _walk(form, pages, submission, Reading(parse_number, given.files), given, values)
    revealed = tuple(name for name in walk.conditional if name not in submission.shown)
    errors = {name: error for name, error in walk.errors.items() if not _is_new(name, revealed)}
    return Result(
        walk.values, errors, submission.entries, submission.undeclared, revealed, promised=tuple(walk.promised)
    )


def _is_new(name: str, revealed: tuple[str, ...]) -> bool:
    return any(name == new or name.startswith(f"{new}-") for new in revealed)


def _walk(
    form: Form,
    judged: tuple[Page, ...],
    submission: Submission,
    reading: Reading,
    given: Given,
    stored: Mapping[str, Value],
) -> "_Walk":
    """Work through the form: the pages in `judged` from the submission, the others from what is stored."""
    walk = _Walk(reading)
    keys = {page.key for page in judged}
    around = Surroundings(given.now, given.inputs, walk.values)
    if submission.refusal:
        walk.errors[""] = submission.refusal
    for page in form.pages:
        if around.hidden(page.hide):
            continue
        walk.visible.append(page)
        if page.key not in keys or submission.refusal:
            walk.keep(page.children, stored, around)
        else:
            walk.open_context(around, page.group)
            walk.components(page.children, _Place(submission.entries, given.inputs), around)
    return walk


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is: entries and inputs of this scope, beginnings of names and sentences."""

    entries: Mapping[str, object]
    inputs: Mapping[str, object]
    prefix: str = ""
    sentence: str = ""
    conditional: bool = False


class _Walk:
    """One pass over the visible components; `values` grows, so that every condition sees what stands before it."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.values: dict[str, Value] = {}
        self.visible: list[Page] = []
        self.errors: dict[str, str] = {}
        self.promised: list[str] = []
        self.conditional: list[str] = []

    def components(self, components: tuple[Component, ...], place: _Place, around: Surroundings) -> None:
        for component in components:
            if around.hidden(component.hide):
                continue
            inside = place if component.hide is None else replace(place, conditional=True)
            match component:
                case Group():
                    self.open_context(around, component)
                    self.components(component.children, inside, around)
                case Repeat():
                    self._rows(component, inside, around)
                case Computed():
                    put(around.scope, component.path, _storable(around.evaluate(component.expression)))
                case Field() if not component.disabled:
                    self._field(component, inside, around)

    def keep(self, components: tuple[Component, ...], stored: Mapping[str, Any], around: Surroundings) -> None:
        """Take over the stored values of what is still visible; what is not stored is not made up."""
        for component in components:
            if around.hidden(component.hide):
                continue
            match component:
                case Group():
                    self.keep(component.children, stored, around)
                case Repeat() if has(stored, component.path):
                    self._keep_rows(component, rows_at(stored, component.path), around)
                case Field():
                    for path in declared_paths((component,)):
                        if has(stored, path):
                            put(around.scope, path, get(stored, path))

    def _keep_rows(self, repeat: Repeat, stored: list[Entries], around: Surroundings) -> None:
        rows: list[Value] = []
        put(around.scope, repeat.path, rows)
        for number, values in enumerate(stored, 1):
            row: dict[str, Value] = {}
            rows.append(row)
            self.keep(repeat.children, values, around.in_row(row, number))

    def open_context(self, around: Surroundings, group: Group | None) -> None:
        """A visible group has its context, even when nothing in it was filled in."""
        if group is not None and group.path and not isinstance(get(around.scope, group.path), dict):
            put(around.scope, group.path, {})

    def _field(self, component: Field, place: _Place, around: Surroundings) -> None:
        name = name_of(place.prefix, component.path)
        if component.readonly:
            put(around.scope, component.path, get(place.inputs, component.path))
            return
        if place.conditional:
            self.conditional.append(name)
        promised = isinstance(component, Upload) and self._promise(component, place, around)
        try:
            raw = get(place.entries, component.path)
            value = convert(component, raw, around, self.reading, promised=promised)
        except Wrong as wrong:
            self.errors[name] = f"{place.sentence}{wrong}"
        else:
            put(around.scope, component.path, value)

    def _promise(self, component: Upload, place: _Place, around: Surroundings) -> bool:
        if not component.later_allowed:
            return False
        files = get(place.entries, component.path)
        promised = get(place.entries, component.later_path) is True and not files
        put(around.scope, component.later_path, promised)
        if promised:
            self.promised.append(name_of(place.prefix, component.path))
        return promised

    def _rows(self, repeat: Repeat, place: _Place, around: Surroundings) -> None:
        name = name_of(place.prefix, repeat.path)
        if place.conditional:
            self.conditional.append(name)
        entered, rows = self._entered_rows(repeat, name, place)
        values: list[Value] = []
        put(around.scope, repeat.path, values)
        inputs = rows_at(place.inputs, repeat.path)
        for index, entries in enumerate(rows):
            row: dict[str, Value] = {}
            values.append(row)
            inner = _Place(
                entries,
                inputs[index] if index < len(inputs) else {},
                f"{name}-{index}-",
                f"{place.sentence}{repeat.item_label} {index + 1}: ",
            )
            self.components(repeat.children, inner, around.in_row(row, index + 1))
        if entered < repeat.minimum and not any(error.startswith(f"{name}-") for error in self.errors):
            self.errors[name] = place.sentence + messages.add_rows(repeat)

    def _entered_rows(self, repeat: Repeat, name: str, place: _Place) -> tuple[int, list[Entries]]:
        """How many rows were entered, and the rows to work through: no more than possible, no fewer than needed."""
        raw = get(place.entries, repeat.path)
        rows = rows_at(place.entries, repeat.path)
        if raw is not None and not (isinstance(raw, list) and len(raw) == len(rows)):
            self.errors[name] = place.sentence + messages.wrong_type(repeat)
            return repeat.minimum, []
        if repeat.fixed:
            wanted = len(rows_at(place.inputs, repeat.path)) or repeat.start
            return wanted, (rows + [{}] * wanted)[:wanted]
        if len(rows) > repeat.maximum:
            self.errors[name] = place.sentence + messages.remove_rows(repeat)
            return len(rows), rows[: repeat.maximum]
        return len(rows), rows + [{}] * (repeat.minimum - len(rows))


def _storable(value: Value) -> Value:
    """A computed value that can be stored; functions and the like become null."""
    try:
        to_json(value)
    except NotAValue:
        return None
    return value


def _collect_files(
    components: tuple[Component, ...], values: Mapping[str, object], found: dict[str, UploadedFile]
) -> None:
    for component in scope_of(components):
        if isinstance(component, Repeat):
            for row in rows_at(values, component.path):
                _collect_files(component.children, row, found)
        elif isinstance(component, Upload):
            for file in rows_at(values, component.path):
                read = _file_of(file)
                if read is not None:
                    found[read.id] = read


def _file_of(value: Mapping[str, object]) -> UploadedFile | None:
    file_id, name, size = value.get("id"), value.get("name"), value.get("size_bytes")
    media_type, sha256 = value.get("media_type"), value.get("sha256")
    if not (isinstance(file_id, str) and isinstance(name, str) and isinstance(size, Decimal)):
        return None
    return UploadedFile(file_id, name, int(size), str(media_type), str(sha256))
