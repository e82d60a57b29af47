"""What a template needs to draw a form: everything decided, nothing to compute, every text in its language.

`id`s are for labels, errors and links; `name`s are what comes back. A component that a condition hides is not there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, NamedTuple

from engine.feel.values import Value
from forms.conditions import Surroundings
from forms.entries import Change, Entries, PageAction, get, name_of, put, read_json, rows_at
from forms.model import (
    LATER_SUFFIX,
    ROW_MARKER,
    Checkbox,
    Choice,
    ChoiceStyle,
    Component,
    Computed,
    Field,
    Form,
    Group,
    NumberInput,
    Page,
    Prose,
    Repeat,
    Separator,
    TemporalInput,
    TemporalKind,
    TextInput,
    Upload,
    scope_of,
)
from forms.notation import show_number, show_size
from forms.richtext import Block, Run
from forms.show import show_value, written
from forms.texts import FormTexts, Texts, form_name
from forms.validate import Given, UploadedFile, settle

ID_PREFIX: Final = "feld-"
ACTION_BUTTON: Final = "_aktion"
_LONG_TEXT: Final = 2_500


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionView:
    id: str
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file that is already stored; `id` is what the hidden input sends again, `scan_state` as in `UploadedFile`."""

    id: str
    name: str
    size: str
    scan_state: str
    remove: "ButtonView"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field. `kind`: text, textarea, select, radio, checklist, checkbox, upload.

    `value` is as people write it. `id` is the element that labels, errors and links point to (of a radio group its
    first answer). `conditional`: a condition put it here, so the page says so in a hidden `_gezeigt`. `choose` stands
    in a select where nothing is chosen.
    """

    kind: str
    id: str
    name: str
    label: str
    hint: str = ""
    why: str = ""
    error: str = ""
    required: bool = False
    readonly: bool = False
    conditional: bool = False
    value: str = ""
    type: str = "text"
    inputmode: str = ""
    autocomplete: str = ""
    prefix: str = ""
    suffix: str = ""
    rows: int = 4
    width: str = ""
    options: tuple[OptionView, ...] = ()
    choose: str = ""
    files: tuple[FileView, ...] = ()
    accept: str = ""
    multiple: bool = False
    limits: str = ""
    later: OptionView | None = None

    @property
    def later_name(self) -> str:
        """The name of the checkbox that promises a file."""
        return self.name + LATER_SUFFIX

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The answers as (value, label)."""
        return tuple((option.value, option.label) for option in self.options)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The values of the chosen answers."""
        return tuple(option.value for option in self.options if option.chosen)

    @property
    def hint_id(self) -> str:
        return f"{self.id}-hinweis"

    @property
    def error_id(self) -> str:
        return f"{self.id}-fehler"

    @property
    def described_by(self) -> str:
        """The value of aria-describedby: hint (with reason and limits), then error; empty if there is neither."""
        hint = self.hint_id if self.hint or self.why or self.limits else ""
        return " ".join(part for part in (hint, self.error_id if self.error else "") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A fieldset with a legend."""

    kind: str = "group"
    id: str
    legend: str
    items: "tuple[ItemView, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonView:
    """A submit button that changes rows; `full_label` is for those who cannot see where it stands."""

    name: str
    value: str
    label: str
    full_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One entry of a repeated group; `marker` is the name of a hidden input that keeps an empty row."""

    id: str
    legend: str
    marker: str
    items: "tuple[ItemView, ...]"
    remove: ButtonView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatView:
    """A repeated group with its rows and the button for another one.

    `rows_say_it`: the legend is the word that every row begins with, so it need not be seen.
    """

    kind: str = "repeat"
    id: str
    name: str
    legend: str
    rows_say_it: bool = False
    hint: str = ""
    error: str = ""
    conditional: bool = False
    rows: tuple[RowView, ...] = ()
    add: ButtonView | None = None

    @property
    def described_by(self) -> str:
        """The value of aria-describedby: hint, then error; empty if there is neither."""
        parts = (f"{self.id}-hinweis" if self.hint else "", f"{self.id}-fehler" if self.error else "")
        return " ".join(filter(None, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseView:
    """Text between the fields, values filled in."""

    kind: str = "prose"
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparatorView:
    kind: str = "separator"


ItemView = FieldView | GroupView | RepeatView | ProseView | SeparatorView


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLink:
    """A line of the error summary; `id` is that of the field, empty for what belongs to no field of this page."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """One step. `number` of `count` counts the pages that are visible now; `revealed`: new questions came up."""

    key: str
    title: str
    number: int
    count: int
    items: tuple[ItemView, ...]
    errors: tuple[ErrorLink, ...] = ()
    revealed: tuple[ErrorLink, ...] = ()
    revealed_title: str = ""

    @property
    def problems(self) -> tuple[tuple[str, str], ...]:
        """The errors as (id of the field, sentence)."""
        return tuple((error.id, error.text) for error in self.errors)

    @property
    def has_upload(self) -> bool:
        """Whether the HTML form must be multipart."""
        return any(item.kind == "upload" for item in fields_of(self.items))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """The state of a form that is being filled in: what was entered, and what validation said about it.

    `entries` of the page (or pages) shown; `values` are the clean ones of all other pages.
    """

    given: Given
    texts: Texts = field(default_factory=Texts)
    entries: Entries = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    revealed: Sequence[str] = ()


def start_entries(form: Form, inputs: Mapping[str, Value]) -> Entries:
    """The entries of a form that nobody has touched: inputs of the same name, else the form's defaults, first rows."""
    entries = read_json(form.children, {name: inputs[name] for name in form.names if name in inputs}).entries
    _fill_defaults(form.children, entries)
    return entries


