"""FEEL's grammar (DMN 1.5 10.3.1.2) by recursive descent.

A name may hold blanks and signs ("Anzahl der Hunde", "a-b"), so a name is the longest known one that stands at a place.
Where none is known, neighbouring words are one name: no other reading of them is grammatical.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from decimal import Decimal
from typing import Final

from engine.feel.errors import FeelSyntaxError, Place
from engine.feel.lexer import Kind, Token, tokenize
from engine.feel.numbers import number_of_text
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
    Parameter,
    Path,
    Quantified,
    RangeLiteral,
    UnaryTestList,
    height,
)
from engine.feel.temporal import parse_date, parse_datetime, parse_duration, parse_time
from engine.feel.types import SIMPLE_TYPES, ContextOf, FunctionOf, ListOf, RangeOf, Type
from engine.feel.values import Value

MAX_LENGTH: Final = 32_000
MAX_DEPTH: Final = 60
MAX_NESTING: Final = 100
MAX_ITERATIONS: Final = 10

_KEYWORDS: Final = frozenset(
    [
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "and",
        "or",
        "between",
        "instance",
        "function",
        "external",
        "true",
        "false",
        "null",
    ]
)
_DATE_LITERALS: Final[Mapping[str, Callable[[str], Value]]] = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_datetime,
    "duration": parse_duration,
}
_STARTERS: Final = frozenset({"if", "for", "some", "every", "function", "true", "false", "null"})
_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER = range(1, 7)
_STRENGTHS: Final[Mapping[str, int]] = {
    "or": _OR,
    "and": _AND,
    "between": _COMPARISON,
    "in": _COMPARISON,
    **dict.fromkeys(_COMPARISONS, _COMPARISON),
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "**": _POWER,
}
# What people write out of habit, and what FEEL calls it.
_MEANT: Final[Mapping[str, str]] = {"und": "and", "oder": "or", "dann": "then", "sonst": "else", "mod": "modulo(a, b)"}
_NAME_SIGNS: Final = frozenset({"-", "+", "*", "**", "/", ".", "'", "’"})
_CONSTANTS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}


Spelling = tuple[tuple[str, ...], str]  # the words and the name they make
_Index = dict[str, list[Spelling]]
_Start = Callable[["_Parser"], Node]
_Predicate = Callable[[Token], bool]


class KnownNames:
    """The names and types an expression may use, indexed for finding those with blanks and signs.

    `members` are names after a dot; `also` are names that were indexed before (those of the built-in functions).
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        *,
        members: Iterable[str] = (),
        types: Mapping[str, Type] | None = None,
        also: Mapping[str, list[Spelling]] | None = None,
    ) -> None:
        self.also = also or {}
        self.names = name_index(names)
        self.members = name_index(members)
        self.types = types or {}
        self.type_names = name_index([*SIMPLE_TYPES, *self.types]) if types else _SIMPLE_TYPE_NAMES

    def with_names(self, names: Iterable[str]) -> "KnownNames":
        """The same but for the names."""
        other = copy(self)
        other.names = name_index(names)
        return other


def name_index(names: Iterable[str]) -> Mapping[str, list[Spelling]]:
    """For each first word the names that begin with it, longest first."""
    index: _Index = defaultdict(list)
    for name in set(names):
        words = _words(name)
        if words and not (len(words) == 1 and words[0] in _KEYWORDS):
            index[words[0]].append((words, name))
    for spellings in index.values():
        spellings.sort(key=lambda spelling: -len(spelling[0]))
    return index


def _words(name: str) -> tuple[str, ...]:
    """How an expression spells the name; nothing if it holds a character that FEEL has not: nobody can write it."""
    try:
        return tuple(token.text for token in tokenize(name)[:-1])
    except FeelSyntaxError:
        return ()


def parse(text: str, known: KnownNames) -> Node:
    """The tree of one expression. Raises FeelSyntaxError."""
    return _parsed(text, known, _Parser.whole_expression)


def parse_tests(text: str, known: KnownNames) -> UnaryTestList:
    """The tree of an input cell: `-`, `not(...)` or tests with commas. Raises FeelSyntaxError."""
    tests = _parsed(text, known, _Parser.whole_tests)
    assert isinstance(tests, UnaryTestList)  # noqa: S101 - for the type checker
    return tests


