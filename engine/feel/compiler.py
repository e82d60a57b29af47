"""Turns the syntax tree into Python closures; no Python source is made and nothing from a model is executed.

A closure takes the `Frame` and gives a value. Where FEEL has no value it notes a diagnostic and gives None. Names are
resolved here, once: a local (loop variable, parameter, context entry) is a slot number, everything else a key of
`frame.names`. Only inside a filter a name may also be an entry of the item, which is known when it runs.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from engine.feel.closures import (
    CONSTANT_FRAME,
    FAST_COMPARISONS,
    Code,
    Source,
    Test,
    as_list,
    comparison_with_constant,
    constant_index,
    constantly,
    filtered,
    function_value,
    in_range,
    joined_chain,
    joined_pair,
    matching,
    member_or,
    mentions,
    note_no_truth,
    nth,
    operation,
    or_builtin,
    ordered_arguments,
    range_problem,
    reason_text,
    refuse_external,
    reporting_comparison,
    run_nested,
    slot_reader,
    turns,
)
from engine.feel.constants import at_value
from engine.feel.errors import LimitExceeded, NoValue
from engine.feel.frame import Frame
from engine.feel.library import Builtin, Library, call_named, direct_call
from engine.feel.limits import MAX_LIST, STEP_SIZE
from engine.feel.operators import negate
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
    height,
)
from engine.feel.types import ANY, FunctionOf, coerced, german_kind, instance_of, kind_of, type_text
from engine.feel.values import Function, Range, Value

# The name of the value that a unary test is about.
TESTED: Final = "?"


class Compiler:
    """Compiles one expression; `names` afterwards holds its free names, `possible_names` those that an item may have.

    `declared` are the names the author may use from outside; they win over built-in functions of the same name.
    `unknown_functions` holds what is called but is neither built in, declared nor defined in the expression, with its
    place.
    """

    def __init__(self, text: str, declared: frozenset[str], library: Library) -> None:
        self.line_starts = [0, *(index + 1 for index, sign in enumerate(text) if sign == "\n")]
        self.declared = declared
        self.functions = library.functions
        self.namespaces = library.namespaces
        self.scopes: list[_Locals | _Item] = []
        self.slots = 0
        self.own_slot: int | None = None  # of the context entry being compiled, if it is a function
        self.names: set[str] = set()
        self.possible_names: set[str] = set()
        self.unknown_functions: dict[str, tuple[int, int]] = {}

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
        return constantly(node.value)

    def at_literal(self, node: AtLiteral) -> Code:
        value = at_value(node.text)
        if value is not None:
            return constantly(value)
        place, reason = self.place(node), f"„{node.text}“ ist kein Datum, keine Uhrzeit und keine Dauer"
        return lambda frame: frame.run.null(*place, reason)

    def name(self, node: Name) -> Code:
        name = node.name
        items: list[int] = []
        for scope in reversed(self.scopes):
            if isinstance(scope, _Item):
                if name == "item":
                    return slot_reader(scope.slot)
                items.append(scope.slot)
            elif name in scope.slots:
                return self.member_first(name, items, slot_reader(scope.slots[name]))
        return self.member_first(name, items, self.global_name(node, uncertain=bool(items)))

    def member_first(self, name: str, items: Sequence[int], otherwise: Code) -> Code:
        """Inside filters: the innermost item that has an entry of that name gives the value."""
        for slot in reversed(items):
            otherwise = member_or(name, slot, otherwise)
        return otherwise

    def global_name(self, node: Name, *, uncertain: bool) -> Code:
        name, place = node.name, self.place(node)
        if name in self.functions and name not in self.declared:
            return or_builtin(name, function_value(name, self.functions[name]))
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
            return joined_pair(absorbing, node.operator, *operands[0], *operands[1])
        return joined_chain(absorbing, node.operator, operands)

    def comparison(self, node: Comparison) -> Code:
        left, right = self.compile(node.left), self.compile(node.right)
        operator, slow = node.operator, reporting_comparison(node.operator, self.place(node))
        if isinstance(node.right, Literal) and type(node.right.value) in {Decimal, str}:
            return comparison_with_constant(operator, left, node.right.value, slow)
        fast = FAST_COMPARISONS[operator]

        def compared(frame: Frame) -> Value:
            a, b = left(frame), right(frame)
            if type(a) is Decimal and type(b) is Decimal:
                return fast(a, b)
            return slow(frame, a, b)

        return compared

    def between(self, node: Between) -> Code:
        value, low, high = self.compile(node.value), self.compile(node.low), self.compile(node.high)
        at_least, at_most = (reporting_comparison(operator, self.place(node)) for operator in (">=", "<="))

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
            compared, operand = reporting_comparison(node.operator, place), self.compile(node.operand)
            return lambda frame, value: compared(frame, value, operand(frame))
        expected = self.compile(node)
        if isinstance(node, RangeLiteral):
            return in_range(expected)
        return lambda frame, value: matching(frame, place, value, expected(frame))

    def instance(self, node: InstanceOf) -> Code:
        value, kind = self.compile(node.value), node.kind
        return lambda frame: instance_of(value(frame), kind)

    # Arithmetic.

    def arithmetic(self, node: Arithmetic) -> Code:
        first = self.compile(node.first)
        steps = [(operation(sign, self.place(at)), self.compile(operand)) for sign, at, operand in node.rest]
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
        if isinstance(node.base, Name) and node.base.name in self.namespaces and self.is_free(node.base.name):
            self.unknown_functions[f"{node.base.name}.{node.member}"] = self.place(node.base)
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
        index = constant_index(node.condition)
        if index is not None:
            return lambda frame: nth(frame, as_list(base(frame)), index, place)
        slot = self.new_slot()
        self.scopes.append(_Item(slot))
        condition = self.compile(node.condition)
        self.scopes.pop()
        return lambda frame: filtered(frame, as_list(base(frame)), slot, condition, place)

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
        uses_partial, place = mentions(node.body, "partial"), self.place(node)

        def looped(frame: Frame) -> Value:
            results: list[Value] = []
            try:
                for _ in turns(frame, sources):
                    # `partial` is the list so far, as a value of its own: later turns must not change it.
                    if uses_partial:
                        frame.run.spend(len(results) // STEP_SIZE)
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
                for _ in turns(frame, sources):
                    answer = body(frame)
                    if answer is decisive:
                        return decisive
                    if not isinstance(answer, bool):
                        result = None
                        note_no_truth(frame, body_place, answer)
            except NoValue as reason:
                return frame.run.null(*place, str(reason))
            return result

        return decided

    def iterations(self, iterations: Sequence[Iteration], locals_: "_Locals") -> list[Source]:
        sources: list[Source] = []
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
            return constantly(Function("external", names, refuse_external, signature))
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
                        reason = f"Ein Argument passt nicht zum Typ {german_kind(type_text(kind or ANY))}"
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
            if self.is_free(node.function.name):
                self.unknown_functions[node.function.name] = self.place(node.function)
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
                return frame.run.null(*place, reason_text(reason))

        return called

    def builtin(self, name: str) -> tuple[Builtin, ...] | None:
        """The built-in function of that name, unless a local or declared name hides it."""
        return None if self.is_bound(name) else self.functions.get(name)

    def is_bound(self, name: str) -> bool:
        """Whether a local or declared name is called so."""
        return name in self.declared or any(isinstance(scope, _Locals) and name in scope.slots for scope in self.scopes)

    def is_free(self, name: str) -> bool:
        """Whether nothing in sight is called so; inside a filter it may still be an entry of the item."""
        return not self.is_bound(name) and not any(isinstance(scope, _Item) for scope in self.scopes)

    def builtin_call(self, node: Call, overloads: tuple[Builtin, ...]) -> Code:
        arguments = [self.compile(argument) for argument in node.arguments]
        names, place = node.names, self.place(node.function)
        if names is None:
            direct = direct_call(overloads, len(arguments))

            def called(frame: Frame) -> Value:
                try:
                    return direct(frame, [argument(frame) for argument in arguments])
                except (NoValue, ArithmeticError) as reason:
                    return frame.run.null(*place, reason_text(reason))

            return called

        def called_named(frame: Frame) -> Value:
            values = {name: argument(frame) for name, argument in zip(names, arguments, strict=True)}
            try:
                return call_named(frame, overloads, values)
            except (NoValue, ArithmeticError) as reason:
                return frame.run.null(*place, reason_text(reason))

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
            return constantly(values)
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
            constant = built(CONSTANT_FRAME)
            if constant is not None:
                return constantly(constant)
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
            return constantly(True)  # noqa: FBT003 - FEEL's true
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
        code, place, about_value = self.compile(node), self.place(node), mentions(node, TESTED)

        def holds(frame: Frame, value: Value) -> bool | None:
            answer = code(frame)
            if about_value and answer is None:
                return None
            if isinstance(answer, bool) and (about_value or not isinstance(value, bool)):
                return answer
            return matching(frame, place, value, answer)

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
