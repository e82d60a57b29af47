"""Turns the syntax tree into Python closures; no Python source is made and nothing from a model is executed.

A closure takes the `Frame` and gives a value. Where FEEL has no value it notes a diagnostic and gives None. Names are
resolved here, once: a local (loop variable, parameter, context entry) is a slot number, everything else a key of
`frame.names`. Only inside a filter a name may also be an entry of the item, which is known when it runs.
"""

import operator as python_operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from engine.feel import temporal
from engine.feel.constants import at_value
from engine.feel.errors import LimitExceeded, NoValue
from engine.feel.frame import Frame, Run
from engine.feel.library import Builtin, Library, call, call_named, direct_call
from engine.feel.limits import MAX_LIST, STEP_SIZE
from engine.feel.numbers import whole
from engine.feel.operators import ARITHMETIC, compare, comparison, inside, matches, negate
from engine.feel.properties import member_of
from engine.feel.syntax import (
    Arithmetic,
    AtLiteral,
    Between,
    Call,
    Comparison,
    ContextLiteral,
    Filter,
    For,
    FunctionDefinition,
    If,
    In,
    InstanceOf,
    Iteration,
    Junction,
    ListLiteral,
    Literal,
    Name,
    Negation,
    Node,
    OperatorTest,
    Path,
    Quantified,
    RangeLiteral,
    UnaryTestList,
    children,
    height,
)
from engine.feel.temporal import FarDate
from engine.feel.types import ANY, FunctionOf, coerced, german_kind, instance_of, kind_of, type_text
from engine.feel.values import Function, Range, Value

Code = Callable[[Frame], Value]
Test = Callable[[Frame, Value], bool | None]
_Compare = Callable[[Frame, Value, Value], bool | None]
_Place = tuple[int, int]
_Source = tuple[int, Code, Code | None]  # slot of the variable, list or start, end

# The name of the value that a unary test is about.
TESTED: Final = "?"


