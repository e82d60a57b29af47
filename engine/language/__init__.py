"""FEEL as procedures speak it: the standard's functions, and the law's under names that begin with `law.`.

Every expression of a procedure (models, forms, procedure.toml) is compiled by `parse_expression` here, and its
decisions with the library of the same scope, so that the same functions are there in all of them. A value of a
procedure is never a function, so a call of what nobody offers is a mistake of the author, and refused.
"""

from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from engine.feel import Expression, FeelSyntaxError, Scope, parse_unary_tests
from engine.feel import parse_expression as parse
from engine.feel.builtins import STANDARD
from engine.feel.library import Library
from engine.language.law import Place, law_library

__all__ = ["LIBRARY", "SCOPE", "are_only_unary_tests", "parse_expression", "scope_of"]


@lru_cache(maxsize=64)
def scope_of(jurisdiction: str, verfahrensrecht: str) -> Scope:
    """The scope of a procedure: where its law functions take holidays and norms from, unless an argument says."""
    return Scope(library=STANDARD.joined(law_library(Place(jurisdiction, verfahrensrecht))))


SCOPE: Final = scope_of("DE-HE", "hvwvfg")
LIBRARY: Final[Library] = SCOPE.library


def parse_expression(text: str, scope: Scope = SCOPE) -> Expression:
    """Compile one expression of a procedure. Raises FeelSyntaxError, also for a function that does not exist."""
    expression = parse(text, scope=scope)
    for name, (line, column) in expression.unknown_functions.items():
        meant = get_close_matches(name, scope.library.functions, n=3)
        expected = " oder ".join(f"„{one}“" for one in meant)
        raise FeelSyntaxError(text, line, column, f"Die Funktion „{name}“ gibt es nicht", expected, length=len(name))
    return expression


def are_only_unary_tests(text: str, scope: Scope = SCOPE) -> bool:
    """Whether the text is one or more tests of a table's cell (`> 5`, `a, b`, `-`) and no expression."""
    return not _parses(parse, text, scope) and _parses(parse_unary_tests, text, scope)


def _parses(read: Callable[..., object], text: str, scope: Scope) -> bool:
    try:
        read(text, scope=scope)
    except FeelSyntaxError:
        return False
    return True