def entries_of(form: Form, values: Mapping[str, Value]) -> Entries:
    """The entries that show clean values again, for going back to a page."""
    return read_json(form.children, dict(values)).entries


def page_view(form: Form, page: Page, filling: Filling) -> PageView:
    """One page of a form."""
    settled = settle(form, (page,), filling.entries, filling.given, filling.values)
    number = settled.pages.index(page) + 1 if page in settled.pages else 1
    return _page(form, page, filling, settled.values, (number, len(settled.pages)))


def form_views(form: Form, filling: Filling) -> tuple[PageView, ...]:
    """All visible pages, for a task that shows them below each other; errors stand at the first one."""
    settled = settle(form, form.pages, filling.entries, filling.given, filling.values)
    pages, values = settled.pages, settled.values
    views = [_page(form, page, filling, values, (number, len(pages))) for number, page in enumerate(pages, 1)]
    everything = tuple(item for view in views for item in view.items)
    errors = tuple(_error_links(everything, filling.errors))
    return tuple(replace(view, errors=errors if view.number == 1 else ()) for view in views)


def fields_of(items: tuple[ItemView, ...]) -> Iterator[FieldView]:
    """Every field below these items, in order."""
    for item in items:
        match item:
            case FieldView():
                yield item
            case GroupView():
                yield from fields_of(item.items)
            case RepeatView():
                for row in item.rows:
                    yield from fields_of(row.items)


def _page(form: Form, page: Page, filling: Filling, values: dict[str, Value], position: tuple[int, int]) -> PageView:
    texts = FormTexts(filling.texts, form_name(form.name))
    around = Surroundings(filling.given.now, filling.given.inputs, values)
    place = _Place(filling.entries, filling.given.inputs)
    items = _Drawing(texts, filling).items(page.children, place, around)
    return PageView(
        key=page.key,
        title=texts.page(page.key, page.label),
        number=position[0],
        count=position[1],
        items=items,
        errors=tuple(_error_links(items, filling.errors)),
        revealed=tuple(_links(items, filling.revealed)),
        revealed_title=texts.word("revealed"),
    )


def _error_links(items: tuple[ItemView, ...], errors: Mapping[str, str]) -> Iterator[ErrorLink]:
    places = {place.name: place.id for place in _places(items)}
    for name, element_id in places.items():
        if name in errors:
            yield ErrorLink(id=element_id, text=errors[name])
    yield from (ErrorLink(id="", text=text) for name, text in errors.items() if name not in places)


def _links(items: tuple[ItemView, ...], names: Sequence[str]) -> Iterator[ErrorLink]:
    return (ErrorLink(id=place.id, text=place.label) for place in _places(items) if place.name in names)


class _Labelled(NamedTuple):
    name: str
    id: str
    label: str


def _places(items: tuple[ItemView, ...], row: str = "") -> Iterator[_Labelled]:
    """Everything that errors and new questions can lead to; labels in rows say which row."""
    for item in items:
        match item:
            case FieldView():
                yield _Labelled(item.name, item.id, f"{row}{item.label}")
            case GroupView():
                yield from _places(item.items, row)
            case RepeatView():
                yield _Labelled(item.name, item.id, f"{row}{item.legend}")
                for inner in item.rows:
                    yield from _places(inner.items, f"{row}{inner.legend}: ")


def _fill_defaults(components: tuple[Component, ...], entries: Entries) -> None:
    for component in scope_of(components):
        if isinstance(component, Repeat):
            rows = rows_at(entries, component.path)
            rows += [{} for _ in range((component.start or component.minimum) - len(rows))] if not rows else []
            put(entries, component.path, rows)
            for row in rows:
                _fill_defaults(component.children, row)
        elif isinstance(component, Field) and get(entries, component.path) is None:
            default = _default(component)
            if default is not None:
                put(entries, component.path, default)