class Compiler:
    """Compiles one expression; `names` afterwards holds its free names, `possible_names` those that an item may have.

    `declared` are the names the author may use from outside; they win over built-in functions of the same name.
    """

    def __init__(self, text: str, declared: frozenset[str], library: Library) -> None:
        self.line_starts = [0, *(index + 1 for index, sign in enumerate(text) if sign == "\n")]
        self.declared = declared
        self.functions = library.functions
        self.scopes: list[_Locals | _Item] = []
        self.slots = 0
        self.own_slot: int | None = None  # of the context entry being compiled, if it is a function
        self.names: set[str] = set()
        self.possible_names: set[str] = set()

    def place(self, node: Node | int) -> tuple[int, int]:
        position = node if isinstance(node, int) else node.position
        line = bisect_right(self.line_starts, position)
        return line, position - self.line_starts[line - 1] + 1

    def new_slot(self) -> int:
        self.slots += 1
        return self.slots - 1

    def compile(self, node: Node) -> Code:
        return _RULES[type(node)](self, node)

    # Constants and names.

    def literal(self, node: Literal) -> Code:
        value = node.value
        return _constant(value)

    def at_literal(self, node: AtLiteral) -> Code:
        value = at_value(node.text)
        if value is not None:
            return _constant(value)
        place, reason = self.place(node), f"„{node.text}“ ist kein Datum, keine Uhrzeit und keine Dauer"
        return lambda frame: frame.run.null(*place, reason)

    def name(self, node: Name) -> Code:
        name = node.name
        items: list[int] = []
        for scope in reversed(self.scopes):
            if isinstance(scope, _Item):
                if name == "item":
                    return _slot_reader(scope.slot)
                items.append(scope.slot)
            elif name in scope.slots:
                return self.member_first(name, items, _slot_reader(scope.slots[name]))
        return self.member_first(name, items, self.global_name(node, uncertain=bool(items)))

    def member_first(self, name: str, items: Sequence[int], otherwise: Code) -> Code:
        """Inside filters: the innermost item that has an entry of that name gives the value."""
        for slot in reversed(items):
            otherwise = _member_or(name, slot, otherwise)
        return otherwise

    def global_name(self, node: Name, *, uncertain: bool) -> Code:
        name, place = node.name, self.place(node)
        if name in self.functions and name not in self.declared:
            return _or_builtin(name, _function_value(name, self.functions[name]))
        (self.possible_names if uncertain else self.names).add(name)
        reason = f"Den Namen „{name}“ gibt es hier nicht"

        def read(frame: Frame) -> Value:
            try:
                return frame.names[name]
            except KeyError:
                return frame.run.null(*place, reason)

        return read

    # Logic and comparison.

    def junction(self, node: Junction) -> Code:
        operands = [(self.compile(operand), self.place(operand)) for operand in node.operands]
        absorbing = node.operator == "or"
        if len(operands) == 2:
            return _pair(absorbing, node.operator, *operands[0], *operands[1])
        return _chain(absorbing, node.operator, operands)

    def comparison(self, node: Comparison) -> Code:
        left, right = self.compile(node.left), self.compile(node.right)
        operator, slow = node.operator, _reporting_comparison(node.operator, self.place(node))
        if isinstance(node.right, Literal) and type(node.right.value) in {Decimal, str}:
            return _comparison_with_constant(operator, left, node.right.value, slow)
        fast = _FAST_COMPARISONS[operator]

        def compared(frame: Frame) -> Value:
            a, b = left(frame), right(frame)
            if type(a) is Decimal and type(b) is Decimal:
                return fast(a, b)
            return slow(frame, a, b)

        return compared

    def between(self, node: Between) -> Code:
        value, low, high = self.compile(node.value), self.compile(node.low), self.compile(node.high)
        at_least, at_most = (_reporting_comparison(operator, self.place(node)) for operator in (">=", "<="))

        def between(frame: Frame) -> Value:
            tested = value(frame)
            answers = at_least(frame, tested, low(frame)), at_most(frame, tested, high(frame))
            if False in answers:
                return False
            return None if None in answers else True

        return between

    def in_tests(self, node: In) -> Code:
        value = self.compile(node.value)
        tests = [self.test(test) for test in node.tests]
        if len(tests) == 1:
            only = tests[0]
            return lambda frame: only(frame, value(frame))

        def is_in(frame: Frame) -> Value:
            tested = value(frame)
            return any(test(frame, tested) is True for test in tests)

        return is_in

    def test(self, node: Node) -> Test:
        """A unary test as a closure of the frame and the tested value."""
        place = self.place(node)
        if isinstance(node, OperatorTest):
            compared, operand = _reporting_comparison(node.operator, place), self.compile(node.operand)
            return lambda frame, value: compared(frame, value, operand(frame))
        expected = self.compile(node)

        if isinstance(node, RangeLiteral):
            return _in_range(expected)
        return lambda frame, value: _matching(frame, place, value, expected(frame))

    def instance(self, node: InstanceOf) -> Code:
        value, kind = self.compile(node.value), node.kind
        return lambda frame: instance_of(value(frame), kind)

    # Arithmetic.

    def arithmetic(self, node: Arithmetic) -> Code:
        first = self.compile(node.first)
        steps = [(_operation(sign, self.place(at)), self.compile(operand)) for sign, at, operand in node.rest]
        if len(steps) == 1:
            operate, second = steps[0]
            return lambda frame: operate(frame, first(frame), second(frame))

        def chained(frame: Frame) -> Value:
            value = first(frame)
            for operate, operand in steps:
                value = operate(frame, value, operand(frame))
            return value

        return chained

    def negation(self, node: Negation) -> Code:
        operand, place = self.compile(node.operand), self.place(node)

        def negated(frame: Frame) -> Value:
            value = operand(frame)
            result = negate(value)
            if result is None:
                frame.run.note(*place, f"Das Vorzeichen „-“ passt nicht zu: {german_kind(kind_of(value))}")
            return result

        return negated

    # Structure.

    def path(self, node: Path) -> Code:
        base, member, place = self.compile(node.base), node.member, self.place(node)

        def read(frame: Frame) -> Value:
            value = base(frame)
            if type(value) is dict and member in value:
                return value[member]
            try:
                return member_of(value, member)
            except NoValue as reason:
                return frame.run.null(*place, str(reason))

        return read

    def filter(self, node: Filter) -> Code:
        base, place = self.compile(node.base), self.place(node)
        index = _constant_index(node.condition)
        if index is not None:
            return lambda frame: nth(frame, as_list(base(frame)), index, place)
        slot = self.new_slot()
        self.scopes.append(_Item(slot))
        condition = self.compile(node.condition)
        self.scopes.pop()
        return lambda frame: _filtered(frame, as_list(base(frame)), slot, condition, place)

    def conditional(self, node: If) -> Code:
        condition, then, otherwise = self.compile(node.condition), self.compile(node.then), self.compile(node.otherwise)
        place = self.place(node.condition)

        def chosen(frame: Frame) -> Value:
            answer = condition(frame)
            if answer is True:
                return then(frame)
            if answer is not False and answer is not None:
                frame.run.note(*place, f"Die Bedingung ist kein Wahrheitswert, sondern: {german_kind(kind_of(answer))}")
            return otherwise(frame)

        return chosen

    def loop(self, node: For) -> Code:
        locals_ = _Locals()
        self.scopes.append(locals_)
        sources = self.iterations(node.iterations, locals_)
        partial = locals_.slots["partial"] = self.new_slot()
        body = self.compile(node.body)
        self.scopes.pop()

        uses_partial, place = _mentions(node.body, "partial"), self.place(node)

        def looped(frame: Frame) -> Value:
            results: list[Value] = []
            try:
                for _ in _turns(frame, sources):
                    # `partial` is the list so far, as a value of its own: later turns must not change it.
                    if uses_partial:
                        frame.slots[partial] = list(results)
                    results.append(body(frame))
                    if len(results) > MAX_LIST:
                        raise LimitExceeded(f"Die Liste hätte mehr als {MAX_LIST} Einträge")
            except NoValue as reason:
                return frame.run.null(*place, str(reason))
            return results

        return looped

    def quantified(self, node: Quantified) -> Code:
        locals_ = _Locals()
        self.scopes.append(locals_)
        sources = self.iterations(node.iterations, locals_)
        body = self.compile(node.body)
        self.scopes.pop()
        decisive, place, body_place = node.quantifier == "some", self.place(node), self.place(node.body)

        def decided(frame: Frame) -> Value:
            result: Value = not decisive
            try:
                for _ in _turns(frame, sources):
                    answer = body(frame)
                    if answer is decisive:
                        return decisive
                    if not isinstance(answer, bool):
                        result = None
                        _no_truth(frame, body_place, answer)
            except NoValue as reason:
                return frame.run.null(*place, str(reason))
            return result

        return decided

    def iterations(self, iterations: Sequence[Iteration], locals_: "_Locals") -> list[_Source]:
        sources: list[_Source] = []
        for iteration in iterations:
            start = self.compile(iteration.source)
            end = None if iteration.end is None else self.compile(iteration.end)
            slot = locals_.slots[iteration.name] = self.new_slot()
            sources.append((slot, start, end))
        return sources

    def function(self, node: FunctionDefinition) -> Code:
        own_slot, self.own_slot = self.own_slot, None
        place = self.place(node)
        names = tuple(parameter.name for parameter in node.parameters)
        kinds = [parameter.kind for parameter in node.parameters]
        signature = FunctionOf(tuple(kind or ANY for kind in kinds), ANY)
        if node.external:
            return _constant(Function("external", names, _refuse_external, signature))
        locals_ = _Locals()
        slots = [self.new_slot() for _ in names]
        locals_.slots.update(zip(names, slots, strict=True))
        self.scopes.append(locals_)
        body = self.compile(node.body)
        self.scopes.pop()
        cost = height(node.body) + 3

        def define(frame: Frame) -> Value:
            captured = list(frame.slots)
            outer_names = frame.names

            def invoke(caller: Frame, arguments: Sequence[Value]) -> Value:
                inner = Frame(outer_names, list(captured), caller.run)
                for slot, kind, argument in zip(slots, kinds, arguments, strict=True):
                    value, fits = (argument, True) if kind is None else coerced(argument, kind)
                    if not fits:
                        reason = f"Ein Argument passt nicht zum Typ {type_text(kind or ANY)}"
                        return caller.run.null(*place, reason)
                    inner.slots[slot] = value
                return run_nested(inner, body, cost)

            function = Function("function", names, invoke, signature)
            if own_slot is not None:
                captured[own_slot] = function  # so that a context entry can call itself
            return function

        return define

    def call(self, node: Call) -> Code:
        if isinstance(node.function, Name):
            overloads = self.builtin(node.function.name)
            if overloads is not None:
                return self.builtin_call(node, overloads)
        function, arguments = self.compile(node.function), [self.compile(argument) for argument in node.arguments]
        names, place = node.names, self.place(node)

        def called(frame: Frame) -> Value:
            target = function(frame)
            if not isinstance(target, Function):
                return frame.run.null(*place, "Hier wird etwas aufgerufen, das keine Funktion ist")
            values = [argument(frame) for argument in arguments]
            try:
                return frame.call(target, ordered_arguments(target, values, names))
            except (NoValue, ArithmeticError) as reason:
                return frame.run.null(*place, _reason(reason))

        return called

    def builtin(self, name: str) -> tuple[Builtin, ...] | None:
        """The built-in function of that name, unless a local or declared name hides it."""
        hidden = name in self.declared or any(
            isinstance(scope, _Locals) and name in scope.slots for scope in self.scopes
        )
        return None if hidden else self.functions.get(name)

    def builtin_call(self, node: Call, overloads: tuple[Builtin, ...]) -> Code:
        arguments = [self.compile(argument) for argument in node.arguments]
        names, place = node.names, self.place(node.function)
        if names is None:
            direct = direct_call(overloads, len(arguments))

            def called(frame: Frame) -> Value:
                try:
                    return direct(frame, [argument(frame) for argument in arguments])
                except (NoValue, ArithmeticError) as reason:
                    return frame.run.null(*place, _reason(reason))

            return called

        def called_named(frame: Frame) -> Value:
            values = {name: argument(frame) for name, argument in zip(names, arguments, strict=True)}
            try:
                return call_named(frame, overloads, values)
            except (NoValue, ArithmeticError) as reason:
                return frame.run.null(*place, _reason(reason))

        return called_named

    def context(self, node: ContextLiteral) -> Code:
        locals_ = _Locals()
        self.scopes.append(locals_)
        entries: list[tuple[str, int, Code]] = []
        for key, content in node.entries:
            slot = self.new_slot()
            if isinstance(content, FunctionDefinition):
                locals_.slots[key] = self.own_slot = slot
            code = self.compile(content)
            self.own_slot = None
            locals_.slots[key] = slot
            entries.append((key, slot, code))
        self.scopes.pop()

        def built(frame: Frame) -> Value:
            context: dict[str, Value] = {}
            for key, slot, code in entries:
                context[key] = frame.slots[slot] = code(frame)
            return context

        return built

    def list(self, node: ListLiteral) -> Code:
        items = [self.compile(item) for item in node.items]
        if all(isinstance(item, Literal) for item in node.items):
            values = [item.value for item in node.items if isinstance(item, Literal)]
            return _constant(values)
        return lambda frame: [item(frame) for item in items]

    def range(self, node: RangeLiteral) -> Code:
        start = None if node.start is None else self.compile(node.start)
        end = None if node.end is None else self.compile(node.end)
        place = self.place(node)

        def built(frame: Frame) -> Value:
            bounds = Range(
                None if start is None else start(frame),
                None if end is None else end(frame),
                node.start_included,
                node.end_included,
                node.operator,
            )
            problem = range_problem(bounds)
            return bounds if problem is None else frame.run.null(*place, problem)

        if all(isinstance(part, Literal | AtLiteral | None) for part in (node.start, node.end)):
            constant = built(_CONSTANT_FRAME)
            if constant is not None:
                return _constant(constant)
        return built

    # Input cells.

    def tests(self, node: UnaryTestList) -> Code:
        """The cell over the value of `?`: True, False, or None where a test has no answer."""
        locals_ = _Locals()
        slot = locals_.slots[TESTED] = self.new_slot()
        self.scopes.append(locals_)
        tests = [self.cell_test(test) for test in node.tests]
        self.scopes.pop()
        if not tests:
            return _constant(True)  # noqa: FBT003 - FEEL's true
        negated = node.negated

        def decided(frame: Frame) -> Value:
            value = frame.slots[slot]
            answers = []
            for test in tests:
                answer = test(frame, value)
                if answer is True:
                    return not negated
                answers.append(answer)
            if None in answers:
                return None
            return negated

        return decided

    def cell_test(self, node: Node) -> Test:
        """A test of an input cell: besides a value to compare with it may be an expression that is true by itself."""
        if isinstance(node, OperatorTest | Literal):
            return self.test(node)
        code, place, about_value = self.compile(node), self.place(node), _mentions(node, TESTED)

        def holds(frame: Frame, value: Value) -> bool | None:
            answer = code(frame)
            if about_value and answer is None:
                return None
            if isinstance(answer, bool) and (about_value or not isinstance(value, bool)):
                return answer
            return _matching(frame, place, value, answer)

        return holds


