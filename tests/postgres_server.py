"""The PostgreSQL of the tests: real, started by them, and fast because a crash of the machine may lose it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from web.bench import postgres
from web.bench.postgres import PgServer

__all__ = ["PgServer", "running"]

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[PgServer]:
    """Give a fresh server, or skip where PostgreSQL is not installed.

    With AMTSWEG_TEST_POSTGRES=required in the environment (CI), it fails there instead.
    """
    if postgres.find_binaries() is None:
        if os.environ.get("AMTSWEG_TEST_POSTGRES") == "required":
            pytest.fail("PostgreSQL is required here but not installed (Debian: apt install postgresql)")
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    with postgres.running(_FAST if settings is None else settings) as server:
        yield server
