"""Where something waits, named alike on both engines."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """`path` leads from the process to the element: element ids, each with the number of its instance in a loop.

    `kind` is task, job, timer, message, or continue (asyncBefore, asyncAfter).
    """

    path: tuple[tuple[str, int | None], ...]
    kind: str
    process_id: str

    @property
    def element(self) -> str:
        return self.path[-1][0]

    def __str__(self) -> str:
        index = self.path[-1][1]
        return self.element if index is None else f"{self.element} (Durchlauf {index + 1})"
