"""Writes the page: sandboxed Jinja over plain data, then the checks that a German letter must pass."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import (
    DictLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
    nodes,
)
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import escape

from engine.law import Block, Norm, foreign_norms
from engine.letters import german
from engine.letters.head import Head
from engine.letters.plain import Plain, clean, freeze
from engine.letters.port import LetterRefused

MAX_TEMPLATE = 100_000
MAX_PAGE = 2_000_000
RESERVED = frozenset({"brief", "recht", "norm"})


@dataclass(frozen=True, slots=True)
class Letter:
    """A page ready for the renderer; `title` is the PDF's title."""

    html: str
    title: str


def compose(
    template: str,
    *,
    name: str,
    head: Head,
    data: Mapping[str, object],
    blocks: Sequence[Block],
    norms: Mapping[str, Norm],
    jurisdiction: str = "DE-HE",
) -> Letter:
    """Write one letter from a deployed template.

    `name` is the template's file name (for messages), `data` the connector's inputs as FEEL values, `blocks` the locked
    legal blocks in the order of printing, `norms` the citations by topic (`engine.law.norms`). Raises LetterRefused:
    bad template, missing or unprintable data, or a citation of another legislator's act.
    """
    taken = RESERVED & set(data)
    if taken:
        raise _refused("letter_name_taken", name, f"Diese Namen sind vergeben: {', '.join(sorted(taken))}.")
    compiled = _compile(template, name)
    context = {**freeze(data), "norm": _citations(norms), "recht": freeze({one.key: asdict(one) for one in blocks})}
    subject = _subject(compiled, context, head, name)
    title = f"{subject}, Aktenzeichen {head.aktenzeichen}"
    html = _page(compiled, {**context, "brief": _brief(head, blocks, title)}, name)
    foreign = foreign_norms(html, jurisdiction)
    if foreign:
        raise _refused("letter_foreign_norm", name, f"Der Brief nennt ein fremdes Gesetz: {', '.join(foreign)}.")
    return Letter(html=html, title=title)


def check_template(template: str, *, name: str) -> None:
    """Refuse a letter template that could never be written: syntax, unknown filters, forbidden constructs."""
    _compile(template, name)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Values are data: a name after a dot is a key, never a method; only `super()` can be called.

    Whatever makes much out of little ("a" * 10**9, texts that double line by line) is refused, so that a page costs
    no more than its template and data are long.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.undefined(f"»{attribute}« gibt es hier nicht", obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping) or (isinstance(obj, tuple) and isinstance(argument, int)):
            return super().getitem(obj, argument)
        return self.undefined(obj=obj, name=str(argument))

    def is_safe_callable(self, obj: Any) -> bool:
        return isinstance(obj, BlockReference)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | Decimal) and isinstance(right, int | Decimal)
        if operator not in ("+", "-", "*", "/") or not numbers:
            raise SecurityError(f"the operator {operator} is for numbers only")
        return super().call_binop(context, operator, Decimal(left), Decimal(right))


def _printed(value: Any) -> Any:
    """What `{{ }}` may print: a list, true or nothing at all in a Bescheid is a mistake, not text."""
    if isinstance(value, str):
        return german.breakable(value)
    if isinstance(value, Undefined):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value == int(value):
        return str(int(value))
    if isinstance(value, date):
        return german.datum(value)
    if isinstance(value, Decimal):
        raise TypeError(f"{value} braucht einen Filter: geld oder zahl")
    raise TypeError("nur Text, Zahlen und Daten können gedruckt werden, nicht " + type(value).__name__)


def _joined(value: Any, separator: str = "") -> str:
    """Jinja's join for short lists of texts, escaped."""
    text = escape(separator).join(escape(_printed(item)) for item in value)
    if len(text) > MAX_TEMPLATE:
        raise TypeError("die Liste ist zu lang")
    return text


_LOOP = frozenset({"first", "last", "index", "index0", "length", "revindex", "revindex0", "depth"})
_FORBIDDEN = (
    nodes.Include, nodes.Import, nodes.FromImport, nodes.ScopedEvalContextModifier, nodes.EvalContextModifier,
    nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock, nodes.Concat,
)  # fmt: skip
_JINJA_FILTERS = ("default", "first", "last", "length", "lower", "round", "sort", "sum", "trim", "upper",
                  "capitalize", "selectattr", "rejectattr", "map", "escape", "e")  # fmt: skip
_FILTERS: Mapping[str, Callable[..., Any]] = {
    "geld": german.geld,
    "zahl": german.zahl,
    "datum": german.datum,
    "datum_lang": german.datum_lang,
    "zeilen": german.zeilen,
    "join": _joined,
}
_BASE = Path(__file__).with_name("brief.html").read_text(encoding="utf-8")


