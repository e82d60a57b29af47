"""Compiles boxed expressions (DMN 1.5 7.3 and 10.2) to closures over the names in scope."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from engine.dmn.columns import Column
from engine.dmn.items import Types, allows
from engine.dmn.model import (
    Boxed,
    Conditional,
    Context,
    FilterBox,
    FunctionBox,
    InputClause,
    Invocation,
    ListBox,
    Literal,
    Loop,
    OutputClause,
    Relation,
    Table,
    Text,
)
from engine.dmn.run import Code, DecisionRun
from engine.dmn.table import CompiledInput, CompiledOutput, CompiledTable, Entry
from engine.feel import Expression, FeelSyntaxError, Scope, UnaryTests, parse_expression, parse_unary_tests
from engine.feel.closures import as_list, nth, ordered_arguments, run_nested
from engine.feel.constants import NotConstant, constant
from engine.feel.errors import LimitExceeded, NoValue
from engine.feel.frame import Frame
from engine.feel.library import Library
from engine.feel.limits import MAX_LIST
from engine.feel.numbers import whole
from engine.feel.syntax import Name
from engine.feel.types import ANY, FunctionOf, Type, coerced, german_kind, kind_of, sure_classes, type_text
from engine.feel.values import Function, Value

Refuse = Callable[[int, str, str], None]

# Python frames that one call of a boxed function may nest, counted against the depth of the run.
_CALL_DEPTH: Final = 16


class Collected(NamedTuple):
    """What the expressions of one element hold: tables, undeclared names, and names that items of lists may have."""

    tables: tuple[CompiledTable, ...]
    unknown_names: tuple[tuple[Text, str], ...]
    possible_names: frozenset[str]


class Boxes:
    """The compiler for the boxed expressions of one file; `refuse(line, code, message)` takes what is wrong."""

    def __init__(self, members: Iterable[str], library: Library, refuse: Refuse) -> None:
        self.refuse = refuse
        self.types: Types | None = None
        self.base = Scope(members=members, library=library)
        self.scopes: dict[frozenset[str], Scope] = {}
        self.tables: list[CompiledTable] = []
        self.unknown_names: list[tuple[Text, str]] = []
        self.possible_names: set[str] = set()

    def collected(self) -> "Collected":
        """What was met since the last call."""
        found = Collected(tuple(self.tables), tuple(self.unknown_names), frozenset(self.possible_names))
        self.tables, self.unknown_names, self.possible_names = [], [], set()
        return found

    def use_types(self, types: Types, members: Iterable[str], library: Library) -> None:
        """Let expressions name the model's types; before anything but the types' own tests is compiled."""
        self.types = types
        self.base = Scope(members=members, types=types.named, library=library)

    def scope(self, names: Collection[str]) -> Scope:
        key = frozenset(names)
        if key not in self.scopes:
            self.scopes[key] = self.base.with_names(key)
        return self.scopes[key]

    def kind(self, name: str | None, text: Text) -> Type:
        assert self.types is not None  # noqa: S101 - set before anything is compiled
        return self.types.find(name, text.line, text.place)

    # FEEL texts.

    def expression(self, text: Text, names: Collection[str]) -> Expression | None:
        """The compiled text, or None after a finding."""
        try:
            expression = parse_expression(text.text, scope=self.scope(names))
        except FeelSyntaxError as error:
            self.refuse_syntax(text, error)
            return None
        self.note_names(text, expression, names)
        return expression

    def tests(self, text: Text, scope: Scope) -> UnaryTests | None:
        """The compiled cell, or None after a finding. An empty cell takes anything, as "-" does."""
        try:
            return parse_unary_tests(text.text if text.text.strip() else "-", scope=scope)
        except FeelSyntaxError as error:
            self.refuse_syntax(text, error)
            return None

    def note_names(self, text: Text, parsed: Expression | UnaryTests, names: Collection[str]) -> None:
        self.unknown_names += [(text, name) for name in sorted(parsed.names.difference(names))]
        self.possible_names |= parsed.possible_names

    def refuse_syntax(self, text: Text, error: FeelSyntaxError) -> None:
        self.refuse(text.line + error.line - 1, "feel_syntax", f"{text.place}: {error}")

    def code(self, text: Text, names: Collection[str]) -> Code:
        expression = self.expression(text, names) if text.text.strip() else None
        if expression is None:
            return _null(text.place, "Hier steht kein gültiger Ausdruck")
        return located(expression, text.place)

    # Boxed expressions.

    def box(self, box: Boxed, names: Collection[str]) -> Code:
        return _RULES[type(box)](self, box, names)

    def literal(self, box: Literal, names: Collection[str]) -> Code:
        text = box.text
        return typed(self.code(text, names), self.kind(box.type_ref, text), text.place)

    def table_code(self, box: Table, names: Collection[str]) -> Code:
        return self.table(box, names).value

    def list_box(self, box: ListBox, names: Collection[str]) -> Code:
        items = [self.box(item, names) for item in box.items]
        return lambda scope, run: [item(scope, run) for item in items]

    def context(self, box: Context, names: Collection[str]) -> Code:
        known = set(names)
        entries: list[tuple[str | None, Code]] = []
        for entry in box.entries:
            if entry.variable is None:
                entries.append((None, self.box(entry.content, known)))
                continue
            name, kind = entry.variable.name, self.kind(entry.variable.type_ref, Text("", 1, box.place))
            if isinstance(entry.content, FunctionBox):
                known.add(name)  # a function may call itself
            entries.append((name, typed(self.box(entry.content, known), kind, f"{box.place}, Eintrag „{name}“")))
            known.add(name)

        def built(outer: Mapping[str, Value], run: DecisionRun) -> Value:
            context: dict[str, Value] = {}
            scope = dict(outer)
            for name, code in entries:
                value = code(scope, run)
                if name is None:
                    return value
                context[name] = scope[name] = value
            return context

        return built

    def invocation(self, box: Invocation, names: Collection[str]) -> Code:
        function = self.box(box.function, names)
        arguments = [(name, self.box(content, names)) for name, content in box.bindings]
        place = box.place

        def called(scope: Mapping[str, Value], run: DecisionRun) -> Value:
            target = function(scope, run)
            if not isinstance(target, Function):
                return located_null(run, place, "Hier wird etwas aufgerufen, das keine Funktion ist")
            values = [code(scope, run) for _, code in arguments]
            try:
                ordered = ordered_arguments(target, values, [name for name, _ in arguments])
                return Frame(scope, [], run).call(target, ordered)
            except (NoValue, ArithmeticError) as reason:
                return located_null(run, place, str(reason))

        return called

    def relation(self, box: Relation, names: Collection[str]) -> Code:
        rows = [
            [(column, self.box(cell, names)) for column, cell in zip(box.columns, row, strict=True)] for row in box.rows
        ]
        return lambda scope, run: [{column: code(scope, run) for column, code in row} for row in rows]

    def function(self, box: FunctionBox, names: Collection[str]) -> Code:
        parameters = tuple(parameter.name for parameter in box.parameters)
        kinds = tuple(self.kind(parameter.type_ref, Text("", 1, box.place)) for parameter in box.parameters)
        signature = FunctionOf(kinds, ANY)
        if box.kind != "FEEL":
            return _external(box, parameters, signature)
        body = self.box(box.body, {*names, *parameters})
        place = box.place

        def defined(scope: Mapping[str, Value], run: DecisionRun) -> Value:  # noqa: ARG001
            def invoke(frame: Frame, arguments: Sequence[Value]) -> Value:
                values = accepted(arguments, kinds, parameters)
                return run_body(frame, body, {**scope, **values})

            return Function(place, parameters, invoke, signature)

        return defined

    def conditional(self, box: Conditional, names: Collection[str]) -> Code:
        condition, then, otherwise = (self.box(part, names) for part in (box.condition, box.then, box.otherwise))
        place = box.place

        def chosen(scope: Mapping[str, Value], run: DecisionRun) -> Value:
            answer = condition(scope, run)
            if answer is True:
                return then(scope, run)
            if answer is False or answer is None:
                return otherwise(scope, run)
            reason = f"Die Bedingung ist kein Wahrheitswert, sondern: {german_kind(kind_of(answer))}"
            return located_null(run, place, reason)

        return chosen

    def filter(self, box: FilterBox, names: Collection[str]) -> Code:
        source = self.box(box.source, names)
        condition = self.box(box.condition, {*names, "item"})
        place = box.place

        def filtered(scope: Mapping[str, Value], run: DecisionRun) -> Value:
            items, kept = as_list(source(scope, run)), []
            for position, item in enumerate(items):
                run.spend(1)
                inner = {**scope, **item, "item": item} if isinstance(item, dict) else {**scope, "item": item}
                answer = condition(inner, run)
                if answer is True:
                    kept.append(item)
                elif position == 0 and isinstance(answer, Decimal):
                    return nth(Frame(scope, [], run), items, whole(answer) or 0, (1, 1))
                elif answer is not False and answer is not None:
                    located_null(
                        run, place, f"Der Filter ist kein Wahrheitswert, sondern: {german_kind(kind_of(answer))}"
                    )
            return kept

        return filtered

    def loop(self, box: Loop, names: Collection[str]) -> Code:
        source = self.box(box.source, names)
        body = self.box(box.body, {*names, box.variable, "partial"})
        variable, place = box.variable, box.place
        if box.kind == "for":
            return _for(source, body, variable, place)
        return _quantified(source, body, variable, place, decisive=box.kind == "some")

    # Decision tables.

    def table(self, table: Table, names: Collection[str]) -> CompiledTable:
        cells = [[self.cell(text, names) for text in rule.tests] for rule in table.rules]
        entries = [[self.entry(text, names) for text in rule.outputs] for rule in table.rules]
        inputs = [
            self.input(clause, names, [row[position] for row in cells if position < len(row)])
            for position, clause in enumerate(table.inputs)
        ]
        outputs = [self.output(clause, names) for clause in table.outputs]
        self.tables.append(CompiledTable(table, inputs, outputs, cells, entries))
        return self.tables[-1]

    def cell(self, text: Text, names: Collection[str]) -> UnaryTests:
        tests = self.tests(text, self.scope(names))
        if tests is None:
            return parse_unary_tests("-")
        self.note_names(text, tests, names)
        return tests

    def entry(self, text: Text, names: Collection[str]) -> Entry:
        """An output cell; an empty one is null."""
        expression = self.expression(text, names) if text.text.strip() else None
        if expression is None:
            return Entry(None, None, text.text)
        value = constant(expression.tree)
        if isinstance(value, NotConstant):
            return Entry(located(expression, text.place), None, text.text)
        return Entry(None, value, text.text)

    def input(self, clause: InputClause, names: Collection[str], cells: list[UnaryTests]) -> CompiledInput:
        text = clause.expression
        allowed = None if clause.allowed is None else self.allowed(clause.allowed, names)
        kind = self.kind(clause.type_ref, text)
        return CompiledInput(
            self.code(text, names),
            kind,
            sure_classes(kind),
            None if allowed is None else allows(allowed),
            () if allowed is None else _constants(allowed),
            Column(cells),
            clause.label,
        )

    def output(self, clause: OutputClause, names: Collection[str]) -> CompiledOutput:
        allowed = None if clause.allowed is None else self.allowed(clause.allowed, names)
        kind = self.kind(clause.type_ref, Text("", 1, f"Ergebnis „{clause.label}“"))
        return CompiledOutput(
            clause.name or "",
            clause.label,
            kind,
            sure_classes(kind),
            None if allowed is None else allows(allowed),
            () if allowed is None else _constants(allowed),
            None if clause.default is None else self.entry(clause.default, names),
        )

    def allowed(self, text: Text, names: Collection[str]) -> UnaryTests | None:
        return self.tests(text, self.scope(names)) if text.text.strip() else None


_RULES: Final[Mapping[type, Callable[[Boxes, Any, Collection[str]], Code]]] = {
    Literal: Boxes.literal,
    Table: Boxes.table_code,
    Context: Boxes.context,
    Invocation: Boxes.invocation,
    Relation: Boxes.relation,
    ListBox: Boxes.list_box,
    FunctionBox: Boxes.function,
    Conditional: Boxes.conditional,
    FilterBox: Boxes.filter,
    Loop: Boxes.loop,
}


def located(expression: Expression, place: str) -> Code:
    """The expression's value; its diagnostics say where in the model they arose."""
    if isinstance(expression.tree, Name) and expression.names == {expression.tree.name}:
        return _plain_name(expression.tree.name, place)

    def code(names: Mapping[str, Value], run: DecisionRun) -> Value:
        before = len(run.diagnostics)
        value = expression.value(names, run)
        if len(run.diagnostics) != before:
            locate(run, before, place)
        return value

    return code


