import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def start(tmp_path: Path, sqlite_url: str, data_dir: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `amtsweg <args>` as its own process over a fresh house; what still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []
    (tmp_path / "objects").mkdir()

    def start(*args: str, **settings: str) -> subprocess.Popen[str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith("AMTSWEG_")}
        house = {
            "AMTSWEG_DATA_DIR": str(data_dir),
            "AMTSWEG_DATABASE_URL": sqlite_url,
            "AMTSWEG_OBJECT_DIR": str(tmp_path / "objects"),
            "AMTSWEG_ANCHOR_FILE": str(tmp_path / "anchors.jsonl"),
        }
        command = [sys.executable, "-c", "from web.cli import main; main()", *args]
        process = subprocess.Popen(
            command, env=known | house | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()