class _Locals:
    """Names bound in the expression itself, with their slots."""

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}


class _Item:
    """A filter: names may be entries of the item in this slot."""

    def __init__(self, slot: int) -> None:
        self.slot = slot


_RULES: Final[Mapping[type[Node], Callable[[Compiler, Any], Code]]] = {
    Literal: Compiler.literal,
    AtLiteral: Compiler.at_literal,
    Name: Compiler.name,
    Path: Compiler.path,
    Filter: Compiler.filter,
    Call: Compiler.call,
    Arithmetic: Compiler.arithmetic,
    Negation: Compiler.negation,
    Comparison: Compiler.comparison,
    Junction: Compiler.junction,
    Between: Compiler.between,
    In: Compiler.in_tests,
    InstanceOf: Compiler.instance,
    If: Compiler.conditional,
    For: Compiler.loop,
    Quantified: Compiler.quantified,
    FunctionDefinition: Compiler.function,
    ContextLiteral: Compiler.context,
    ListLiteral: Compiler.list,
    RangeLiteral: Compiler.range,
    UnaryTestList: Compiler.tests,
}


def run_nested(frame: Frame, body: Code, cost: int) -> Value:
    """Run a function's body, which nests `cost` Python frames deep. Raises LimitExceeded for endless recursion."""
    run = frame.run
    run.depth -= cost
    if run.depth < 0:
        raise LimitExceeded("Die Funktion ruft sich zu oft selbst auf")
    try:
        return body(frame)
    finally:
        run.depth += cost


