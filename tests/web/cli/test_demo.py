"""`amtsweg demo`, which is `make run` after the set-up: again does no harm, and one signal ends all of it."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from tests.web.cli.test_serve import ready

PROCESSES = Path(__file__).resolve().parents[3] / "processes"


def children(pid: int) -> Iterator[int]:
    """Every process below this one."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return
    for child in map(int, found):
        yield child
        yield from children(child)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def runs_after(pids: list[int], *, within_s: float) -> list[int]:
    """Which of these still run after that time; what is left of an ended one needs a moment to go."""
    end = time.monotonic() + within_s
    while (left := [pid for pid in pids if runs(pid)]) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def test_a_second_one_does_no_harm_and_ctrl_c_ends_all(start, free_port, tmp_path):
    (tmp_path / "procedures").mkdir()
    (tmp_path / "procedures/meldebescheinigung").symlink_to(PROCESSES / "meldebescheinigung")
    address = f"http://127.0.0.1:{free_port}"
    where = {
        "AMTSWEG_PORT": str(free_port),
        "AMTSWEG_BASE_URL": address,
        "AMTSWEG_PROCEDURES_DIR": str(tmp_path / "procedures"),
    }
    demo = start("demo", **where)
    below: list[int] = []
    try:
        assert ready(address, within_s=40).json()["status"] == "ok"
        below = list(children(demo.pid))
        assert len(below) >= 3  # web with its worker process, and the worker

        again = start("demo", **where)
        said, _ = again.communicate(timeout=20)
        assert (again.returncode, said.strip()) == (0, f"Amtsweg läuft schon: {address}")
        assert requests.get(f"{address}/readyz", timeout=5).ok

        demo.send_signal(signal.SIGINT)
        output, _ = demo.communicate(timeout=20)
        assert demo.returncode == 0, output
        assert runs_after(below, within_s=5) == []
    finally:
        for pid in filter(runs, below):
            os.kill(pid, signal.SIGKILL)
