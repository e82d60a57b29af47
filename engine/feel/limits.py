"""How much one evaluation may use. Counted in steps, not seconds, so that a replay decides the same.

A step is a loop turn, a call, or 64 characters or list items handled by an operator or function; a million steps take
about a second. They bound memory too, because everything created is paid for.
"""

from typing import Final

MAX_STEPS: Final = 1_000_000
STEP_SIZE: Final = 64
MAX_STRING: Final = 1_000_000
MAX_LIST: Final = 100_000
MAX_FRAMES: Final = 600  # Python allows 1,000; the rest is for whoever calls
MAX_DIAGNOSTICS: Final = 100