def _plain_name(name: str, place: str) -> Code:
    """A bare name, what most input columns are, without a frame of its own."""

    def code(names: Mapping[str, Value], run: DecisionRun) -> Value:
        try:
            return names[name]
        except KeyError:
            return located_null(run, place, f"Den Namen „{name}“ gibt es hier nicht")

    return code


def locate(run: DecisionRun, start: int, place: str) -> None:
    """Give the diagnostics from `start` on their place in the model, where they have none yet."""
    for index in range(start, len(run.diagnostics)):
        if not run.diagnostics[index].where:
            run.diagnostics[index] = run.diagnostics[index]._replace(where=place)


def located_null(run: DecisionRun, place: str, reason: str) -> Value:
    before = len(run.diagnostics)
    run.note(1, 1, reason)
    locate(run, before, place)
    return None


def typed(code: Code, kind: Type, place: str) -> Code:
    """The value as `kind`, null with a diagnostic where it does not conform (DMN 1.5 10.3.2.9)."""
    if kind is ANY:
        return code

    sure = sure_classes(kind)

    def checked(names: Mapping[str, Value], run: DecisionRun) -> Value:
        given = code(names, run)
        if type(given) in sure:
            return given
        value, fits = coerced(given, kind)
        if fits:
            return value
        reason = f"Der Wert ({german_kind(kind_of(given))}) passt nicht zum Typ {german_kind(type_text(kind))}"
        return located_null(run, place, reason)

    return checked