def _default(component: Field) -> object:
    match component:
        case TextInput():
            return component.default or None
        case NumberInput() | TemporalInput():
            return component.default
        case Checkbox():
            return component.default or None
        case Choice():
            several = component.takes_several
            return list(component.default) if several else next(iter(component.default), None)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class _Place:
    entries: Mapping[str, object]
    inputs: Mapping[str, object]
    prefix: str = ""
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class _Drawing:
    texts: FormTexts
    filling: Filling

    def items(self, components: tuple[Component, ...], place: _Place, around: Surroundings) -> tuple[ItemView, ...]:
        drawn: list[ItemView] = []
        for component in components:
            if around.hidden(component.hide):
                continue
            inside = place if component.hide is None else replace(place, conditional=True)
            drawn.extend(self._item(component, inside, around))
        return tuple(drawn)

    def _item(self, component: Component, place: _Place, around: Surroundings) -> Iterator[ItemView]:
        match component:
            case Group():
                items = self.items(component.children, place, around)
                if items:
                    yield GroupView(id=f"gruppe-{component.id}", legend=self.texts.group(component), items=items)
            case Repeat():
                yield self._repeat(component, place, around)
            case Prose():
                yield self._prose(component, around)
            case Separator():
                yield SeparatorView()
            case Computed():
                pass
            case Field() if not component.disabled:
                yield self._field(component, place, around)

    def _prose(self, component: Prose, around: Surroundings) -> ProseView:
        values = {text: show_value(around.evaluate(feel)) for text, feel in component.values.items()}
        return ProseView(blocks=tuple(_filled(block, values) for block in self.texts.prose(component)))

    def _repeat(self, repeat: Repeat, place: _Place, around: Surroundings) -> RepeatView:
        name = name_of(place.prefix, repeat.path)
        rows = rows_at(place.entries, repeat.path)
        inputs = rows_at(place.inputs, repeat.path)
        count = (len(inputs) or repeat.start) if repeat.fixed else max(len(rows), repeat.minimum)
        rows = (rows + [{}] * count)[:count]
        values = rows_at(around.scope, repeat.path)
        item, legend = self.texts.item(repeat), self.texts.label(repeat)
        views = []
        for index, entries in enumerate(rows):
            row = values[index] if index < len(values) else {}
            inner = _Place(entries, inputs[index] if index < len(inputs) else {}, f"{name}-{index}-")
            views.append(
                RowView(
                    id=f"{ID_PREFIX}{name}-{index}",
                    legend=f"{item} {index + 1}" if count > 1 or repeat.maximum > 1 else item,
                    marker=f"{name}-{index}-{ROW_MARKER}",
                    items=self.items(repeat.children, inner, around.in_row(row, index + 1)),  # type: ignore[arg-type]
                    remove=_remove_button(name, index, item, self.texts)
                    if not repeat.fixed and count > repeat.minimum
                    else None,
                )
            )
        can_add = not repeat.fixed and count < repeat.maximum
        return RepeatView(
            id=ID_PREFIX + name,
            name=name,
            legend=legend,
            rows_say_it=legend == item,
            hint=self.texts.hint(repeat),
            error=self.filling.errors.get(name, ""),
            conditional=place.conditional,
            rows=tuple(views),
            add=_add_button(name, item, self.texts) if can_add else None,
        )

    def _field(self, component: Field, place: _Place, around: Surroundings) -> FieldView:
        name = name_of(place.prefix, component.path)
        raw = get(place.inputs if component.readonly else place.entries, component.path)
        view = FieldView(
            kind="text",
            id=ID_PREFIX + name,
            name=name,
            label=self.texts.label(component) or component.key,
            hint=self.texts.hint(component),
            why=self.texts.why(component),
            error=self.filling.errors.get(name, ""),
            required=component.required and not component.readonly,
            readonly=component.readonly,
            conditional=place.conditional and not component.readonly,
            value=written(component, raw),
            autocomplete=component.autocomplete,
        )
        match component:
            case TextInput():
                return _text(component, view, self.texts)
            case NumberInput():
                return _number(component, view)
            case TemporalInput():
                return _temporal(component, view, self.texts)
            case Checkbox():
                ticked = raw is True or (isinstance(raw, str) and raw not in ("", "false"))
                return replace(view, kind="checkbox", value="true" if ticked else "")
            case Choice():
                return self._choice(component, view, raw, around)
            case Upload():
                return self._upload(component, view, raw, place)
            case _:
                return view

    def _choice(self, component: Choice, view: FieldView, raw: object, around: Surroundings) -> FieldView:
        options = component.options if component.options_from is None else around.options(component.options_from)
        chosen = set(map(str, raw)) if isinstance(raw, list) else {raw}
        kind = {ChoiceStyle.RADIO: "radio", ChoiceStyle.SELECT: "select"}.get(component.style, "checklist")
        views = [
            OptionView(
                id=view.id if index == 0 or kind == "select" else f"{view.id}-{index + 1}",
                value=option.value,
                label=self.texts.option(component, option.value, option.label),
                chosen=option.value in chosen,
            )
            for index, option in enumerate(options)
        ]
        value = ", ".join(option.label for option in views if option.chosen)
        return replace(view, kind=kind, options=tuple(views), value=value, choose=self.texts.word("choose"))

    def _upload(self, component: Upload, view: FieldView, raw: object, place: _Place) -> FieldView:
        ids = [item.get("id") if isinstance(item, Mapping) else item for item in (raw if isinstance(raw, list) else [])]
        known = self.filling.given.files
        files = [known[file_id] for file_id in ids if isinstance(file_id, str) and file_id in known]
        later = None
        if component.later_allowed:
            later = OptionView(
                id=f"{view.id}-spaeter",
                value="true",
                label=self.texts.word("later"),
                chosen=get(place.entries, component.later_path) is True,
            )
        return replace(
            view,
            kind="upload",
            value="",
            files=tuple(_file(view.name, file, self.texts) for file in files),
            accept=",".join(component.extensions),
            multiple=component.most_files > 1,
            limits=_limits(component, self.texts),
            later=later,
        )