def _parsed(text: str, known: KnownNames, start: _Start) -> Node:
    if len(text) > MAX_LENGTH:
        raise FeelSyntaxError(text[:100], 1, 1, f"Der Ausdruck ist länger als {MAX_LENGTH} Zeichen")
    parser = _Parser(text, known)
    node = start(parser)
    parser.check_nesting(node)
    return node


class _Parser:
    def __init__(self, text: str, known: KnownNames) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0
        self.scopes: list[Mapping[str, list[Spelling]]] = [known.also, known.names]
        self.members = known.members
        self.keys: _Index = defaultdict(list)  # of the context literals read so far, for paths into them
        self.types = known.types
        self.type_names = known.type_names

    def whole_expression(self) -> Node:
        node = self.expression()
        self.expect_end()
        return node

    def check_nesting(self, node: Node) -> None:
        """Bound the tree's depth too: `x[1][1][1]` nests without brackets inside brackets."""
        if height(node, MAX_NESTING + 1) > MAX_NESTING:
            raise self.error(f"Der Ausdruck ist tiefer als {MAX_NESTING} Ebenen verschachtelt")

    def whole_tests(self) -> Node:
        start = self.token.position
        if self.is_symbol("-") and self.tokens[self.at + 1].kind is Kind.END:
            return UnaryTestList(start, (), negated=False)
        if self.token.text == "not" and self.tokens[self.at + 1].text == "(":
            negated = self.negated_tests(start)
            if negated is not None:
                return negated
        tests = self.tests()
        self.expect_end()
        return UnaryTestList(start, tests, negated=False)

    def negated_tests(self, start: int) -> Node | None:
        """`not(...)` over the whole cell; None when more follows, then it is an expression."""
        self.at += 2
        tests = self.tests()
        if self.is_symbol(")") and self.tokens[self.at + 1].kind is Kind.END:
            return UnaryTestList(start, tests, negated=True)
        self.at = 0
        return None

    def tests(self) -> tuple[Node, ...]:
        tests = [self.test()]
        while self.accept(","):
            tests.append(self.test())
        return tuple(tests)

    def test(self) -> Node:
        token = self.token
        if token.kind is Kind.SYMBOL and token.text in _COMPARISONS:
            self.at += 1
            return OperatorTest(token.position, token.text, self.sum())
        return self.expression()

    # Expressions: operators by binding strength.

    def expression(self) -> Node:
        return self.binary(_OR)

    def sum(self) -> Node:
        return self.binary(_SUM)

    def binary(self, weakest: int) -> Node:
        """An operand and all operators after it that bind at least as strongly as `weakest`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"Der Ausdruck ist tiefer als {MAX_DEPTH} Ebenen verschachtelt")
        node = self.negation()
        while (strength := self.strength()) >= weakest:
            node = self.comparison(node) if strength == _COMPARISON else self.chain(node, strength)
        self.depth -= 1
        return node

    def strength(self) -> int:
        token = self.token
        return _STRENGTHS.get(token.text, 0) if token.kind in {Kind.SYMBOL, Kind.WORD} else 0

    def chain(self, first: Node, strength: int) -> Node:
        position, rest = self.token.position, []
        while self.strength() == strength:
            operator = self.token
            self.at += 1
            rest.append((operator.text, operator.position, self.binary(strength + 1)))
        if strength in {_OR, _AND}:
            return Junction(position, rest[0][0], (first, *(operand for _, _, operand in rest)))
        return Arithmetic(position, first, tuple(rest))

    def comparison(self, left: Node) -> Node:
        token = self.token
        self.at += 1
        if token.text == "between":
            low = self.sum()
            self.expect_word("and", "„and“ und die obere Grenze")
            return Between(token.position, left, low, self.sum())
        if token.text == "in":
            return In(token.position, left, self.in_tests())
        if self.is_symbol("=") and token.text == "=":
            raise self.error("FEEL vergleicht mit einem einfachen „=“", "ein Wert oder ein Name")
        return Comparison(token.position, token.text, left, self.sum())

    def in_tests(self) -> tuple[Node, ...]:
        token = self.token
        if token.kind is Kind.SYMBOL and token.text in _COMPARISONS:
            return (self.test(),)
        if not self.is_symbol("("):
            return (self.sum(),)
        self.at += 1
        first = self.test()
        if self.is_symbol(".."):
            return (self.postfix(self.range_from(token.position, first, included=False)),)
        tests = [first]
        while self.accept(","):
            tests.append(self.test())
        self.expect(")", "„,“ oder „)“")
        return tuple(tests)

    def negation(self) -> Node:
        signs = []
        while self.is_symbol("-"):
            signs.append(self.token.position)
            self.at += 1
        if len(signs) > MAX_DEPTH:
            raise self.error("Zu viele Vorzeichen hintereinander")
        node = self.typed()
        for position in reversed(signs):
            if isinstance(node, Literal) and isinstance(node.value, Decimal):
                node = Literal(position, node.value.copy_negate() if node.value else node.value)
            else:
                node = Negation(position, node)
        return node

    def typed(self) -> Node:
        node = self.postfix(self.primary())
        while self.is_word("instance"):
            position = self.token.position
            self.at += 1
            self.expect_word("of", "„instance of“ und ein Typ")
            node = InstanceOf(position, node, self.type())
        return node

    def postfix(self, node: Node) -> Node:
        for _ in range(MAX_DEPTH):
            token = self.token
            if token.kind is not Kind.SYMBOL:
                return node
            if token.text == ".":
                self.at += 1
                node = Path(token.position, node, self.member())
            elif token.text == "[" and not self.closes_range():
                self.at += 1
                node = Filter(token.position, node, self.expression())
                self.expect("]", "„]“ am Ende des Filters")
            elif token.text == "(":
                node = self.call(node)
            else:
                return node
        raise self.error("Zu viele Pfade, Filter oder Aufrufe hintereinander")

    def closes_range(self) -> bool:
        """`[1..10[`: a bracket that no expression can follow ends a range."""
        following = self.tokens[self.at + 1]
        if following.kind is Kind.WORD:
            return following.text in _KEYWORDS and following.text not in _STARTERS
        return following.kind is Kind.END or (following.kind is Kind.SYMBOL and following.text not in "([{-@")

    def call(self, function: Node) -> Node:
        position = self.token.position
        self.expect("(", "„(“")
        arguments: list[Node] = []
        names: list[str] = []
        while not self.is_symbol(")"):
            name = self.name_before_colon()
            if name is not None:
                names.append(name)
            if len(names) not in {0, len(arguments) + 1}:
                raise self.error("Benannte und unbenannte Argumente sind gemischt", "für jedes Argument „Name: Wert“")
            arguments.append(self.expression())
            if not self.accept(","):
                break
        self.expect(")", "„,“ oder „)“")
        literal = None if names else self.date_literal(function, arguments)
        return literal or Call(position, function, tuple(arguments), tuple(names) if names else None)

    def date_literal(self, function: Node, arguments: Sequence[Node]) -> Node | None:
        """Rule 60: `date("2027-01-15")` and its like are literals, unless somebody gave the name another meaning."""
        if not (isinstance(function, Name) and function.name in _DATE_LITERALS and len(arguments) == 1):
            return None
        [argument] = arguments
        if not (isinstance(argument, Literal) and isinstance(argument.value, str)) or self.is_declared(function.name):
            return None
        value = _DATE_LITERALS[function.name](argument.value)
        return None if value is None else Literal(function.position, value)

    def is_declared(self, name: str) -> bool:
        return any(name == known for scope in self.scopes[1:] for spellings in scope.values() for _, known in spellings)

    # The smallest parts.

    def primary(self) -> Node:
        token = self.token
        match token.kind:
            case Kind.NUMBER:
                self.at += 1
                return Literal(token.position, self.number(token))
            case Kind.STRING:
                self.at += 1
                return Literal(token.position, token.value)
            case Kind.WORD:
                return self.word(token)
            case Kind.SYMBOL:
                return self.bracketed(token)
            case _:
                raise self.error("Der Ausdruck ist hier zu Ende", "ein Wert, ein Name oder eine Klammer")

    def number(self, token: Token) -> Decimal:
        try:
            return number_of_text(token.text)
        except ArithmeticError:
            raise self.error("Diese Zahl ist zu groß", token=token) from None

    def word(self, token: Token) -> Node:
        name = self.known_name(self.scopes)
        if name is not None:
            return Name(token.position, name)
        if token.text in _CONSTANTS:
            self.at += 1
            return Literal(token.position, _CONSTANTS[token.text])
        match token.text:
            case "if":
                return self.conditional()
            case "for":
                return self.loop()
            case "some" | "every":
                return self.quantified()
            case "function":
                return self.function()
        if token.text in _KEYWORDS:
            raise self.error(f"„{token.text}“ steht hier an der falschen Stelle", "ein Wert oder ein Name")
        return Name(token.position, self.joined_name())

    def bracketed(self, token: Token) -> Node:
        match token.text:
            case "(":
                return self.parenthesised()
            case "[":
                return self.list_or_range()
            case "]":
                self.at += 1
                return self.range_from(token.position, self.sum(), included=False)
            case "{":
                return self.context()
            case "@":
                return self.at_literal()
            case _:
                raise self.error(
                    f"„{token.text}“ steht hier an der falschen Stelle", "ein Wert, ein Name oder eine Klammer"
                )

    def parenthesised(self) -> Node:
        start = self.token.position
        self.at += 1
        operator = self.token
        if operator.kind is Kind.SYMBOL and operator.text in _COMPARISONS:
            self.at += 1
            node = _operator_range(start, operator.text, self.sum())
            self.expect(")", "„)“")
            return node
        node = self.expression()
        if self.is_symbol(".."):
            return self.range_from(start, node, included=False)
        self.expect(")", "„)“")
        return node

    def list_or_range(self) -> Node:
        start = self.token.position
        self.at += 1
        items: list[Node] = []
        while not self.is_symbol("]"):
            items.append(self.expression())
            if self.is_symbol("..") and len(items) == 1:
                return self.range_from(start, items[0], included=True)
            if not self.accept(","):
                break
        self.expect("]", "„,“ oder „]“")
        return ListLiteral(start, tuple(items))

    def range_from(self, position: int, start: Node, *, included: bool) -> Node:
        self.expect("..", "„..“ zwischen den Grenzen")
        end = self.sum()
        closer = self.token.text if self.token.kind is Kind.SYMBOL else ""
        if closer not in {"]", ")", "["}:
            raise self.error("Der Bereich ist nicht geschlossen", "„]“, „)“ oder „[“")
        self.at += 1
        return RangeLiteral(position, start, end, included, closer == "]")

    def context(self) -> Node:
        start = self.token.position
        self.at += 1
        entries: list[tuple[str, Node]] = []
        scope: _Index = defaultdict(list)
        self.scopes.append(scope)
        while not self.is_symbol("}"):
            key = self.key()
            if any(key == name for name, _ in entries):
                raise self.error(f"Der Eintrag „{key}“ kommt zweimal vor")
            self.learn(scope, key)
            self.learn(self.keys, key)
            entries.append((key, self.expression()))
            if not self.accept(","):
                break
        self.expect("}", "„,“ oder „}“")
        self.scopes.pop()
        return ContextLiteral(start, tuple(entries))

    def key(self) -> str:
        if self.token.kind is Kind.STRING:
            key = self.token.value
            self.at += 1
            self.expect(":", "„:“ nach dem Namen")
            return key
        name = self.name_before_colon()
        if name is None:
            raise self.error("Hier fehlt der Name eines Eintrags", "ein Name und „:“")
        return name

    def at_literal(self) -> Node:
        start = self.token.position
        self.at += 1
        token = self.token
        if token.kind is not Kind.STRING:
            raise self.error("Nach „@“ fehlt die Zeichenkette", 'zum Beispiel @"2027-01-15"')
        self.at += 1
        return AtLiteral(start, token.value)

    def conditional(self) -> Node:
        position = self.token.position
        self.at += 1
        condition = self.expression()
        self.expect_word("then", "„then“")
        then = self.expression()
        self.expect_word("else", "„else“")
        return If(position, condition, then, self.expression())

    def loop(self) -> Node:
        position = self.token.position
        self.at += 1
        scope: _Index = defaultdict(list)
        self.scopes.append(scope)
        iterations = self.iterations(scope)
        self.expect_word("return", "„,“ oder „return“")
        self.learn(scope, "partial")
        body = self.expression()
        self.scopes.pop()
        return For(position, iterations, body)

    def quantified(self) -> Node:
        token = self.token
        self.at += 1
        scope: _Index = defaultdict(list)
        self.scopes.append(scope)
        iterations = self.iterations(scope)
        self.expect_word("satisfies", "„,“ oder „satisfies“")
        body = self.expression()
        self.scopes.pop()
        return Quantified(token.position, token.text, iterations, body)

    def iterations(self, scope: _Index) -> tuple[Iteration, ...]:
        iterations = [self.iteration(scope)]
        while self.accept(","):
            if len(iterations) == MAX_ITERATIONS:
                raise self.error(f"Mehr als {MAX_ITERATIONS} Laufvariablen auf einmal gibt es nicht")
            iterations.append(self.iteration(scope))
        return tuple(iterations)

    def iteration(self, scope: _Index) -> Iteration:
        name = self.name_before(lambda token: token.kind is Kind.WORD and token.text == "in")
        if name is None:
            raise self.error("Hier fehlt der Name der Laufvariablen", "ein Name und „in“")
        source = self.expression()
        end = self.expression() if self.accept("..") else None
        self.learn(scope, name)
        return Iteration(name, source, end)

    def function(self) -> Node:
        position = self.token.position
        self.at += 1
        self.expect("(", "„(“ nach „function“")
        parameters: list[Parameter] = []
        scope: _Index = defaultdict(list)
        while not self.is_symbol(")"):
            parameters.append(self.parameter())
            self.learn(scope, parameters[-1].name)
            if not self.accept(","):
                break
        self.expect(")", "„,“ oder „)“")
        self.scopes.append(scope)
        external = self.accept_word("external")
        body = self.expression()
        self.scopes.pop()
        return FunctionDefinition(position, tuple(parameters), body, external)

    def parameter(self) -> Parameter:
        name = self.name_before(lambda token: token.text in {":", ",", ")"} and token.kind is Kind.SYMBOL, keep=True)
        if name is None:
            raise self.error("Hier fehlt der Name eines Parameters", "ein Name")
        return Parameter(name, self.type() if self.accept(":") else None)

    # Types.

    def type(self) -> Type:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"Der Typ ist tiefer als {MAX_DEPTH} Ebenen verschachtelt")
        kind = self.generic_type() or self.named_type()
        self.depth -= 1
        return kind

    def generic_type(self) -> Type | None:
        word = self.token.text
        # Behind a word there is always another token, at least the end of the text.
        if word not in {"list", "range", "context", "function"} or self.tokens[self.at + 1].text != "<":
            return None
        self.at += 2
        match word:
            case "list" | "range":
                item = self.type()
                self.expect(">", "„>“ nach dem Typ")
                return ListOf(item) if word == "list" else RangeOf(item)
            case "context":
                members: list[tuple[str, Type]] = []
                while not self.is_symbol(">"):
                    key = self.key()
                    members.append((key, self.type()))
                    if not self.accept(","):
                        break
                self.expect(">", "„,“ oder „>“")
                return ContextOf(tuple(members))
            case _:
                return self.function_type()

    def function_type(self) -> Type:
        parameters: list[Type] = []
        while not self.is_symbol(">"):
            parameters.append(self.type())
            if not self.accept(","):
                break
        self.expect(">", "„,“ oder „>“")
        self.expect("->", "„->“ und der Typ des Ergebnisses")
        return FunctionOf(tuple(parameters), self.type())

    def named_type(self) -> Type:
        start = self.token
        name = self.known_name([self.type_names])
        if name is None:
            missing = (
                "Der Ausdruck ist hier zu Ende" if start.kind is Kind.END else f"Den Typ „{start.text}“ gibt es nicht"
            )
            raise self.error(missing, "ein Typ wie number, string, date oder list<number>", token=start)
        return self.types.get(name) or SIMPLE_TYPES[name]

    # Names.

    def known_name(self, scopes: Sequence[Mapping[str, list[Spelling]]]) -> str | None:
        """Take the longest known name that stands here; None leaves the place as it is."""
        best: tuple[tuple[str, ...], str] | None = None
        for scope in scopes:
            for words, name in scope.get(self.token.text, ()):
                if (best is None or len(words) > len(best[0])) and self.stands_here(words):
                    best = words, name
                    break
        if best is None:
            return None
        following = self.tokens[self.at + len(best[0])]
        if following.kind is Kind.WORD and _joins(following):
            return None  # a longer name that nobody declared, not a known one and a stray word
        self.at += len(best[0])
        return best[1]

    def stands_here(self, words: tuple[str, ...]) -> bool:
        at = self.at
        if at + len(words) > len(self.tokens):
            return False
        return all(self.tokens[at + index].text == word for index, word in enumerate(words))

    def joined_name(self) -> str:
        """Take neighbouring words as one name that nobody declared."""
        words = [self.token.text]
        self.at += 1
        while _joins(self.token):
            words.append(self.token.text)
            self.at += 1
        return " ".join(words)

    def member(self) -> str:
        if self.token.kind is not Kind.WORD:
            raise self.error("Nach dem Punkt fehlt ein Name", "der Name eines Eintrags")
        return self.known_name([self.members, self.keys]) or self.joined_name()

    def name_before_colon(self) -> str | None:
        return self.name_before(lambda token: token.kind is Kind.SYMBOL and token.text == ":")

    def name_before(self, ends: _Predicate, *, keep: bool = False) -> str | None:
        """Take a new name (words and signs) up to the token that ends it, with that token unless `keep`."""
        if self.token.kind is not Kind.WORD:
            return None
        at = self.at
        while not ends(self.tokens[at]):
            token = self.tokens[at]
            if not (
                token.kind in {Kind.WORD, Kind.NUMBER} or (token.kind is Kind.SYMBOL and token.text in _NAME_SIGNS)
            ):
                return None
            at += 1
        if at == self.at:
            return None
        name = " ".join(self.text[self.token.position : self.tokens[at].position].split())
        self.at = at if keep else at + 1
        return name

    def learn(self, scope: _Index, name: str) -> None:
        for word, spellings in name_index([name]).items():
            scope[word] = sorted([*scope[word], *spellings], key=lambda spelling: -len(spelling[0]))

    # Tokens.

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def is_symbol(self, text: str) -> bool:
        token = self.tokens[self.at]
        return token.text == text and token.kind is Kind.SYMBOL

    def is_word(self, text: str) -> bool:
        token = self.tokens[self.at]
        return token.text == text and token.kind is Kind.WORD

    def accept(self, symbol: str) -> bool:
        found = self.is_symbol(symbol)
        self.at += found
        return found

    def accept_word(self, word: str) -> bool:
        found = self.is_word(word)
        self.at += found
        return found

    def expect(self, symbol: str, expected: str) -> None:
        if not self.accept(symbol):
            raise self.unexpected(expected)

    def expect_word(self, word: str, expected: str) -> None:
        if not self.accept_word(word):
            raise self.unexpected(expected)

    def expect_end(self) -> None:
        if self.token.kind is not Kind.END:
            raise self.unexpected("das Ende des Ausdrucks oder ein Operator")

    def unexpected(self, expected: str) -> FeelSyntaxError:
        token = self.token
        if token.kind is Kind.END:
            return self.error("Der Ausdruck ist hier zu Ende", expected)
        if (
            token.text == ","
            and self.at
            and self.tokens[self.at - 1].kind is self.tokens[self.at + 1].kind is Kind.NUMBER
        ):
            expected = "ein Punkt als Dezimalzeichen (2.5)"
        meant = _MEANT.get(token.text)
        return self.error(f"„{token.text}“ passt hier nicht", f"„{meant}“" if meant else expected)

    def error(self, problem: str, expected: str = "", *, token: Token | None = None) -> FeelSyntaxError:
        token = token or self.token
        place = Place.at(self.text, token.position)
        length = max(1, len(token.text.split("\n")[0]))
        return FeelSyntaxError(self.text, place.line, place.column, problem, expected, length=length)


def _joins(token: Token) -> bool:
    """Whether the token may continue a name of several words."""
    return token.kind is Kind.NUMBER or (token.kind is Kind.WORD and token.text not in _KEYWORDS)


def _operator_range(position: int, operator: str, operand: Node) -> Node:
    """`(< 10)` as a range: open to one side."""
    match operator:
        case "<" | "<=":
            return RangeLiteral(position, None, operand, False, operator == "<=", operator)  # noqa: FBT003
        case ">" | ">=":
            return RangeLiteral(position, operand, None, operator == ">=", False, operator)  # noqa: FBT003
        case _:
            return RangeLiteral(position, operand, operand, operator == "=", operator == "=", operator)


_SIMPLE_TYPE_NAMES: Final = name_index(SIMPLE_TYPES)