def range_problem(bounds: Range) -> str | None:
    """Why such a range cannot be; None for a good one. An end that is null may not be included."""
    if bounds.operator:
        return None
    for end, included in ((bounds.start, bounds.start_included), (bounds.end, bounds.end_included)):
        if end is None and included:
            return "Eine Grenze des Bereichs hat keinen Wert"
    if bounds.start is None or bounds.end is None:
        return None
    if compare(bounds.start, bounds.end) is None:
        kinds = german_kind(kind_of(bounds.start)), german_kind(kind_of(bounds.end))
        return f"Die Grenzen des Bereichs sind nicht vergleichbar: {kinds[0]} und {kinds[1]}"
    return None


def _constant(value: Value) -> Code:
    return lambda _: value


def _slot_reader(slot: int) -> Code:
    return lambda frame: frame.slots[slot]


def _member_or(name: str, slot: int, otherwise: Code) -> Code:
    def read(frame: Frame) -> Value:
        item = frame.slots[slot]
        return item[name] if type(item) is dict and name in item else otherwise(frame)

    return read


def _or_builtin(name: str, function: Function) -> Code:
    return lambda frame: frame.names.get(name, function)


def _function_value(name: str, overloads: tuple[Builtin, ...]) -> Function:
    """A built-in function as a value, for example as an argument."""
    return Function(name, None, lambda frame, arguments: call(frame, overloads, arguments))


