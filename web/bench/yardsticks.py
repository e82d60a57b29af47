"""What the shell is measured against: the raw driver with as few rows as possible, and with the very same rows."""

import os
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import uuid4

from storage.writes import Writes
from web.bench.drivers import Driver


class Runner(Protocol):
    """Something that writes durable steps."""

    def prepare(self) -> None:
        """Make ready what does not count."""
        ...

    def run(self) -> int:
        """Write one block of steps; return how many."""
        ...

    def statements(self) -> int:
        """Return how many statements it has sent so far."""
        ...


class Bare:
    """UPDATE of a state and INSERT of an entry, both as large as the shell's, and COMMIT."""

    def __init__(self, driver: Driver, sizes: Sequence[tuple[int, int]], cases: int) -> None:
        self._driver = driver
        self._sizes = sizes
        self._ids = [driver.id(uuid4()) for _ in range(cases)]
        self._version = 0
        for id_ in self._ids:
            driver.run("INSERT INTO bare_state VALUES (?, ?, ?)", (id_, 0, os.urandom(sizes[0][0])))
        driver.commit()

    def prepare(self) -> None:
        """Nothing to prepare: the rows are there."""

    def run(self) -> int:
        """Write every case once per step; return the number of steps."""
        for state_bytes, entry_bytes in self._sizes:
            self._version += 1
            state, entry = os.urandom(state_bytes), os.urandom(entry_bytes)
            for id_ in self._ids:
                update = (self._version, state, id_)
                self._driver.run("UPDATE bare_state SET version = ?, state = ? WHERE id = ?", update)
                self._driver.run("INSERT INTO bare_log VALUES (?, ?, ?)", (id_, self._version, entry))
                self._driver.commit()
        return len(self._sizes) * len(self._ids)

    def statements(self) -> int:
        return self._driver.statements


class SameRows:
    """Exactly the rows of recorded steps, as plain separate statements in one transaction a step."""

    def __init__(self, driver: Driver, record: Callable[[], list[Writes]]) -> None:
        self._driver = driver
        self._record = record
        self._writes: list[Writes] = []

    def prepare(self) -> None:
        """Record fresh steps, with ids that are not in the database yet."""
        self._writes = self._record()

    def run(self) -> int:
        for writes in self._writes:
            self._driver.write(writes)
        return len(self._writes)

    def statements(self) -> int:
        return self._driver.statements
