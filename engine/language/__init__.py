"""FEEL as procedures speak it: the standard's functions, and the law's under names that begin with `law.`.

Every expression of a procedure (models, forms, decisions, procedure.toml) is compiled in a scope of this package, so
that the same functions are there in all of them.
"""

from functools import lru_cache
from typing import Final

from engine.feel import Scope
from engine.feel.builtins import STANDARD
from engine.feel.library import Library
from engine.language.law import Place, law_library

JURISDICTION: Final = "DE-HE"
VERFAHRENSRECHT: Final = "hvwvfg"


@lru_cache(maxsize=64)
def scope_of(jurisdiction: str = JURISDICTION, verfahrensrecht: str = VERFAHRENSRECHT) -> Scope:
    """The scope of a procedure: where its law functions take holidays and norms from, unless an argument says."""
    return Scope(library=STANDARD.joined(law_library(Place(jurisdiction, verfahrensrecht))))


SCOPE: Final = scope_of()
LIBRARY: Final[Library] = SCOPE.library

__all__ = ["LIBRARY", "SCOPE", "scope_of"]