def _filled(block: Block, values: Mapping[str, str]) -> Block:
    lines = (
        tuple(Run(run.kind, values.get(run.text, "")) if run.is_feel else run for run in line) for line in block.lines
    )
    return replace(block, lines=tuple(lines))


def _text(component: TextInput, view: FieldView, texts: FormTexts) -> FieldView:
    known = component.format
    return replace(
        view,
        kind="textarea" if component.multiline else "text",
        type=known.input_type if known else "text",
        inputmode=known.inputmode if known else "",
        autocomplete=view.autocomplete or (known.autocomplete if known else ""),
        prefix=component.prefix,
        suffix=component.suffix,
        limits=_longest(component, texts),
        rows=8 if component.max_length > _LONG_TEXT else 4,
        width=_width(component),
    )


def _longest(component: TextInput, texts: FormTexts) -> str:
    """Said for long texts only: nobody counts the letters of a name."""
    return texts.word("longest", count=show_number(Decimal(component.max_length))) if component.multiline else ""


def _number(component: NumberInput, view: FieldView) -> FieldView:
    whole = component.decimal_digits == 0 and (component.minimum or 0) >= 0
    return replace(
        view,
        inputmode="numeric" if whole else "decimal",
        prefix=component.prefix,
        suffix=component.suffix,
        width="short",
    )


def _temporal(component: TemporalInput, view: FieldView, texts: FormTexts) -> FieldView:
    width = "medium" if component.kind is TemporalKind.DATETIME else "short"
    return replace(view, limits=texts.word(f"example_{component.kind}"), width=width)


def _width(component: TextInput) -> str:
    if component.multiline:
        return ""
    if component.format is not None:
        return {"plz": "short", "bic": "short", "telefon": "medium", "chipnummer": "medium"}.get(
            component.format.name, ""
        )
    return "short" if component.max_length <= 12 else "medium" if component.max_length <= 40 else ""


def _limits(component: Upload, texts: FormTexts) -> str:
    kinds = ", ".join(extension[1:].upper() for extension in component.extensions if extension != ".jpeg")
    size = show_size(component.largest_bytes).replace(",0", "")
    if component.most_files == 1:
        return texts.word("one_file", kinds=kinds, size=size)
    return texts.word("some_files", kinds=kinds, size=size, count=component.most_files)


def _file(name: str, file: UploadedFile, texts: FormTexts) -> FileView:
    remove = ButtonView(
        name=ACTION_BUTTON,
        value=str(PageAction(Change.REMOVE_FILE, name, file.id)),
        label=texts.word("remove"),
        full_label=texts.word("remove_file", file=file.name),
    )
    return FileView(
        id=file.id, name=file.name, size=show_size(file.size_bytes), scan_state=file.scan_state, remove=remove
    )


def _add_button(name: str, item: str, texts: FormTexts) -> ButtonView:
    label = texts.word("add", item=item)
    return ButtonView(name=ACTION_BUTTON, value=str(PageAction(Change.ADD_ROW, name)), label=label, full_label=label)


def _remove_button(name: str, index: int, item: str, texts: FormTexts) -> ButtonView:
    label = texts.word("remove_row", item=item, number=index + 1)
    return ButtonView(
        name=ACTION_BUTTON, value=str(PageAction(Change.REMOVE_ROW, name, str(index))), label=label, full_label=label
    )
