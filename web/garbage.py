"""When a process of the house looks for garbage: seldom, and never in what it was set up with."""

import gc

_ALLOCATED = 10_000
"""How many objects more than before make it look; a step makes some hundred, and almost none of them in circles."""


def settle() -> None:
    """Call it once, when everything that lives as long as the process is there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATED, 20, 50)
