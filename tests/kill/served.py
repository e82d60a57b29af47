"""The processes of the test: `amtsweg serve` with two children and two `amtsweg worker`, killed and started again."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import requests

ROOT = Path(__file__).parents[2]
ARMED = Path(__file__).with_name("armed.py")
BUSY_WITHIN_S = 1.0
READY_WITHIN_S = 30.0
REQUEST_S = 0.03
JOB_S = 0.5
"""How far into a piece of work a random kill hits: as long as most of them take."""
_BOTH = ("object_before", "object_half", "object_after", "write_before", "commit_before", "write_after")
POINTS = {"serve": (*_BOTH, "answer_before"), "worker": (*_BOTH, "claim_after", "effect_after")}


class Served:
    """Web and worker over one database and one folder."""

    def __init__(self, database_url: str, folder: Path, *, chance: random.Random) -> None:
        self.folder, self._chance = folder, chance
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._kill_folder = folder / "kill"
        for name in ("armed", "fired", "busy"):
            (self._kill_folder / name).mkdir(parents=True)
        (folder / "tmp").mkdir()
        known = {name: value for name, value in os.environ.items() if not name.startswith("AMTSWEG_")}
        self._environment = known | {
            "AMTSWEG_DATA_DIR": str(folder),
            "AMTSWEG_DATABASE_URL": database_url,
            "AMTSWEG_PORT": str(self.port),
            "AMTSWEG_BASE_URL": self.address,
            "AMTSWEG_ANCHOR_FILE": str(folder / "anchors.jsonl"),
            "AMTSWEG_KILL_FOLDER": str(self._kill_folder),
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(folder / "tmp"),
        }
        self.web = self._start("serve", "--workers", "2")
        self.workers = [self._start("worker"), self._start("worker")]
        self._wait_until_ready()

    def arm(self, command: str, point: str) -> None:
        """Let the next process that comes to this point die there; another armed point of the command is forgotten."""
        self.disarm(command)
        (self._kill_folder / "armed" / f"{command}.{point}").touch()

    def disarm(self, command: str = "*") -> None:
        for armed in (self._kill_folder / "armed").glob(f"{command}.*"):
            armed.unlink(missing_ok=True)

    def fallen(self) -> list[tuple[int, str]]:
        """Return who died at a fail point since the last call, and where: (4711, "worker.effect_after")."""
        reports = list((self._kill_folder / "fired").iterdir())
        fallen = []
        for report in reports:
            pid, _, where = report.name.partition(".")
            _wait(lambda pid=int(pid): not _is_alive(pid))
            self._were_busy([int(pid)])
            self._replace_worker(int(pid))
            report.unlink()
            fallen.append((int(pid), where))
        return fallen

    def kill_child(self) -> bool:
        """Kill one of the two web processes at a random moment of its work; its master starts another."""
        pid = self._wait_until_busy(self._children())
        if pid is None:
            return False
        time.sleep(self._chance.uniform(0, REQUEST_S))
        return self._kill(pid)

    def kill_worker(self) -> tuple[bool, list[int]]:
        """Kill a worker at a random moment of a job and start another; return whether it was at work, and its id."""
        pid = self._wait_until_busy([one.pid for one in self.workers])
        if pid is None:
            return False, []
        time.sleep(self._chance.uniform(0, JOB_S))
        hit = self._kill(pid)
        self._replace_worker(pid)
        return hit, [pid]

    def kill_server(self) -> bool:
        """Kill the web server with all its processes, and start it again."""
        self._wait_until_busy(self._children())
        hit = self._end_server()
        self.web = self._start("serve", "--workers", "2")
        self._wait_until_ready()
        return hit

    def kill_everything(self) -> tuple[bool, list[int]]:
        """Kill all at once, as a loss of power does; return whether anything was at work, and the workers' ids."""
        workers = [one.pid for one in self.workers]
        self._wait_until_busy(workers)
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        hit = self._end_server()
        for pid in workers:
            self._replace_worker(pid)
            hit = self._were_busy([pid]) or hit
        self.web = self._start("serve", "--workers", "2")
        self._wait_until_ready()
        return hit, workers

    def stop(self) -> None:
        """End everything in order."""
        for process in (self.web, *self.workers):
            process.terminate()
        for process in (self.web, *self.workers):
            process.wait(timeout=30)

    def kill_all(self) -> None:
        """End everything, whatever state it is in."""
        for process in (self.web, *self.workers):
            _kill_group(process)
            process.wait()

    def run(self, *args: str) -> "subprocess.CompletedProcess[str]":
        """Run another command of the product over the same house."""
        amtsweg = str(Path(sys.executable).with_name("amtsweg"))
        return subprocess.run(
            [amtsweg, *args], env=self._environment, cwd=ROOT, capture_output=True, text=True, check=False
        )

    def logged(self) -> str:
        return "".join((self.folder / f"{name}.log").read_text() for name in ("serve", "worker"))

    def _start(self, *args: str) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{args[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(ARMED), *args],
                env=self._environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_until_ready(self) -> None:
        def answers() -> bool:
            try:
                return requests.get(f"{self.address}/readyz", timeout=2).ok
            except requests.RequestException:
                assert self.web.poll() is None, self.logged()[-2000:]
                return False

        assert _wait(answers, within_s=READY_WITHIN_S), self.logged()[-2000:]

    def _end_server(self) -> bool:
        children = self._children()
        _kill_group(self.web)
        self.web.wait()
        _wait(lambda: not any(_is_alive(pid) for pid in children))
        return self._were_busy(children)

    def _kill(self, pid: int) -> bool:
        """Kill one process; return whether it was at work and had not come to a fail point in the same moment."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _wait(lambda: not _is_alive(pid))
        return self._were_busy([pid]) and not any((self._kill_folder / "fired").glob(f"{pid}.*"))

    def _replace_worker(self, pid: int) -> None:
        """Start another worker for one that is dead, if it was one."""
        for dead in [one for one in self.workers if one.pid == pid]:
            assert dead.wait() == -signal.SIGKILL, self.logged()[-2000:]
            self.workers.remove(dead)
            self.workers.append(self._start("worker"))

    def _children(self) -> list[int]:
        try:
            return [int(pid) for pid in Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()]
        except FileNotFoundError:
            return []

    def _wait_until_busy(self, pids: list[int]) -> int | None:
        """Return one of the processes that works, None if none does for a while."""
        found: list[int] = []

        def find() -> bool:
            found[:] = [pid for pid in pids if self._busy(pid)]
            return bool(found)

        return self._chance.choice(found) if _wait(find, within_s=BUSY_WITHIN_S) else None

    def _busy(self, pid: int) -> int:
        try:
            return sum((self._kill_folder / "busy" / str(pid)).read_bytes())
        except FileNotFoundError:
            return 0

    def _were_busy(self, dead: Sequence[int]) -> bool:
        """Whether one of the dead had work in flight when it died."""
        were_busy = any(self._busy(pid) for pid in dead)
        for pid in dead:
            (self._kill_folder / "busy" / str(pid)).unlink(missing_ok=True)
        return were_busy


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _wait(happens: Callable[[], bool], *, within_s: float = 10.0) -> bool:
    end = time.monotonic() + within_s
    while not happens():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
