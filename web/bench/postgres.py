"""A PostgreSQL server of one's own, on a free port, thrown away afterwards: for the bench and for the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

SUPERUSER = "postgres"
_SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "max_connections": "100",
    "timezone": "'Europe/Berlin'",  # as an office's server may have it: nothing may depend on it
}


class NotInstalled(Exception):
    """There is no PostgreSQL server on this machine; on Debian `apt install postgresql` brings it."""


@dataclass(frozen=True, slots=True)
class PgServer:
    """A running server; every role gets in without a password, from this machine only."""

    binaries: Path
    data: Path
    port: int

    def url(self, database: str, *, role: str = SUPERUSER) -> str:
        """Return the address of a database for a role."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def execute(self, sql: str, *, database: str = "postgres") -> None:
        """Run one statement as superuser, outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as conn:
            conn.execute(sql.encode())

    def start(self) -> None:
        """Start it; it is there when this returns."""
        _run(self.binaries, "pg_ctl", "-D", self.data, "-o", f"-p {self.port}", "-l", f"{self.data}.log", "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; mode `immediate` is a crash."""
        _run(self.binaries, "pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")


@contextmanager
def running(settings: Mapping[str, str]) -> Iterator[PgServer]:
    """Give a fresh server with `settings` of postgresql.conf; raises NotInstalled."""
    binaries = find_binaries()
    if binaries is None:
        raise NotInstalled
    folder = Path(tempfile.mkdtemp(prefix="amtsweg-pg-"))
    folder.chmod(0o755)
    data = folder / "data"
    shutil.copytree(_initialised(binaries), data, symlinks=True)
    lines = [f"{name} = {value}\n" for name, value in (_SETTINGS | dict(settings)).items()]
    (data / "postgresql.auto.conf").write_text("".join(lines))
    if os.geteuid() == 0:
        _give_to_postgres(folder)
    server = PgServer(binaries, data, _free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """Return the folder of the newest installed server, None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


def _initialised(binaries: Path) -> Path:
    """Return a data folder fresh from initdb, made once per machine and version."""
    version = binaries.parts[4] if len(binaries.parts) > 4 else "path"
    cached = Path(tempfile.gettempdir()) / f"amtsweg-initdb-{os.geteuid()}-{version}"
    if cached.exists():
        return cached
    folder = Path(tempfile.mkdtemp(prefix="amtsweg-initdb-"))
    if os.geteuid() == 0:
        _give_to_postgres(folder)
    _run(
        binaries, "initdb", "-D", folder / "data", "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8",
        "--no-sync",
    )  # fmt: skip
    try:
        (folder / "data").rename(cached)
    except OSError:  # another run was faster
        shutil.rmtree(folder, ignore_errors=True)
    return cached


def _run(binaries: Path, program: str, *arguments: object) -> None:
    """PostgreSQL refuses to run as root: then it runs as the user postgres."""
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    # Not captured: the server would inherit the pipe and keep it open.
    subprocess.run(
        [*as_user, str(binaries / program), *map(str, arguments)],
        check=True,
        timeout=60,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _give_to_postgres(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        shutil.chown(path, "postgres", "postgres")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