def accepted(arguments: Sequence[Value], kinds: Sequence[Type], names: Sequence[str]) -> dict[str, Value]:
    """The arguments by parameter name, converted to the parameters' types. Raises NoValue where one does not fit."""
    values: dict[str, Value] = {}
    for name, kind, argument in zip(names, kinds, arguments, strict=True):
        values[name], fits = coerced(argument, kind)
        if not fits:
            raise NoValue(f"Das Argument „{name}“ passt nicht zum Typ {german_kind(type_text(kind))}")
    return values


def run_body(frame: Frame, body: Code, names: Mapping[str, Value]) -> Value:
    """Run a function's body in the caller's run."""
    run = frame.run
    assert isinstance(run, DecisionRun)  # noqa: S101 - decisions begin with one
    return run_nested(frame, lambda _: body(names, run), _CALL_DEPTH)


def _null(place: str, reason: str) -> Code:
    return lambda _, run: located_null(run, place, reason)


def _external(box: FunctionBox, parameters: tuple[str, ...], signature: FunctionOf) -> Code:
    def refuse(frame: Frame, arguments: Sequence[Value]) -> Value:  # noqa: ARG001
        raise NoValue(f"Funktionen aus {box.kind} führt Amtsweg nicht aus")

    function = Function(box.place, parameters, refuse, signature)
    return lambda _, __: function


