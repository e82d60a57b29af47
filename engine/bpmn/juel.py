"""Camunda's `${...}` as FEEL: the subset of JUEL that needs no Java.

Read are comparison, boolean and arithmetic operators, `empty`, the conditional `a ? b : c`, properties, indexes and
literals. They become calls of `engine.bpmn.juel_functions`, because JUEL's operators convert their operands and FEEL's
do not. Method calls, functions, the engine's own objects (`execution`, `task`) and everything else are refused.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

MAX_LENGTH: Final = 4000
_MAX_DEPTH: Final = 40


class ExpressionRefused(Exception):
    """The expression cannot be executed exactly; the message is a German sentence for the modeller."""


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


_TOKEN: Final = re.compile(
    r"""
      (?P<blank>\s+)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<symbol>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:().,\[\]])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_OPENING: Final = re.compile(r"[$#]\{")
_WORD_OPERATORS: Final[Mapping[str, str]] = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "gt": ">",
    "le": "<=",
    "ge": ">=",
    "div": "/",
    "mod": "%",
}
_ENGINE_OBJECTS: Final = frozenset({"execution", "task", "authenticatedUserId", "externalTask", "caseExecution"})
_NUMBER: Final = re.compile(r'"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?"')
_FEEL_WORDS: Final = frozenset(
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
        "between",
        "instance",
        "function",
        "external",
        "of",
    ]
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a template: literal text, or the FEEL of a `${...}` in it."""

    text: str
    is_expression: bool


def has_expression(text: str) -> bool:
    return _OPENING.search(text) is not None


def to_feel(text: str) -> str:
    """Return the FEEL of a text that is one whole `${...}`; raises ExpressionRefused."""
    parts = split(text)
    if len(parts) != 1 or not parts[0].is_expression:
        raise ExpressionRefused(f"„{text}“ muss genau ein Ausdruck ${{...}} sein.")
    return parts[0].text


def split(text: str) -> list[Part]:
    """Cut a template into literal text and FEEL expressions; raises ExpressionRefused."""
    if len(text) > MAX_LENGTH:
        raise ExpressionRefused(f"Der Ausdruck ist länger als {MAX_LENGTH} Zeichen.")
    parts: list[Part] = []
    position = 0
    while match := _OPENING.search(text, position):
        if match.start() > position:
            parts.append(Part(text[position : match.start()], is_expression=False))
        end = _closing(text, match.end())
        parts.append(Part(_translate(text[match.end() : end], text), is_expression=True))
        position = end + 1
    if position < len(text):
        parts.append(Part(text[position:], is_expression=False))
    return parts


def _closing(text: str, start: int) -> int:
    """Find the brace that ends the expression, passing over string literals."""
    quote = ""
    position = start
    while position < len(text):
        sign = text[position]
        if quote:
            if sign == "\\":
                position += 1
            elif sign == quote:
                quote = ""
        elif sign in "'\"":
            quote = sign
        elif sign == "}":
            return position
        position += 1
    raise ExpressionRefused(f"In „{text}“ fehlt die schließende Klammer.")


def _translate(source: str, whole: str) -> str:
    parser = _Parser(source, whole)
    feel = parser.conditional()
    parser.expect_end()
    return feel


class _Parser:
    """Recursive descent over one expression; the depth is bounded, the text short."""

    def __init__(self, source: str, whole: str) -> None:
        self.whole = whole
        self.tokens = self._tokens(source)
        self.position = 0
        self.depth = 0

    def _tokens(self, source: str) -> list[_Token]:
        tokens: list[_Token] = []
        position = 0
        while position < len(source):
            match = _TOKEN.match(source, position)
            if match is None:
                raise self._refused(f"das Zeichen „{source[position]}“ an Stelle {position + 1} ist unbekannt")
            if match.lastgroup != "blank":
                tokens.append(_token(str(match.lastgroup), match.group(), position))
            position = match.end()
        tokens.append(_Token("end", "", len(source)))
        return tokens

    def _refused(self, reason: str) -> ExpressionRefused:
        return ExpressionRefused(f"Der Ausdruck „{self.whole}“ wird nicht ausgeführt: {reason}.")

    def peek(self) -> _Token:
        return self.tokens[self.position]

    def next(self) -> _Token:
        """Take the next token, whatever it is; the end stays."""
        token = self.tokens[self.position]
        self.position += token.kind != "end"
        return token

    def take(self, *texts: str) -> str | None:
        """Take the next token when it is one of these symbols."""
        token = self.peek()
        if token.kind == "symbol" and token.text in texts:
            self.position += 1
            return token.text
        return None

    def need(self, text: str) -> None:
        if self.take(text) is None:
            raise self._refused(f"an Stelle {self.peek().position + 1} fehlt „{text}“")

    def expect_end(self) -> None:
        token = self.peek()
        if token.kind != "end":
            raise self._refused(f"„{token.text}“ an Stelle {token.position + 1} gehört nicht hierher")

    def conditional(self) -> str:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._refused("er ist zu tief verschachtelt")
        condition = self.disjunction()
        if self.take("?"):
            yes = self.conditional()
            self.need(":")
            no = self.conditional()
            condition = f"(if juel.truth({condition}) then {yes} else {no})"
        self.depth -= 1
        return condition

    def _junction(self, operand: Callable[[], str], sign: str, word: str) -> str:
        operands = [operand()]
        while self.take(sign):
            operands.append(operand())
        if len(operands) == 1:
            return operands[0]
        return "(" + f" {word} ".join(f"juel.truth({one})" for one in operands) + ")"

    def disjunction(self) -> str:
        return self._junction(self.conjunction, "||", "or")

    def conjunction(self) -> str:
        return self._junction(self.equality, "&&", "and")

    def _chain(self, operand: Callable[[], str], functions: Mapping[str, str]) -> str:
        """Read a left-associative chain of operators, each a function of two operands."""
        result = operand()
        while operator := self.take(*functions):
            result = f"juel.{functions[operator]}({result}, {operand()})"
        return result

    def equality(self) -> str:
        return self._chain(self.relation, {"==": "equal", "!=": "unequal"})

    def relation(self) -> str:
        return self._chain(self.sum, {"<": "less", ">": "more", "<=": "atMost", ">=": "atLeast"})

    def sum(self) -> str:
        result = self.product()
        while operator := self.take("+", "-"):
            right = self.product()
            if _is_text(result) or _is_text(right):
                raise self._refused("„+“ und „-“ rechnen nur mit Zahlen; Texte verbindet „${a} ${b}“ oder FEEL")
            result = f"juel.{'sum' if operator == '+' else 'difference'}({result}, {right})"
        return result

    def product(self) -> str:
        return self._chain(self.unary, {"*": "product", "/": "quotient", "%": "remainder"})

    def unary(self) -> str:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._refused("er ist zu tief verschachtelt")
        token = self.peek()
        if self.take("!"):
            result = f"juel.untruth({self.unary()})"
        elif self.take("-"):
            result = f"juel.difference(0, {self.unary()})"
        elif token.kind == "word" and token.text == "empty":
            self.position += 1
            result = f"juel.empty({self.unary()})"
        else:
            result = self.value()
        self.depth -= 1
        return result

    def value(self) -> str:
        result = self.primary()
        while operator := self.take(".", "[", "("):
            if operator == "(":
                raise self._refused("Methoden und Funktionen werden nicht aufgerufen")
            result = f"juel.item({result}, {self._property() if operator == '.' else self._index()})"
        return result

    def _property(self) -> str:
        token = self.next()
        if token.kind != "word":
            raise self._refused(f"an Stelle {token.position + 1} fehlt der Name einer Eigenschaft")
        return f'"{token.text}"'

    def _index(self) -> str:
        index = self.conditional()
        self.need("]")
        return index

    def primary(self) -> str:
        token = self.next()
        if token.kind == "number":
            return token.text
        if token.kind == "string":
            return _string(token.text)
        if token.kind == "word":
            return self._name(token)
        if token.text == "(":
            inner = self.conditional()
            self.need(")")
            return f"({inner})"
        if token.kind == "end":
            raise self._refused("er ist unvollständig")
        raise self._refused(f"„{token.text}“ an Stelle {token.position + 1} gehört nicht hierher")

    def _name(self, token: _Token) -> str:
        if token.text in {"true", "false", "null"}:
            return token.text
        if token.text in _ENGINE_OBJECTS:
            raise self._refused(f"„{token.text}“ ist ein Objekt der Java-Engine")
        if token.text in _FEEL_WORDS or "$" in token.text or token.text == "instanceof":
            raise self._refused(f"„{token.text}“ kann in FEEL kein Name sein")
        return token.text


def _is_text(feel: str) -> bool:
    """Whether the FEEL is a text that is no number."""
    return feel.startswith('"') and not _NUMBER.fullmatch(feel)


def _token(kind: str, text: str, position: int) -> _Token:
    if kind == "word" and text in _WORD_OPERATORS:
        return _Token("symbol", _WORD_OPERATORS[text], position)
    return _Token(kind, text, position)


def _string(literal: str) -> str:
    """Return a FEEL string literal; JUEL escapes only quotes and the backslash."""
    content = re.sub(r"\\(.)", r"\1", literal[1:-1], flags=re.DOTALL)
    escaped = content.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
