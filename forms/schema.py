"""Load a form-js form: everything that is not supported is refused here, with the component and a German sentence.

Pages: when everything on the top level is a group, each group is a page; otherwise the form is one page. FEEL sees what
form-js shows it: values of the form and inputs by name; in the row of a repeated group also `this`, `parent` and `i`.
A condition may only name fields that stand before it, so one pass in the order of the document decides what is shown.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from engine.feel import Expression
from engine.feel import Scope as FeelScope
from engine.language import SCOPE
from forms.clashes import clashes, fields_by_name
from forms.components import (
    DEFAULT_ROWS,
    MOST_ROWS,
    READERS,
    REFUSED,
    Scope,
    close_properties,
    read_common,
    read_component,
    read_path,
    unusable_path,
)
from forms.json_text import JsonRefused, JsonValue, parse_json
from forms.model import (
    Choice,
    Component,
    Computed,
    Field,
    Form,
    Group,
    Page,
    Path,
    Prose,
    Repeat,
    TemporalInput,
    declared_paths,
    scope_of,
)
from forms.source import Finding, Source
from forms.text import printable

__all__ = ["Finding", "FormRefused", "block_names", "load_form"]

MAX_BYTES: Final = 1_000_000
MAX_JSON_DEPTH: Final = 40
MAX_COMPONENTS: Final = 500
MAX_DEPTH: Final = 8
MAX_ROW_DEPTH: Final = 2
NEWEST_SCHEMA: Final = 19

_CONTAINERS: Final = frozenset({"group", "dynamiclist"})
_PAGE_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,80}")
_ROW_NAMES: Final = frozenset({"this", "parent", "i", "_this_", "_parent_", "_i_"})
_FORM_ATTRIBUTES: Final = (
    "$schema",
    "executionPlatform",
    "executionPlatformVersion",
    "exporter",
    "versionTag",
    "properties",
)


class FormRefused(Exception):
    """The form cannot be used; `findings` say where and why, in the order of the document."""

    def __init__(self, name: str, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join([name, *(f"  {finding}" for finding in findings)]))
        self.name = name
        self.findings = tuple(findings)


def load_form(
    data: bytes | str, *, name: str, blocks: Mapping[str, bytes | str] | None = None, functions: FeelScope = SCOPE
) -> Form:
    """The form in `data`; `blocks` are the files of shared groups by name ("anschrift"). Raises FormRefused.

    `name` (a file name) is for messages only; `functions` is the scope of the procedure's expressions.
    """
    loader = _Loader(blocks or {}, functions)
    form = loader.load(data, name)
    if loader.findings:
        raise FormRefused(name, list(dict.fromkeys(loader.findings)))
    return form


def block_names(data: bytes | str) -> frozenset[str]:
    """The shared groups that a form names, those of its blocks not included; empty for a file that is no form."""
    try:
        pending: list[JsonValue] = [parse_json(data, max_bytes=MAX_BYTES, max_depth=MAX_JSON_DEPTH)]
    except JsonRefused:
        return frozenset()
    names: set[str] = set()
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            properties = item.get("properties")
            block = properties.get("block") if isinstance(properties, dict) else None
            names.update([block] if isinstance(block, str) and item.get("type") == "group" else [])
            pending.append(item.get("components"))
    return frozenset(names)


class _Loader:
    def __init__(self, blocks: Mapping[str, bytes | str], functions: FeelScope) -> None:
        self.blocks = blocks
        self.functions = functions
        self.findings: list[Finding] = []
        self.used_blocks: set[str] = set()
        self.count = 0
        self.ids: set[str] = set()

    def load(self, data: bytes | str, name: str) -> Form:
        source = self._document(data)
        components = self._children(source, Scope(), depth=0)
        pages = self._pages(source, components)
        known = _Names(self.findings)
        known.check(pages)
        return Form(source.component_id, name, pages, frozenset(known.needs), frozenset(self.used_blocks))

    def _document(self, data: bytes | str) -> Source:
        try:
            document = parse_json(data, max_bytes=MAX_BYTES, max_depth=MAX_JSON_DEPTH)
        except JsonRefused as refused:
            self.findings.append(Finding("", "", "bad_json", str(refused)))
            document = {}
        if not isinstance(document, dict) or not isinstance(document.get("components", []), list):
            self.findings.append(Finding("", "", "no_form", "Die Datei ist kein Formular von form-js."))
            document = {}
        form_id = document.get("id")
        source = Source(document, self.findings, self.functions, form_id if isinstance(form_id, str) else "")
        source.one_of("type", ("default",), "default")
        source.integer("schemaVersion", low=1, high=NEWEST_SCHEMA, default=None)
        source.ignore("id", "components", *_FORM_ATTRIBUTES)
        source.close("einem Formular")
        return source

    def _children(self, source: Source, scope: Scope, *, depth: int) -> tuple[Component, ...]:
        if depth > MAX_DEPTH:
            source.refuse("too_deep", f"Gruppen lassen sich höchstens {MAX_DEPTH} Ebenen tief verschachteln.")
            return ()
        read = (self._component(item, scope, depth) for item in source.list_of("components"))
        children = tuple(component for component in read if component is not None)
        _refuse_duplicates(source, children)
        return children

    def _component(self, item: JsonValue, scope: Scope, depth: int) -> Component | None:
        self.count += 1
        source = self._source(item, scope)
        if self.count > MAX_COMPONENTS:
            if self.count == MAX_COMPONENTS + 1:
                source.refuse("too_many", f"Ein Formular hat höchstens {MAX_COMPONENTS} Elemente.")
            return None
        if source.type == "group":
            return self._group(source, scope, depth)
        if source.type == "dynamiclist":
            return self._repeat(source, scope, depth)
        if source.type in READERS:
            return read_component(source, scope)
        known = ", ".join(sorted([*READERS, *_CONTAINERS]))
        unknown = f"Das Element „{printable(source.type)}“ gibt es nicht; möglich sind: {known}."
        source.refuse("unsupported_type", REFUSED.get(source.type, unknown))
        return None

    def _source(self, item: JsonValue, scope: Scope) -> Source:
        data = item if isinstance(item, dict) else {}
        given, key, kind = data.get("id"), data.get("key", data.get("path")), data.get("type")
        component_id = given if isinstance(given, str) and given else f"element-{self.count}"
        shown_key = key if isinstance(key, str) else ""
        source = Source(
            data, self.findings, self.functions, component_id, shown_key, kind if isinstance(kind, str) else ""
        )
        if not isinstance(item, dict):
            source.refuse("bad_attribute", "Ein Element muss ein Objekt sein.")
        if not _ID.fullmatch(component_id):
            source.refuse("bad_id", "Die „id“ beginnt mit einem Buchstaben und enthält nur Buchstaben, Ziffern, - _ .")
        elif component_id in self.ids and not scope.block:  # the same block may stand in a form twice
            source.refuse("duplicate_id", f"Die „id“ „{component_id}“ gibt es zweimal.")
        self.ids.add(component_id)
        return source

    def _group(self, source: Source, scope: Scope, depth: int) -> Component:
        properties = source.part("properties")
        block = properties.text("block")
        path = read_path(source, source.text("path"), what="Der Pfad")
        inner = scope.inside(path)
        without = tuple(part.strip() for part in properties.text("without").split(",") if part.strip())
        if block:
            children = self._block(source, block, without, inner, depth)
        else:
            children = self._children(source, inner, depth=depth + 1)
            if without:
                source.refuse("bad_attribute", "„without“ ist nur zusammen mit „block“ möglich.")
        page_key = properties.text("page")
        if page_key and not _PAGE_KEY.fullmatch(page_key):
            source.refuse("bad_page", "„page“ besteht aus Kleinbuchstaben, Ziffern, - und _.")
        close_properties(properties, "group")
        group = Group(
            **read_common(source),
            path=inner.path if path else (),
            text_key=page_key or source.component_id,
            block=block,
            label=source.text("label"),
            children=children,
        )
        source.ignore("id", "type", "layout", "showOutline", "verticalAlignment", "versionTag")
        source.close("„group“")
        return group

    def _block(
        self, source: Source, block: str, without: Collection[str], scope: Scope, depth: int
    ) -> tuple[Component, ...]:
        if source.list_of("components"):
            source.refuse("block_and_components", "Eine Gruppe mit „block“ hat keine eigenen Felder.")
        if scope.block:
            source.refuse("nested_block", "Ein Baustein kann keinen anderen Baustein enthalten.")
            return ()
        if block not in self.blocks:
            known = ", ".join(sorted(self.blocks)) or "keine"
            source.refuse("unknown_block", f"Den Baustein „{printable(block)}“ gibt es nicht; vorhanden sind: {known}.")
            return ()
        self.used_blocks.add(block)
        document = self._document(self.blocks[block])
        children = self._children(document, scope.of_block(block), depth=depth + 1)
        left = tuple(child for child in children if not (isinstance(child, Field) and child.key in without))
        if len(children) - len(left) != len(without):
            source.refuse("bad_attribute", "„without“ nennt ein Feld, das der Baustein nicht hat.")
        return left

    def _repeat(self, source: Source, scope: Scope, depth: int) -> Component:
        properties = source.part("properties")
        if not source.data.get("path"):
            source.refuse("missing_key", "Der Wiederholung fehlt der Pfad („path“), unter dem die Einträge liegen.")
        path = read_path(source, source.text("path"), what="Der Pfad") or unusable_path(source)
        if scope.rows >= MAX_ROW_DEPTH:
            source.refuse("nested_repeat", "Wiederholungen lassen sich nur zwei Ebenen tief verschachteln.")
        label = source.text("label")
        minimum = properties.integer("min", low=0, high=MOST_ROWS, default=0)
        maximum = properties.integer("max", low=1, high=MOST_ROWS, default=max(DEFAULT_ROWS, minimum))
        repeats, may_change = source.data.get("isRepeating", True), source.data.get("allowAddRemove", True)
        if repeats is not True:
            source.refuse("bad_attribute", "„isRepeating“ muss true sein; nehmen Sie sonst eine Gruppe.")
        start = source.integer("defaultRepetitions", low=0, high=maximum, default=1)
        if not isinstance(may_change, bool):
            source.refuse("bad_attribute", "„allowAddRemove“ muss true oder false sein.")
        if minimum > maximum:
            properties.refuse("bad_attribute", "„min“ ist größer als „max“.")
        close_properties(properties, "dynamiclist")
        children = self._children(source, scope.row(path), depth=depth + 1)
        if may_change is True and any(isinstance(one, Field) and one.readonly for one in scope_of(children)):
            source.refuse(
                "readonly_row", "„readonly“ ist nur in festen Einträgen möglich: Setzen Sie „allowAddRemove“ auf false."
            )
        repeat = Repeat(
            **read_common(source),
            path=scope.path + path,
            text_key=scope.text_prefix + ".".join(path),
            block_key=scope.block_prefix + ".".join(path) if scope.block else "",
            label=label,
            item_label=properties.text("item") or label or "Eintrag",
            minimum=minimum,
            maximum=maximum,
            start=max(start, minimum),
            fixed=may_change is False,
            children=children,
        )
        source.ignore("id", "type", "layout", "showOutline", "verticalAlignment", "versionTag")
        source.ignore("isRepeating", "allowAddRemove", "disableCollapse", "nonCollapsedItems")
        source.close("„dynamiclist“")
        return repeat

    def _pages(self, source: Source, components: tuple[Component, ...]) -> tuple[Page, ...]:
        groups = [component for component in components if isinstance(component, Group)]
        if not components or len(groups) < len(components):
            return (Page(key="formular", label="", children=components),)
        given = source.list_of("components")
        pages: list[Page] = []
        for group, item in zip(groups, (one for one in given if _type_of(one) == "group"), strict=True):
            key = _page_key(group, item, len(pages) + 1)
            if any(page.key == key for page in pages):
                self.findings.append(
                    Finding(group.id, "", "duplicate_page", f"Die Seite „{key}“ gibt es zweimal; setzen Sie „page“.")
                )
            pages.append(Page(key=key, label=group.label, hide=group.hide, group=group, children=group.children))
        return tuple(pages)


def _type_of(item: JsonValue) -> JsonValue:
    return item.get("type") if isinstance(item, dict) else None


def _page_key(group: Group, item: JsonValue, number: int) -> str:
    properties = item.get("properties") if isinstance(item, dict) else None
    given = properties.get("page") if isinstance(properties, dict) else None
    if isinstance(given, str) and _PAGE_KEY.fullmatch(given):
        return given
    candidate = group.id.lower()
    return candidate if _PAGE_KEY.fullmatch(candidate) else f"seite-{number}"


def _refuse_duplicates(source: Source, children: tuple[Component, ...]) -> None:
    """Within one scope; groups are transparent, so they are looked at by the scope above them too."""
    if source.type == "group":
        return
    seen: dict[Path, str] = {}
    for component in scope_of(children):
        for path in declared_paths((component,)):
            shown = ".".join(path)
            clash = next((other for other in seen if other[: len(path)] == path[: len(other)]), None)
            if clash is not None:
                refused = replace(source, component_id=component.id, key=shown)
                message = f"Den Schlüssel „{shown}“ belegt schon das Element „{seen[clash]}“."
                refused.refuse("duplicate_key", message)
            seen[path] = component.id


class _Names:
    """Which names the expressions may use: fields before them, row names in rows, and inputs (collected in `needs`)."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.needs: set[str] = set()
        self.before: set[str] = set()
        self.by_name: dict[Path, Field] = {}
        self.row: dict[Path, Field] = {}

    def check(self, pages: tuple[Page, ...]) -> None:
        fields = {path[0] for page in pages for path in declared_paths(page.children)}
        self.by_name = {path: field for page in pages for path, field in fields_by_name(page.children).items()}
        for page in pages:
            self._expression(page.hide, page.group.id if page.group else "", fields, frozenset())
            self._components(page.children, fields, row_keys=frozenset(), in_row=False)

    def _components(
        self, components: tuple[Component, ...], fields: set[str], *, row_keys: frozenset[str], in_row: bool
    ) -> None:
        for component in components:
            for expression in _expressions(component):
                self._expression(expression, component.id, fields, row_keys, in_row=in_row)
            match component:
                case Group():
                    self._components(component.children, fields, row_keys=row_keys, in_row=in_row)
                case Repeat():
                    if not in_row:
                        self.before.add(component.path[0])
                    keys = frozenset(path[0] for path in declared_paths(component.children))
                    around, self.row = self.row, fields_by_name(component.children)
                    self._components(component.children, fields, row_keys=keys, in_row=True)
                    self.row = around
                case Field() if not in_row:
                    self.before.update(path[0] for path in declared_paths((component,)))

    def _expression(
        self,
        expression: Expression | None,
        component_id: str,
        fields: set[str],
        row_keys: frozenset[str],
        *,
        in_row: bool = False,
    ) -> None:
        if expression is None:
            return
        for sentence in clashes(expression.tree, self.by_name, self.row):
            self.findings.append(Finding(component_id, "", "never_true", sentence))
        for name in sorted(expression.names):
            if name in _ROW_NAMES:
                if not in_row:
                    message = f"„{name}“ gibt es nur in Einträgen einer Wiederholung; nennen Sie das Feld beim Namen."
                    self.findings.append(Finding(component_id, "", "row_name", message))
                continue
            if name in fields:
                if name not in self.before:
                    message = f"Die Bedingung nennt „{name}“, das erst später im Formular steht."
                    self.findings.append(Finding(component_id, "", "later_field", message))
            elif name in row_keys:
                message = f"Das Feld „{name}“ desselben Eintrags heißt in Ausdrücken „this.{name}“."
                self.findings.append(Finding(component_id, "", "row_name", message))
            else:
                self.needs.add(name)


def _expressions(component: Component) -> list[Expression | None]:
    match component:
        case Choice():
            return [component.hide, component.options_from]
        case TemporalInput():
            return [component.hide, component.earliest, component.latest]
        case Computed():
            return [component.hide, component.expression]
        case Prose():
            return [component.hide, *component.values.values()]
        case _:
            return [component.hide]
