"""The answers of a form as one reads them: for "Angaben prüfen", the readable PDF, the case page and the letter."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.feel.values import Value
from forms.conditions import Surroundings
from forms.entries import get, name_of, rows_at
from forms.model import Choice, Component, Computed, Field, Form, Group, Option, Page, Repeat, Upload
from forms.show import show_field, show_file_size
from forms.texts import FormTexts, Texts, form_name
from forms.validate import Given, settle
from forms.view import ID_PREFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A file that was given; its `id` leads to the stored one, which knows what the virus scanner said."""

    id: str
    name: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One line. `text` may have several lines (files, a long text); `given` is False for "keine Angabe".

    `files` are the files of an upload, which `text` names too.
    """

    name: str
    label: str
    text: str
    given: bool
    files: tuple[FileLine, ...] = ()

    @property
    def anchor(self) -> str:
        """The fragment that leads to the field on its page."""
        return ID_PREFIX + self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Answers under one heading: those of a group or a row, or (no title) those that stand on the page itself."""

    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSummary:
    """A page's answers; "ändern" leads to the page `key`."""

    key: str
    title: str
    sections: tuple[Section, ...]


def summarise(
    form: Form, values: Mapping[str, Value], given: Given, texts: Texts | None = None
) -> tuple[PageSummary, ...]:
    """What was answered, page by page, in the order of the form; hidden and computed fields are left out."""
    form_texts = FormTexts(texts or Texts(), form_name(form.name))
    settled = settle(form, (), {}, given, values)
    around = Surroundings(given.now, given.inputs, settled.values)
    pages = (_page(page, form_texts, around) for page in settled.pages)
    return tuple(page for page in pages if page.sections)


def _page(page: Page, texts: FormTexts, around: Surroundings) -> PageSummary:
    sections = _merged(_sections(page.children, "", "", texts, around))
    return PageSummary(key=page.key, title=texts.page(page.key, page.label), sections=tuple(sections))


def _sections(
    components: tuple[Component, ...], title: str, prefix: str, texts: FormTexts, around: Surroundings
) -> Iterator[Section]:
    for component in components:
        if around.hidden(component.hide):
            continue
        match component:
            case Group():
                yield from _sections(component.children, texts.group(component) or title, prefix, texts, around)
            case Repeat():
                yield from _rows(component, title, prefix, texts, around)
            case Computed():
                pass
            case Field() if not component.disabled:
                yield Section(title=title, answers=(_answer(component, prefix, texts, around),))


def _rows(repeat: Repeat, title: str, prefix: str, texts: FormTexts, around: Surroundings) -> Iterator[Section]:
    name = name_of(prefix, repeat.path)
    item = texts.item(repeat)
    rows = rows_at(around.scope, repeat.path)
    if not rows:
        answer = Answer(name=name, label=texts.label(repeat) or item, text=texts.word("nothing"), given=False)
        yield Section(title=title, answers=(answer,))
    for number, row in enumerate(rows, 1):
        inner = around.in_row(row, number)  # type: ignore[arg-type]  # rows of clean values
        yield from _sections(repeat.children, f"{item} {number}", f"{name}-{number - 1}-", texts, inner)


def _answer(component: Field, prefix: str, texts: FormTexts, around: Surroundings) -> Answer:
    value = get(around.scope, component.path)
    options: tuple[Option, ...] = ()
    if isinstance(component, Choice):
        offered = component.options if component.options_from is None else around.options(component.options_from)
        options = tuple(replace(one, label=texts.option(component, one.value, one.label)) for one in offered)
    promised = isinstance(component, Upload) and get(around.scope, component.later_path) is True
    text = show_field(component, value, options, texts.word)
    return Answer(
        name=name_of(prefix, component.path),
        label=texts.label(component) or component.key,
        text=text or texts.word("promised" if promised else "nothing"),
        given=bool(text) or promised,
        files=tuple(_file_lines(value)) if isinstance(component, Upload) else (),
    )


def _file_lines(value: object) -> Iterator[FileLine]:
    for file in value if isinstance(value, list) else ():
        if isinstance(file, dict):
            yield FileLine(id=str(file.get("id")), name=str(file.get("name")), size=show_file_size(file))


def _merged(sections: Iterator[Section]) -> list[Section]:
    """Neighbours with the same title as one section."""
    merged: list[Section] = []
    for section in sections:
        if merged and merged[-1].title == section.title:
            merged[-1] = replace(section, answers=merged[-1].answers + section.answers)
        else:
            merged.append(section)
    return merged