def _environment() -> _Sandbox:
    environment = _Sandbox(
        loader=DictLoader({"brief.html": _BASE}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        extensions=(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    environment.filters = {**{name: environment.filters[name] for name in _JINJA_FILTERS}, **_FILTERS}
    return environment


_ENVIRONMENT = _environment()


def _compile(template: str, name: str) -> Template:
    if len(template) > MAX_TEMPLATE:
        raise _refused("letter_template_too_large", name, f"Die Vorlage hat mehr als {MAX_TEMPLATE} Zeichen.")
    try:
        tree = _ENVIRONMENT.parse(template)
        for found in tree.find_all(_FORBIDDEN):
            raise _refused("letter_template", name, "Diese Anweisung ist in Briefen nicht erlaubt.", line=found.lineno)
        _checked_parents(tree, name)
        _checked_elements(template, name)
        return _ENVIRONMENT.from_string(template)
    except TemplateSyntaxError as error:
        raise _refused(
            "letter_template", name, f"Die Vorlage ist fehlerhaft: {error.message}.", line=error.lineno
        ) from error
    except RecursionError as error:
        raise _refused("letter_template", name, "Die Vorlage ist zu tief verschachtelt.") from error


def _checked_parents(tree: nodes.Template, name: str) -> None:
    """A letter extends the base layout once and leaves the law alone: only the layout's blocks may be filled."""
    parents = [found.template for found in tree.find_all(nodes.Extends)]
    if [getattr(parent, "value", None) for parent in parents] != ["brief.html"]:
        raise _refused("letter_template", name, 'Eine Vorlage beginnt mit {% extends "brief.html" %}.')
    unknown = {block.name for block in tree.find_all(nodes.Block)} - _BLOCKS
    if unknown:
        raise _refused("letter_template", name, f"Diese Blöcke gibt es nicht: {', '.join(sorted(unknown))}.")


def _checked_elements(template: str, name: str) -> None:
    """Find at deployment what would stop every letter when it is drawn, or make it look unlike the others."""
    for number, line in enumerate(template.splitlines(), start=1):
        found = {word.lower() for word in _ELEMENT.findall(line)} - _ELEMENTS
        if found:
            raise _refused(
                "letter_template", name, f"Diese Elemente gehen nicht: {', '.join(sorted(found))}.", line=number
            )
        if _ATTRIBUTE.search(line):
            raise _refused(
                "letter_template", name, "Nur die Attribute class, scope, colspan und href sind erlaubt.", line=number
            )


_TAG = re.compile(r"<[^>]*>")
_ELEMENT = re.compile(r"<\s*/?\s*([a-zA-Z][\w-]*)")
_ELEMENTS = frozenset(
    {"a", "b", "br", "caption", "dd", "div", "dl", "dt", "em", "h2", "h3", "li", "ol", "p", "section", "span", "strong",
     "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)  # fmt: skip
_ATTRIBUTE = re.compile(r"<[a-zA-Z][^>]*?\s(?!class=|scope=|colspan=|href=[\"']?(?:https:|mailto:|tel:))[a-zA-Z-]+\s*=")
_BLOCKS = frozenset(block.name for block in _ENVIRONMENT.parse(_BASE).find_all(nodes.Block))


def _subject(compiled: Template, context: Mapping[str, Any], head: Head, name: str) -> str:
    """The block `betreff` as one line of plain text: it names the PDF before the page is written."""
    if "betreff" not in compiled.blocks:
        raise _refused("letter_template", name, "Der Block betreff fehlt.")
    frame = compiled.new_context({**context, "brief": _brief(head, (), "")})
    text = _bounded(compiled.blocks["betreff"](frame), name)
    return " ".join(unescape(_TAG.sub("", text)).split())


def _page(compiled: Template, context: Mapping[str, Any], name: str) -> str:
    return _bounded(compiled.generate(context), name)


def _bounded(pieces: Any, name: str) -> str:
    """Join the pieces of a template's output while it stays small; every failure becomes a refusal with its place."""
    parts: list[str] = []
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > MAX_PAGE:
                raise _refused("letter_too_large", name, "Der Brief wird zu lang.")
            parts.append(piece)
    except UndefinedError as error:
        raise _refused("letter_data_missing", name, f"Eine Angabe fehlt: {error.message}.") from error
    except (TemplateError, SecurityError) as error:
        raise _refused("letter_template", name, f"Die Vorlage ist fehlerhaft: {error}.") from error
    except (TypeError, ValueError, ArithmeticError) as error:  # a filter met a value of another kind
        raise _refused("letter_data", name, f"Eine Angabe passt nicht zur Vorlage: {error}.") from error
    except RecursionError as error:
        raise _refused("letter_template", name, "Die Vorlage ist zu tief verschachtelt.") from error
    return "".join(parts)


def _brief(head: Head, blocks: Sequence[Block], title: str) -> Mapping[str, Plain]:
    return freeze(
        {
            "titel": title,
            "absender": {
                "stadt": head.sender.city,
                "amt": head.sender.office,
                "strasse": head.sender.street,
                "ort": head.sender.place,
                "telefon": head.sender.phone,
                "email": head.sender.email,
                "website": head.sender.website,
            },
            "empfaenger": [clean(line) for line in head.addressee if line.strip()],
            "aktenzeichen": head.aktenzeichen,
            "kassenzeichen": head.kassenzeichen,
            "datum": head.day,
            "bearbeitung": head.clerk,
            "unterschrift": head.signatory,
            "recht": [asdict(block) for block in blocks],
        }
    )


def _citations(norms: Mapping[str, Norm]) -> Mapping[str, Plain]:
    return freeze({topic: one.full for topic, one in norms.items()})


def _refused(code: str, template: str, message: str, *, line: int | None = None) -> LetterRefused:
    return LetterRefused(code, template=template, line=line, message=message)
