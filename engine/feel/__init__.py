"""FEEL, the expression language of DMN 1.5, complete and without any I/O. See `expressions` and `values`."""

from engine.feel.errors import Diagnostic, FeelSyntaxError
from engine.feel.expressions import (
    Evaluation,
    Expression,
    Scope,
    UnaryTests,
    parse_expression,
    parse_unary_tests,
)
from engine.feel.values import NotAValue, Value, from_json, to_json, value_of

__all__ = [
    "Diagnostic",
    "Evaluation",
    "Expression",
    "FeelSyntaxError",
    "NotAValue",
    "Scope",
    "UnaryTests",
    "Value",
    "from_json",
    "parse_expression",
    "parse_unary_tests",
    "to_json",
    "value_of",
]