def _for(source: Code, body: Code, variable: str, place: str) -> Code:
    def looped(scope: Mapping[str, Value], run: DecisionRun) -> Value:
        items = source(scope, run)
        if items is None:
            return located_null(run, place, "Hier fehlt die Liste, über die gelaufen wird")
        results: list[Value] = []
        for item in as_list(items):
            run.spend(1)
            results.append(body({**scope, variable: item, "partial": list(results)}, run))
            if len(results) > MAX_LIST:
                raise LimitExceeded(f"Die Liste hätte mehr als {MAX_LIST} Einträge")
        return results

    return looped


def _quantified(source: Code, body: Code, variable: str, place: str, *, decisive: bool) -> Code:
    def decided(scope: Mapping[str, Value], run: DecisionRun) -> Value:
        items = source(scope, run)
        if items is None:
            return located_null(run, place, "Hier fehlt die Liste, über die geprüft wird")
        result: Value = not decisive
        for item in as_list(items):
            run.spend(1)
            answer = body({**scope, variable: item}, run)
            if answer is decisive:
                return decisive
            if not isinstance(answer, bool):
                result = None
                if answer is not None:
                    located_null(
                        run, place, f"Die Bedingung ist kein Wahrheitswert, sondern: {german_kind(kind_of(answer))}"
                    )
        return result

    return decided


def _constants(tests: UnaryTests) -> tuple[Value, ...]:
    values = (constant(test) for test in tests.tree.tests)
    return tuple(value for value in values if not isinstance(value, NotConstant))