def _pair(absorbing: bool, operator: str, left: Code, left_place: _Place, right: Code, right_place: _Place) -> Code:  # noqa: FBT001
    """`and` or `or` of two: the absorbing value of either side decides, whatever the other is."""

    def joined(frame: Frame) -> Value:
        a = left(frame)
        if a is absorbing:
            return absorbing
        b = right(frame)
        if b is absorbing:
            return absorbing
        if type(a) is bool and type(b) is bool:
            return not absorbing
        _note_no_truth(frame, left_place, operator, a)
        _note_no_truth(frame, right_place, operator, b)
        return None

    return joined


def _chain(absorbing: bool, operator: str, operands: Sequence[tuple[Code, _Place]]) -> Code:  # noqa: FBT001
    def joined(frame: Frame) -> Value:
        result: Value = not absorbing
        for operand, place in operands:
            value = operand(frame)
            if value is absorbing:
                return absorbing
            if type(value) is not bool:
                result = None
                _note_no_truth(frame, place, operator, value)
        return result

    return joined


def _note_no_truth(frame: Frame, place: _Place, operator: str, value: Value) -> None:
    if type(value) is not bool and value is not None:
        frame.run.note(*place, f"„{operator}“ braucht Wahrheitswerte, nicht: {german_kind(kind_of(value))}")


