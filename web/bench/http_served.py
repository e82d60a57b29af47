"""The real processes of `amtsweg bench http`: `amtsweg serve` and `amtsweg worker` over one house."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

READY_WITHIN_S: Final = 60.0
_RUN: Final = "from web.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Served:
    """A running web server; `pid` is its master, whose children answer."""

    port: int
    pid: int

    def memory_mb(self) -> list[float]:
        """Return the memory of each web process: its own and its share of what several use (PSS)."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [_pss_mb(int(child)) for child in children]


@contextmanager
def serving(environment: dict[str, str], port: int, *, processes: int, folder: Path) -> Iterator[Served]:
    """Run the web server until the block is left; it answers when the block begins."""
    with _running(("serve", "--workers", str(processes)), environment, folder) as process:
        _wait_until_ready(port, process)
        yield Served(port, process.pid)


@contextmanager
def working(environment: dict[str, str], *, folder: Path) -> Iterator[None]:
    """Run one worker until the block is left."""
    with _running(("worker",), environment, folder):
        yield


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(args: tuple[str, ...], environment: dict[str, str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("AMTSWEG_")}
    with (folder / f"{args[0]}.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-c", _RUN, *args], env=known | environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < ends and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the web server does not answer")


def _pss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000
