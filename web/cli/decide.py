"""`amtsweg decide FILE.dmn [--decision ID] --input NAME=VALUE ...`: what does this model decide, and why."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from textwrap import indent, wrap

import click

from engine.dmn import Decision, DecisionModel, DecisionResult, ModelRefused, drawing, given, read_dmn_files
from engine.dmn.model import Definitions
from engine.dmn.reader import read_definitions
from engine.feel import Value, to_json
from engine.feel.text import literal
from engine.feel.types import ANY
from web.cli import Moment, Unusable
from web.formats import utc_now

TABLES_DRAWN = 10
"""A table that is asked in a loop is drawn for its first uses only."""


@click.command("decide")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--decision", "wanted", metavar="ID", help="Id or name; without it the one that no other is built on.")
@click.option("--input", "pairs", multiple=True, metavar="NAME=VALUE", help="FEEL literal, or the text of a string.")
@click.option("--at", type=Moment(), default=utc_now, help="What now() gives, in Berlin's time; now if left out.")
@click.option("--json", "as_json", is_flag=True, help="Print result and trace as JSON.")
def command(*, file: Path, wanted: str | None, pairs: tuple[str, ...], at: datetime, as_json: bool) -> None:
    """Decide once: print result, reasons and the tables that were used, with the rules that applied marked `>`.

    Files that FILE imports are looked for beside it. Exits with 1 when something has no value, with 2 when the model
    or an input cannot be used.
    """
    model = _model(file)
    decision = _chosen(model, wanted)
    inputs = _inputs(decision, pairs, at)
    result = decision.evaluate(inputs, now=at)
    if as_json:
        click.echo(json.dumps(_document(model, decision, inputs, result), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_report(model, decision, inputs, result)))
    sys.exit(1 if result.diagnostics else 0)


# The model.


def _model(file: Path) -> DecisionModel:
    try:
        return read_dmn_files(_with_imports(file))[file.name]
    except ModelRefused as refused:
        lines = [f"{file} wird abgelehnt:"]
        lines += [f"  Zeile {finding.line or 1}: {_further(finding.message_de)}" for finding in refused.findings]
        raise Unusable("\n".join(lines)) from None


def _further(message: str) -> str:
    """A message of several lines (a syntax error with its underline) below its first."""
    return message.replace("\n", "\n    ")


def _with_imports(file: Path) -> dict[str, bytes]:
    """The file and those beside it that it imports, however indirectly."""
    files = {file.name: file.read_bytes()}
    waiting = [read_definitions(files[file.name], file=file.name)[0]]
    if not waiting[0].imports:
        return files
    others = {source.namespace: (source, data) for source, data in _beside(file)}
    while waiting:
        for one in waiting.pop().imports:
            source, data = others.pop(one.namespace, (None, b""))
            if source is not None:
                files[source.file] = data
                waiting.append(source)
    return files


def _beside(file: Path) -> Iterator[tuple[Definitions, bytes]]:
    for path in sorted(file.parent.glob("*.dmn")):
        if path.name != file.name:
            data = path.read_bytes()
            try:
                yield read_definitions(data, file=path.name)[0], data
            except ModelRefused:
                continue  # no DMN at all, so nobody imports it


# The decision.


def _chosen(model: DecisionModel, wanted: str | None) -> Decision:
    """The decision of that id or name; without one the only one that no other requires."""
    if not model.decisions:
        raise Unusable("Die Datei enthält keine Entscheidung.")
    if wanted is None:
        needed = {need.key for decision in model.decisions.values() for need in decision.node.needs}
        on_top = [decision for decision in model.decisions.values() if decision.node.key not in needed]
        if len(on_top) == 1:
            return on_top[0]
        raise Unusable(f"Wählen Sie mit --decision eine Entscheidung:\n{_listing(model)}")
    for element_id, decision in model.decisions.items():
        if wanted in {element_id, decision.name}:
            return decision
    names = [*model.decisions, *(decision.name for decision in model.decisions.values())]
    question = given.similar(wanted, names)
    raise Unusable(f"Die Entscheidung „{wanted}“ gibt es nicht. {question}".rstrip() + f" Es gibt:\n{_listing(model)}")


def _listing(model: DecisionModel) -> str:
    width = max(map(len, model.decisions))
    return "\n".join(
        f"  {element_id:{width}}  {drawing.printable(decision.name)}  ({_signature(decision)})"
        for element_id, decision in model.decisions.items()
    )


def _signature(decision: Decision) -> str:
    kinds = given.kinds(decision)
    texts = (name if kind == ANY else f"{name}: {given.type_wording(kind)}" for name, kind in kinds.items())
    return ", ".join(texts) or "ohne Eingaben"


# The inputs.


def _inputs(decision: Decision, pairs: tuple[str, ...], at: datetime) -> dict[str, Value]:
    kinds = given.kinds(decision)
    inputs: dict[str, Value] = {}
    problems: list[str] = []
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals:
            problems.append(f"--input {pair}: Schreiben Sie --input Name=Wert.")
        elif name in inputs:
            problems.append(f"--input {pair}: Die Eingabe „{name}“ steht zweimal da.")
        elif name not in kinds:
            question = given.similar(name, kinds)
            problem = f"--input {pair}: Die Eingabe „{name}“ gibt es nicht. {question}".rstrip()
            problems.append(f"{problem}\n  Die Entscheidung hat: {_signature(decision)}.")
        else:
            try:
                inputs[name] = given.read_value(text, kinds[name], at=at)
            except given.NotReadable as problem:
                problems.append(f"--input {pair}:\n{indent(str(problem), '  ')}")
    if problems:
        raise Unusable("\n".join(problems))
    return inputs


# What is printed.


def _document(
    model: DecisionModel, decision: Decision, inputs: Mapping[str, Value], result: DecisionResult
) -> dict[str, object]:
    """Values are tagged as `engine.feel.to_json` writes them; `feel` is the result as an author would write it."""
    return {
        "model": model.name,
        "decision": decision.element_id,
        "name": decision.name,
        "inputs": {name: to_json(value) for name, value in inputs.items()},
        "missing_inputs": list(result.missing_inputs),
        "value": to_json(result.value),
        "feel": literal(result.value),
        "sentence": result.sentence,
        "diagnostics": [str(diagnostic) for diagnostic in result.diagnostics],
        "trace": result.trace.to_json(),
    }


def _report(
    model: DecisionModel, decision: Decision, inputs: Mapping[str, Value], result: DecisionResult
) -> Iterator[str]:
    yield f"{drawing.printable(decision.name)} ({decision.element_id}) aus „{drawing.printable(model.name)}“"
    yield from _section("Eingaben", [*_assigned(inputs), *(f"{name} fehlt" for name in result.missing_inputs)])
    yield from _tables(result)
    yield from _section("Begründung", result.trace.sentences())
    yield from _section("Hinweise", map(str, result.diagnostics))
    yield from _section("Ergebnis", _value_lines(result.value))


def _value_lines(value: Value) -> list[str]:
    return list(_assigned(value)) if isinstance(value, dict) and value else [literal(value)]


def _assigned(values: Mapping[str, Value]) -> Iterator[str]:
    return (f"{name} = {literal(value)}" for name, value in values.items())


def _tables(result: DecisionResult) -> Iterator[str]:
    for made in result.made:
        for record in made.tables[:TABLES_DRAWN]:
            yield f"\nTabelle: {drawing.printable(record.table.source.place)}"
            yield from drawing.draw(record)
        if len(made.records) > TABLES_DRAWN:
            yield f"\n{len(made.records) - TABLES_DRAWN} weitere Tabellen dieser Entscheidung sind nicht gezeichnet."


def _section(head: str, texts: Iterable[str]) -> Iterator[str]:
    lines = [line for text in texts for line in _wrapped(text)]
    if lines:
        yield f"\n{head}"
        yield from lines


def _wrapped(text: str) -> list[str]:
    return wrap(drawing.printable(text), drawing.WIDTH, initial_indent="  ", subsequent_indent="    ")
