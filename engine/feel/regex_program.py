"""The instructions that a pattern becomes; `engine.feel.regex` runs them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

MAX_PROGRAM: Final = 5_000

Test = Callable[[str], bool]


class Op:
    """What an instruction does; its second and third part are the operands.

    CHAR sign; TEST predicate; SPLIT first and second target; JUMP target; SAVE position into a register; MOVED fails
    unless the position changed since that register was saved; LINE_START; LINE_END; BACK ignores case, group; DONE.
    """

    CHAR, TEST, SPLIT, JUMP, SAVE, MOVED, LINE_START, LINE_END, BACK, DONE = range(10)


Instruction = tuple[int, object, int]


def moved(instruction: Instruction, by: int) -> Instruction:
    """The instruction with its targets moved along with the block that holds it."""
    operation, argument, other = instruction
    if operation == Op.SPLIT:
        return operation, argument + by, other + by  # type: ignore[operator]
    if operation == Op.JUMP:
        return operation, argument + by, other  # type: ignore[operator]
    return instruction


def char(sign: str, ignore_case: bool) -> Instruction:  # noqa: FBT001
    both_cases = variants(sign)
    if not ignore_case or len(both_cases) == 1:
        return Op.CHAR, sign, 0
    return Op.TEST, lambda other: not both_cases.isdisjoint(variants(other)), 0


@lru_cache(maxsize=4096)
def variants(sign: str) -> frozenset[str]:
    """The character in upper and lower case, as far as those are single characters."""
    lower, upper = sign.lower(), sign.upper()
    return frozenset(variant for variant in (sign, lower, upper, lower.upper(), upper.lower()) if len(variant) == 1)
