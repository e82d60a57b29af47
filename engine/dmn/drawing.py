"""A decision table as text for a terminal: every rule in its row, those that applied are marked.

Columns share the given width; what is wider is wrapped inside its cell, and a table with more columns than fit beside
each other is drawn in several parts. Of long tables only the rules around those that applied are drawn.
"""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final, NamedTuple

from engine.dmn.model import Rule, Table
from engine.dmn.run import TableRecord
from engine.feel.text import literal

WIDTH: Final = 100
ALL_RULES: Final = 30
"""A table with more rules is drawn in excerpts."""
_AROUND: Final = 2
_READABLE: Final = 9
_LONGEST_WORD: Final = 24
_LONGEST_CELL: Final = 600
_MARK, _NO_MARK = "> ", "  "


class _Column(NamedTuple):
    """Head, the value that was given, and the cell of every drawn rule; `divider` stands in front of the column."""

    head: str
    given: str
    cells: tuple[str, ...]
    divider: str

    @property
    def wanted(self) -> int:
        return max(map(len, (self.head, self.given, *self.cells)))

    @property
    def longest_word(self) -> int:
        return max((len(word) for cell in (self.head, self.given, *self.cells) for word in cell.split()), default=1)


def draw(record: TableRecord, *, width: int = WIDTH) -> list[str]:
    """The lines of the table that was used, none of them longer than `width` (at least 40)."""
    table = record.table.source
    drawn = _drawn(len(table.rules), record.rules)
    names = _rule_names(record, drawn)
    columns = _columns(record, drawn)
    left = max(map(len, names))
    lines: list[str] = []
    for part in _parts(columns, width - left):
        lines += ["", *_part(names, part, width - left)] if lines else _part(names, part, width - left)
    return lines


def printable(text: str) -> str:
    """The text in one line, without anything that could steer a terminal."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(text.split()))


def _drawn(count: int, hits: Sequence[int]) -> list[int | None]:
    """The rules to draw; None stands for those that are left out."""
    if count <= ALL_RULES:
        return list(range(count))
    near = {index + step for index in hits[:ALL_RULES] for step in range(-_AROUND, _AROUND + 1)}
    shown = sorted(index for index in near | {0, 1, count - 2, count - 1} if 0 <= index < count)
    drawn: list[int | None] = []
    for index in shown:
        if drawn and drawn[-1] != index - 1:
            drawn.append(None)
        drawn.append(index)
    return drawn


def _rule_names(record: TableRecord, drawn: Sequence[int | None]) -> list[str]:
    """The first column: hit policy, the line of the given values, the numbers of the rules, the default."""
    table = record.table.source
    policy = f"{table.hit_policy} {table.aggregation}" if table.aggregation else str(table.hit_policy)
    hits = set(record.rules)
    numbers = ["  ..." if index is None else f"{_MARK if index in hits else _NO_MARK}{index + 1}" for index in drawn]
    otherwise = [f"{_MARK if record.default_used else _NO_MARK}sonst"] if _has_default(table) else []
    return [f"{_NO_MARK}{policy}", f"{_NO_MARK}Eingabe", *numbers, *otherwise]


def _has_default(table: Table) -> bool:
    return any(output.default is not None for output in table.outputs)


def _columns(record: TableRecord, drawn: Sequence[int | None]) -> list[_Column]:
    table = record.table.source
    rules = [None if index is None else table.rules[index] for index in drawn]
    defaults = _has_default(table)
    columns = [
        _Column(
            printable(clause.label),
            printable(literal(record.inputs[number])) if number < len(record.inputs) else "",
            (*_cells(rules, "tests", number), *([""] if defaults else [])),
            "│",
        )
        for number, clause in enumerate(table.inputs)
    ]
    for number, output in enumerate(table.outputs):
        default = printable(output.default.text) if output.default else ""
        columns.append(
            _Column(
                printable(output.label or output.name or table.output_label),
                "",
                (*_cells(rules, "outputs", number), *([default] if defaults else [])),
                "│" if number else "║",
            )
        )
    notes = max((len(rule.annotations) for rule in table.rules), default=0)
    for number in range(notes):
        head = table.annotation_names[number] if number < len(table.annotation_names) else "Anmerkung"
        cells = (*_cells(rules, "annotations", number), *([""] if defaults else []))
        columns.append(_Column(printable(head), "", cells, "│"))
    return columns


def _cells(rules: Sequence[Rule | None], part: str, number: int) -> Iterator[str]:
    for rule in rules:
        cells = () if rule is None else getattr(rule, part)
        cell = cells[number] if number < len(cells) else ""
        text = printable(cell if isinstance(cell, str) else cell.text)
        yield text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 3]}..."


def _parts(columns: Sequence[_Column], width: int) -> Iterator[list[_Column]]:
    """As many columns as can be read beside each other in `width`, then the next."""
    part: list[_Column] = []
    used = 0
    for column in columns:
        least = min(column.wanted, _READABLE) + 3
        if part and used + least > width:
            yield part
            part, used = [], 0
        part.append(column)
        used += least
    yield part


def _part(names: Sequence[str], columns: Sequence[_Column], width: int) -> Iterator[str]:
    widths = _widths(columns, width)
    left = max(map(len, names))
    rows = zip(names, *([column.head, column.given, *column.cells] for column in columns), strict=True)
    for number, (name, *cells) in enumerate(rows):
        if number == 2:
            crossings = (f"─{'╫' if column.divider == '║' else '┼'}─" for column in columns)
            dashes = ("─" * size for size in widths)
            yield "".join(["─" * left, *(part for pair in zip(crossings, dashes, strict=True) for part in pair)])
        wrapped = [wrap(cell, size) or [""] for cell, size in zip(cells, widths, strict=True)]
        for line in range(max(map(len, wrapped))):
            texts = (cell[line] if line < len(cell) else "" for cell in wrapped)
            filled = (
                f" {column.divider} {text:{size}}" for column, text, size in zip(columns, texts, widths, strict=True)
            )
            yield f"{name if line == 0 else '':{left}}{''.join(filled)}".rstrip()


def _widths(columns: Sequence[_Column], width: int) -> list[int]:
    """What each column wants; else the widest give way, and words are cut only when nothing else helps."""
    available = width - 3 * len(columns)
    wanted = [max(column.wanted, 1) for column in columns]
    words = [min(column.longest_word, _LONGEST_WORD) for column in columns]
    return _narrowed(_narrowed(wanted, words, available), [1] * len(columns), available)


def _narrowed(sizes: Sequence[int], least: Sequence[int], available: int) -> list[int]:
    """Take from the widest first until all fit, from none below its least."""
    narrowed = list(sizes)
    while sum(narrowed) > available:
        spare = [number for number, size in enumerate(narrowed) if size > least[number]]
        if not spare:
            break
        narrowed[max(spare, key=narrowed.__getitem__)] -= 1
    return narrowed
