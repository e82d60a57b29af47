"""The connections of steps: the driver's own, without SQLAlchemy between.

A step is two round trips; what SQLAlchemy's pool and execution cost on top would be a tenth of it.
"""

from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from storage.unavailable import DatabaseUnavailable

Handle = TypeVar("Handle")


class RawPool(Generic[Handle]):
    """At most `size` connections, opened when first needed; one that is not usable any more is replaced unnoticed.

    The last one given back is the next one taken: its server process has everything at hand.
    """

    def __init__(
        self, connect: Callable[[], Handle], is_usable: Callable[[Handle], bool], *, size: int, timeout_s: float
    ) -> None:
        self._connect = connect
        self._is_usable = is_usable
        self._timeout_s = timeout_s
        self._idle: deque[Handle] = deque()
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(size):
            self._places.put(None)

    def take(self) -> Handle:
        """Raises DatabaseUnavailable when none comes free in time, or what the driver raises when it cannot connect."""
        try:
            self._places.get(timeout=self._timeout_s)
        except Empty:
            raise DatabaseUnavailable("no free connection") from None
        try:
            handle = self._idle.pop() if self._idle else self._connect()
            return handle if self._is_usable(handle) else self._connect()
        except BaseException:
            self._places.put(None)
            raise

    def give_back(self, handle: Handle) -> None:
        """Make the place free; the connection must not be in a transaction."""
        self._idle.append(handle)
        self._places.put(None)

    def empty(self) -> list[Handle]:
        """Return the idle connections for closing; the pool opens new ones when needed."""
        handles = []
        while self._idle:
            handles.append(self._idle.pop())
        return handles