def _no_truth(frame: Frame, place: _Place, value: Value) -> None:
    if value is not None:
        frame.run.note(*place, f"Die Bedingung ist kein Wahrheitswert, sondern: {german_kind(kind_of(value))}")


def _comparison_with_constant(operator: str, left: Code, constant: Value, slow: _Compare) -> Code:
    fast, kind = _FAST_COMPARISONS[operator], type(constant)

    def compared(frame: Frame) -> Value:
        value = left(frame)
        if type(value) is kind:
            return fast(value, constant)
        return slow(frame, value, constant)

    return compared


def _reporting_comparison(operator: str, place: _Place) -> _Compare:
    """The comparison with a diagnostic where it has no answer; null beside `=` and `!=` is an ordinary operand."""

    def compared(frame: Frame, left: Value, right: Value) -> bool | None:
        answer = comparison(operator, left, right)
        if answer is None:
            frame.run.note(*place, _not_comparable(operator, left, right))
        return answer

    return compared


def _in_range(bounds: Code) -> Test:
    """A range that cannot be (its diagnostic is noted already) gives no answer."""

    def holds(frame: Frame, value: Value) -> bool | None:
        test = bounds(frame)
        return None if test is None else matches(value, test)

    return holds


def _matching(frame: Frame, place: _Place, value: Value, test: Value) -> bool | None:
    answer = matches(value, test)
    if answer is None and value is not None:
        frame.run.note(*place, _not_comparable("in", value, test))
    return answer


def _not_comparable(operator: str, left: Value, right: Value) -> str:
    kinds = german_kind(kind_of(left)), german_kind(kind_of(right))
    return f"„{operator}“ kann nicht vergleichen: {kinds[0]} mit {kinds[1]}"


def _operation(sign: str, position: _Place) -> Callable[[Frame, Value, Value], Value]:
    operate = ARITHMETIC[sign]

    def operated(frame: Frame, left: Value, right: Value) -> Value:
        try:
            value = operate(left, right)
        except ArithmeticError as reason:
            return frame.run.null(*position, _reason(reason))
        if value is None:
            return frame.run.null(*position, _no_result(sign, left, right))
        if type(value) is str:
            frame.run.spend(len(value) // STEP_SIZE)
        return value

    return operated


def _no_result(sign: str, left: Value, right: Value) -> str:
    if sign == "/" and type(right) is Decimal and right == 0:
        return "Durch null kann man nicht teilen"
    kinds = german_kind(kind_of(left)), german_kind(kind_of(right))
    return f"„{sign}“ hat kein Ergebnis für: {kinds[0]} und {kinds[1]}"


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, NoValue) else "Das Ergebnis ist zu groß oder nicht bestimmt"


def _constant_index(node: Node) -> int | None:
    if isinstance(node, Literal) and type(node.value) is Decimal:
        return whole(node.value) or 0
    return None


def as_list(value: Value) -> list[Value]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def nth(frame: Frame, items: list[Value], index: int, place: _Place) -> Value:
    """FEEL counts from 1, or from -1 at the end."""
    if 1 <= index <= len(items):
        return items[index - 1]
    if -len(items) <= index <= -1:
        return items[index]
    return frame.run.null(*place, f"Die Liste hat {len(items)} Einträge, keinen mit der Nummer {index}")


