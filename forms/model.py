"""A form as values: pages of components, everything checked when it was loaded (`forms.schema`).

Where a value lies is a *path*: the keys from the form, or from the row of the innermost repeated group, down to the
field. HTML names join paths with `-`: `anschrift-ort`, `hunde-0-name`; text keys join them with `.`, without the rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Final

from engine.feel import Expression
from forms.formats import Format
from forms.patterns import Pattern
from forms.richtext import Block

Path = tuple[str, ...]

LATER_SUFFIX: Final = "_nachreichen"
ROW_MARKER: Final = "_"


class ChoiceStyle(StrEnum):
    """How a choice is offered; checklist and taglist take several answers."""

    RADIO = "radio"
    SELECT = "select"
    CHECKLIST = "checklist"
    TAGLIST = "taglist"


class TemporalKind(StrEnum):
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What stands on a page. `hide` is the FEEL condition under which it does not; None: always shown."""

    id: str
    hide: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Component):
    """What takes a value.

    `path` starts at the form or at the row; `text_key` names the field's texts in the whole form, `block_key` in its
    shared block ("anschrift.ort"), empty outside blocks. `example` and `error` are German texts of the author.
    """

    path: Path
    text_key: str
    block_key: str = ""
    label: str = ""
    description: str = ""
    why: str = ""
    example: str = ""
    error: str = ""
    required: bool = False
    readonly: bool = False
    disabled: bool = False
    autocomplete: str = ""

    @property
    def key(self) -> str:
        return self.path[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextInput(Field):
    """A line, or several (`multiline`); lengths count characters after NFC."""

    multiline: bool = False
    format: Format | None = None
    min_length: int = 0
    max_length: int
    pattern: Pattern | None = None
    pattern_error: str = ""
    default: str = ""
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberInput(Field):
    """A decimal number; `is_money` shows it as an amount in EUR with two digits."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimal_digits: int | None = None
    step: Decimal | None = None
    is_money: bool = False
    default: Decimal | None = None
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporalInput(Field):
    """A date, a time, or both; `earliest` and `latest` are FEEL expressions for dates."""

    kind: TemporalKind
    earliest: Expression | None = None
    latest: Expression | None = None
    default: date | time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkbox(Field):
    """Yes or no; a required one must be ticked."""

    default: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One answer (a string) or several (a list of strings) out of `options`, or of what `options_from` evaluates to."""

    style: ChoiceStyle
    options: tuple[Option, ...] = ()
    options_from: Expression | None = None
    default: tuple[str, ...] = ()

    @property
    def takes_several(self) -> bool:
        return self.style in (ChoiceStyle.CHECKLIST, ChoiceStyle.TAGLIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Field):
    """Files: a list of contexts {id, name, size_bytes, media_type, sha256}.

    `later_allowed` (property `nachreichbar`): the person may promise a required file; the promise is the boolean beside
    the field, at `later_path`.
    """

    extensions: tuple[str, ...]
    most_files: int
    largest_bytes: int
    later_allowed: bool = False

    @property
    def later_path(self) -> Path:
        return (*self.path[:-1], self.path[-1] + LATER_SUFFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed(Field):
    """A value computed by FEEL from what stands before it; never taken from outside, not shown on the page."""

    expression: Expression
    is_money: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Component):
    """A block of components under one legend. With a non-empty `path` its values lie in a context there."""

    path: Path
    text_key: str
    block: str = ""
    label: str = ""
    children: tuple[Component, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Component):
    """A group that repeats (form-js: dynamiclist): a list of contexts, from `minimum` to `maximum` of them.

    A new form shows `start` of them. Where the rows are `fixed` (form-js: no allowAddRemove), the inputs say how many
    there are, and nobody adds or removes one.
    """

    path: Path
    text_key: str
    block_key: str = ""
    label: str = ""
    item_label: str
    minimum: int
    maximum: int
    start: int
    fixed: bool = False
    children: tuple[Component, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose(Component):
    """Text between the fields; `values` has the FEEL expressions that stand in it by their text."""

    text_key: str
    blocks: tuple[Block, ...]
    values: Mapping[str, Expression]


@dataclass(frozen=True, slots=True, kw_only=True)
class Separator(Component):
    """A line between two parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One step of the form; `key` stands in addresses and text keys and is unique in the form.

    `group` is the group that makes the page, None where the whole form is one page.
    """

    key: str
    label: str
    hide: Expression | None = None
    group: Group | None = None
    children: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A whole form. `needs` are the names its expressions take from outside (the inputs of the task)."""

    id: str
    name: str
    pages: tuple[Page, ...]
    needs: frozenset[str]
    blocks: frozenset[str]

    @property
    def children(self) -> tuple[Component, ...]:
        """What stands on all pages."""
        return tuple(component for page in self.pages for component in page.children)

    def page(self, key: str) -> Page | None:
        """The page with that key, else None."""
        return next((page for page in self.pages if page.key == key), None)

    def components(self) -> Iterator[Component]:
        """Every component in the order of the document, those in groups and repeated groups after their container."""
        return walk(self.children)

    def fields(self) -> Iterator[Field]:
        """Every field in the order of the document, those of rows included."""
        return (component for component in self.components() if isinstance(component, Field))

    @property
    def names(self) -> frozenset[str]:
        """The names of the values at the top: what FEEL over the form's values can name."""
        return frozenset(path[0] for path in declared_paths(self.children))


def walk(components: tuple[Component, ...]) -> Iterator[Component]:
    """The components and all below them, depth first."""
    for component in components:
        yield component
        if isinstance(component, Group | Repeat):
            yield from walk(component.children)


def scope_of(components: tuple[Component, ...]) -> Iterator[Component]:
    """The components whose values lie in one scope: those in groups, not those in rows."""
    for component in components:
        if isinstance(component, Group):
            yield from scope_of(component.children)
        else:
            yield component


def declared_paths(components: tuple[Component, ...]) -> Iterator[Path]:
    """The paths of the values that these components declare in their scope; rows count as one value."""
    for component in components:
        match component:
            case Upload(later_allowed=True):
                yield component.path
                yield component.later_path
            case Field() | Repeat():
                yield component.path
            case Group():
                yield from declared_paths(component.children)
