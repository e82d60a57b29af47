"""Number ranges as an author writes them under `[numbers]`."""

from storage.akte.numbers import CheckDigit, NumberRange

PREFIX_PATTERN = "{prefix}-{{jahr}}-{{nummer}}-{{pruef}}"


def number_range(name: str, written: str) -> NumberRange:
    """Return the range for a prefix ("HS" gives HS-2026-000123-4) or a whole pattern ("M{nummer}").

    Two procedures that write the same range under the same name share it. Raises ValueError with a German sentence.
    """
    pattern = written if "{" in written else PREFIX_PATTERN.format(prefix=written)
    check = CheckDigit.MOD_11_10 if "{pruef}" in pattern else CheckDigit.NONE
    return NumberRange(f"{name} {pattern}", pattern, check=check)
