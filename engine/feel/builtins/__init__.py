"""All built-in functions of DMN 1.5 10.3.4, one module per group of the standard."""

from typing import Final

from engine.feel.builtins import contexts, conversion, dates, lists, numeric, ranges, strings
from engine.feel.library import Library

_GROUPS: Final = (conversion, strings, numeric, lists, contexts, dates, ranges)

STANDARD: Final = Library({name: overloads for group in _GROUPS for name, overloads in group.LIBRARY.functions.items()})
