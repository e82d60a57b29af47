"""The pure token core: `execute(programs, state, command)`."""

from engine.runtime.execute import Outcome, execute

__all__ = ["Outcome", "execute"]
