"""The text between the fields: a small part of Markdown, or of HTML, as blocks that a template writes without trust.

Nothing is passed through as markup: what is not in the part offered is refused when the form is loaded.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from html.parser import HTMLParser
from typing import Final

_INLINE: Final = re.compile(
    r"\*\*(?P<strong>[^*]+)\*\*"
    r"|(?<![*\w])[*_](?P<emphasis>[^*_]+)[*_](?![*\w])"
    r"|\[(?P<text>[^\]]+)\]\((?P<href>[^)\s]+)\)"
)
_HEADING: Final = re.compile(r"#{1,6}\s+(.+)")
_ITEM: Final = re.compile(r"\s*[-*]\s+(.+)")
_NUMBERED: Final = re.compile(r"\s*[0-9]{1,3}[.)]\s+(.+)")
_SAFE_LINK: Final = re.compile(r"(?:https://|mailto:|tel:|/(?!/)|#)[^\s\"'<>\\]*")


# While markup is read, a private character stands for each expression: FEEL may hold *, < and line ends.
_FIRST_STAND_IN: Final = 0xE000
_MOST_EXPRESSIONS: Final = 500
_STAND_INS: Final = re.compile(f"([{chr(_FIRST_STAND_IN)}-{chr(_FIRST_STAND_IN + _MOST_EXPRESSIONS)}])")


class RichTextRefused(ValueError):
    """The text uses what is not offered; the message is a German sentence."""


class BlockKind(StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST = "list"
    NUMBERED = "numbered"


class RunKind(StrEnum):
    PLAIN = "plain"
    STRONG = "strong"
    EMPHASIS = "emphasis"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text; with `is_feel`, `text` is the expression whose value stands there."""

    kind: RunKind
    text: str
    href: str = ""
    is_feel: bool = False


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or heading (one line), or a list (a line per item)."""

    kind: BlockKind
    lines: tuple[Line, ...]


def read_markdown(text: str) -> tuple[Block, ...]:
    """Paragraphs, headings, lists, **bold**, *emphasis*, [links](https://...) and {{FEEL}}. Raises RichTextRefused."""
    lifted, expressions = _lift(text.replace("\r\n", "\n").strip())
    blocks: list[Block] = []
    for part in re.split(r"\n\s*\n", lifted):
        if part.strip():
            blocks.extend(_markdown_blocks(part.split("\n")))
    return _put_back(blocks, expressions)


def read_html(text: str) -> tuple[Block, ...]:
    """p, h1-h6, ul, ol, li, strong, b, em, i, a, br and {{FEEL}}. Raises RichTextRefused for anything else."""
    lifted, expressions = _lift(text)
    reader = _HtmlReader()
    reader.feed(lifted)
    reader.close()
    return _put_back(reader.finish(), expressions)


def safe_link(href: str) -> bool:
    """Whether an author's link stays on the house's own pages or goes out by https, mail or telephone."""
    return _SAFE_LINK.fullmatch(href) is not None


def feel_sources(blocks: tuple[Block, ...]) -> Iterator[str]:
    """The FEEL expressions that stand in the text."""
    return (run.text for block in blocks for line in block.lines for run in line if run.is_feel)


def _lift(text: str) -> tuple[str, list[str]]:
    """The text with a private character for every {{expression}}, and the expressions in order."""
    if text.lstrip().startswith("="):
        raise RichTextRefused("Ein Text, der mit = beginnt, ist in form-js ein Ausdruck. Schreiben Sie {{Ausdruck}}.")
    if _STAND_INS.search(text):
        raise RichTextRefused("Der Text enthält Zeichen, die nicht darstellbar sind.")
    parts: list[str] = []
    expressions: list[str] = []
    position = 0
    while (start := text.find("{{", position)) >= 0:
        end = _end_of_expression(text, start + 2)
        parts += [text[position:start], chr(_FIRST_STAND_IN + len(expressions))]
        expressions.append(_expression(text[start + 2 : end].strip()))
        position = end + 2
    parts.append(text[position:])
    if len(expressions) > _MOST_EXPRESSIONS:
        raise RichTextRefused(f"Ein Text hat höchstens {_MOST_EXPRESSIONS} Ausdrücke.")
    if any("}}" in part for part in parts):
        raise RichTextRefused("Im Text steht „}}“ ohne „{{“ davor.")
    return "".join(parts), expressions


def _end_of_expression(text: str, start: int) -> int:
    """Where the `}}` begins that ends the expression, passing over strings and contexts."""
    depth, in_string, position = 0, False, start
    while position < len(text):
        sign = text[position]
        if in_string:
            position += sign == "\\"
            in_string = sign != '"'
        elif sign == '"':
            in_string = True
        elif sign == "{":
            depth += 1
        elif sign == "}" and depth:
            depth -= 1
        elif text.startswith("}}", position):
            return position
        position += 1
    raise RichTextRefused("Im Text fehlt zu „{{“ das Ende „}}“.")


def _expression(feel: str) -> str:
    if not feel:
        raise RichTextRefused("Zwischen „{{“ und „}}“ steht nichts.")
    if feel.startswith(("#", "/")):
        raise RichTextRefused(
            f"„{{{{{feel[:20]}}}}}“ ist nicht möglich. Statt {{{{#if}}}} nehmen Sie einen Text mit Bedingung oder "
            '{{if a then b else c}}, statt {{#loop}} eine Rechnung wie {{string join(liste, ", ")}}.'
        )
    return feel


def _put_back(blocks: Iterable[Block], expressions: list[str]) -> tuple[Block, ...]:
    """The blocks with a run of its own for every expression, marked as the text around it."""
    return tuple(
        replace(
            block, lines=tuple(tuple(one for run in line for one in _split(run, expressions)) for line in block.lines)
        )
        for block in blocks
    )


def _split(run: Run, expressions: list[str]) -> Iterator[Run]:
    if run.kind is RunKind.LINK and _STAND_INS.search(run.text + run.href):
        raise RichTextRefused("In einem Verweis ist kein Ausdruck möglich.")
    for part in _STAND_INS.split(run.text):
        if _STAND_INS.fullmatch(part):
            yield replace(run, text=expressions[ord(part) - _FIRST_STAND_IN], is_feel=True)
        elif part:
            yield replace(run, text=part)


def _markdown_blocks(lines: list[str]) -> Iterator[Block]:
    gathered: list[str] = []
    kind = BlockKind.PARAGRAPH
    for line in lines:
        line_kind, content = _markdown_line(line)
        if gathered and (line_kind is not kind or kind is BlockKind.HEADING):
            yield _block(kind, gathered)
            gathered = []
        kind = line_kind
        gathered.append(content)
    if gathered:
        yield _block(kind, gathered)


def _markdown_line(line: str) -> tuple[BlockKind, str]:
    for kind, form in ((BlockKind.HEADING, _HEADING), (BlockKind.LIST, _ITEM), (BlockKind.NUMBERED, _NUMBERED)):
        if match := form.fullmatch(line):
            return kind, match[1].strip()
    return BlockKind.PARAGRAPH, line.strip()


def _block(kind: BlockKind, lines: list[str]) -> Block:
    if kind is BlockKind.PARAGRAPH:
        return Block(kind, (_inline(" ".join(lines)),))
    return Block(kind, tuple(_inline(line) for line in lines))


def _inline(text: str) -> Line:
    runs: list[Run] = []
    position = 0
    for match in _INLINE.finditer(text):
        if match.start() > position:
            runs.append(Run(RunKind.PLAIN, text[position : match.start()]))
        runs.append(_marked(match))
        position = match.end()
    if position < len(text):
        runs.append(Run(RunKind.PLAIN, text[position:]))
    return tuple(runs)


def _marked(match: re.Match[str]) -> Run:
    if match["strong"]:
        return Run(RunKind.STRONG, match["strong"])
    if match["emphasis"]:
        return Run(RunKind.EMPHASIS, match["emphasis"])
    return _link(match["text"], match["href"])


def _link(text: str, href: str) -> Run:
    if not safe_link(href):
        raise RichTextRefused(f"Der Verweis „{href[:80]}“ muss mit https://, /, #, mailto: oder tel: beginnen.")
    return Run(RunKind.LINK, text, href)


_HTML_BLOCKS: Final = {"p": BlockKind.PARAGRAPH, "ul": BlockKind.LIST, "ol": BlockKind.NUMBERED} | {
    f"h{level}": BlockKind.HEADING for level in range(1, 7)
}
_HTML_RUNS: Final = {
    "strong": RunKind.STRONG,
    "b": RunKind.STRONG,
    "em": RunKind.EMPHASIS,
    "i": RunKind.EMPHASIS,
    "a": RunKind.LINK,
}


class _HtmlReader(HTMLParser):
    """Collects blocks; refuses what it does not know, so that nothing is lost without a word."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[Block] = []
        self._kind = BlockKind.PARAGRAPH
        self._lines: list[Line] = []
        self._runs: list[Run] = []
        self._run = RunKind.PLAIN
        self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if names - ({"href"} if tag == "a" else set()):
            raise RichTextRefused(f"Das Element <{tag}> darf hier keine Attribute haben.")
        if tag in _HTML_BLOCKS:
            self._end_block()
            self._kind = _HTML_BLOCKS[tag]
        elif tag == "li":
            self._end_line()
        elif tag in _HTML_RUNS:
            self._run = _HTML_RUNS[tag]
            self._href = next((value or "" for name, value in attrs if name == "href"), "")
        elif tag == "br":
            self._runs.append(Run(RunKind.PLAIN, " "))
        else:
            raise RichTextRefused(f"Das Element <{tag}> ist in Formularen nicht möglich.")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HTML_BLOCKS:
            self._end_block()
        elif tag == "li":
            self._end_line()
        elif tag in _HTML_RUNS:
            self._run = RunKind.PLAIN

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data)
        if self._run is RunKind.LINK:
            self._runs.append(_link(text, self._href))
        elif text.strip() or self._runs:
            self._runs.append(Run(self._run, text))

    def handle_comment(self, data: str) -> None:
        raise RichTextRefused(f"Der Kommentar „{data[:40]}“ ist im Text eines Formulars nicht möglich.")

    def handle_decl(self, decl: str) -> None:
        raise RichTextRefused(f"„<!{decl[:40]}>“ ist im Text eines Formulars nicht möglich.")

    def handle_pi(self, data: str) -> None:
        raise RichTextRefused(f"„<?{data[:40]}>“ ist im Text eines Formulars nicht möglich.")

    def unknown_decl(self, data: str) -> None:
        raise RichTextRefused(f"„<![{data[:40]}“ ist im Text eines Formulars nicht möglich.")

    def finish(self) -> tuple[Block, ...]:
        self._end_block()
        return tuple(self._blocks)

    def _end_line(self) -> None:
        if any(run.text.strip() for run in self._runs):
            self._lines.append(tuple(self._runs))
        self._runs = []

    def _end_block(self) -> None:
        self._end_line()
        if self._lines:
            self._blocks.append(Block(self._kind, tuple(self._lines)))
        self._lines = []
        self._kind = BlockKind.PARAGRAPH