def _filtered(frame: Frame, items: list[Value], slot: int, condition: Code, place: _Place) -> Value:
    kept: list[Value] = []
    for position, item in enumerate(items):
        frame.run.spend(1)
        frame.slots[slot] = item
        answer = condition(frame)
        if answer is True:
            kept.append(item)
        elif type(answer) is Decimal and position == 0:
            return nth(frame, items, whole(answer) or 0, place)
        elif answer is not False:
            _no_truth(frame, place, answer)
    return kept


def _turns(frame: Frame, sources: Sequence[_Source], depth: int = 0) -> Iterator[None]:
    """Set the loop variables to every combination in turn, the last one fastest."""
    slot, start, end = sources[depth]
    for value in _iterated(start(frame), None if end is None else end(frame), bounded=end is not None):
        frame.run.spend(1)
        frame.slots[slot] = value
        if depth + 1 == len(sources):
            yield
        else:
            yield from _turns(frame, sources, depth + 1)


def _iterated(start: Value, end: Value, *, bounded: bool) -> Iterable[Value]:
    if not bounded:
        if start is None:
            raise NoValue("Hier fehlt die Liste, über die gelaufen wird")
        if isinstance(start, Range):
            return _inside(start)
        return start if isinstance(start, list) else [start]
    return _steps(start, end)


def _inside(bounds: Range) -> Iterable[Value]:
    """The whole numbers or days of a range, upwards, without the ends that do not belong to it."""
    order = None if bounds.operator else compare(bounds.start, bounds.end)
    if order is None:
        raise NoValue("Über einen Bereich ohne Ende kann man nicht laufen")
    if order > 0:
        return ()
    values = _steps(bounds.start, bounds.end)
    return (value for value in values if inside(value, bounds) is True)


def _steps(start: Value, end: Value) -> Iterable[Value]:
    """Whole numbers or days from `start` to `end`, downwards when `end` is less."""
    if type(start) is Decimal and type(end) is Decimal:
        first, last = whole(start), whole(end)
        if first is not None and last is not None:
            step = 1 if first <= last else -1
            return (Decimal(number) for number in range(first, last + step, step))
    elif type(start) in {date, FarDate} and type(end) in {date, FarDate}:
        first, last = temporal.day_number(start), temporal.day_number(end)  # type: ignore[arg-type]
        step = 1 if first <= last else -1
        return (temporal.date_from_number(number) for number in range(first, last + step, step))
    raise NoValue("Von-bis braucht zwei ganze Zahlen oder zwei Datumsangaben")


def ordered_arguments(target: Function, values: list[Value], names: Sequence[str] | None) -> list[Value]:
    """The arguments in the order of the function's parameters."""
    parameters = target.parameters
    if parameters is None:
        if names is not None:
            raise NoValue(f"„{target.name}“ nimmt hier keine benannten Argumente")
        return values
    if names is None:
        if len(values) != len(parameters):
            raise NoValue(f"Die Funktion hat {len(parameters)} Parameter, nicht {len(values)}")
        return values
    given = dict(zip(names, values, strict=True))
    if given.keys() != set(parameters):
        raise NoValue(f"Die Funktion hat die Parameter: {', '.join(parameters)}")
    return [given[name] for name in parameters]


def _refuse_external(frame: Frame, arguments: Sequence[Value]) -> Value:  # noqa: ARG001
    raise NoValue("Funktionen aus Java oder PMML führt Amtsweg nicht aus")


def _mentions(node: Node, name: str) -> bool:
    return (isinstance(node, Name) and node.name == name) or any(_mentions(child, name) for child in children(node))


_FAST_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": python_operator.eq,
    "!=": python_operator.ne,
    "<": python_operator.lt,
    "<=": python_operator.le,
    ">": python_operator.gt,
    ">=": python_operator.ge,
}
# Ranges of literals are built once, when compiling; nothing in them reads the frame's clock or names.
_CONSTANT_FRAME: Final = Frame({}, [], Run(datetime(2000, 1, 1, tzinfo=UTC)))
