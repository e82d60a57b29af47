"""deploy/setup.sh: which Node builds the assets, and what a user hears who may not install packages.

The whole run is `make setup` itself, which every other command begins with.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[1] / "deploy/setup.sh"
NOBODY = "65534"
MISSING_PACKAGES = 3
OLD_PYTHON = 4


def run_function(call: str, path: Path) -> "subprocess.CompletedProcess[str]":
    """Run one function of the script with the programs of one folder."""
    command = ["/bin/bash", "-c", f'source "$1"; {call}', "test", str(SETUP)]
    return subprocess.run(
        command, env={"PATH": str(path)}, capture_output=True, text=True, timeout=20, cwd=path, check=False
    )


def add_program(folder: Path, name: str, text: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def test_without_node_on_the_path_the_one_of_the_lock_is_used(tmp_path: Path) -> None:
    done = run_function("has_node", tmp_path)
    assert (done.returncode != 0, done.stderr) == (True, "")


def test_npm_alone_is_no_node(tmp_path: Path) -> None:
    add_program(tmp_path, "npm", "exit 0")
    done = run_function("has_node", tmp_path)
    assert (done.returncode != 0, done.stderr) == (True, "")


@pytest.mark.parametrize(("version", "is_used"), [("16.20.2", False), ("18.0.0", True), ("24.19.0", True)])
def test_the_system_node_is_used_from_version_18_on(tmp_path: Path, version: str, is_used: bool) -> None:
    real = shutil.which("node")
    if real is None:
        pytest.skip("no Node here")
    said = f"Object.defineProperty(process, 'versions', {{value: {{node: '{version}'}}}})"
    (tmp_path / "version.js").write_text(said)
    add_program(tmp_path, "node", f'exec {real} -r {tmp_path}/version.js "$@"')
    add_program(tmp_path, "npm", "exit 0")
    assert (run_function("has_node", tmp_path).returncode == 0) is is_used


def test_nothing_is_missing_on_the_machine_that_runs_the_tests() -> None:
    done = run_function("missing_packages test", Path("/usr/bin"))
    assert (done.returncode, done.stdout.strip()) == (0, "")


@pytest.fixture
def house() -> Iterator[Path]:
    """A folder that everybody can read, with the script and a few programs, but no browser and no PDF tools."""
    folder = Path(tempfile.mkdtemp(prefix="amtsweg-setup-"))
    folder.chmod(0o755)
    (folder / "deploy").mkdir()
    (folder / "bin").mkdir()
    shutil.copy(SETUP, folder / "deploy")
    for name in ("dirname", "id", "ls", "python3"):
        (folder / "bin" / name).symlink_to(f"/usr/bin/{name}")
    yield folder
    shutil.rmtree(folder)


def set_up_as_user(house: Path) -> "subprocess.CompletedProcess[str]":
    """Run the whole script without root's rights."""
    as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    command = [*as_user, "/usr/bin/env", f"PATH={house}/bin", "/bin/bash", str(house / "deploy/setup.sh"), "test"]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, cwd="/", check=False)


def test_a_user_who_is_not_root_gets_the_one_line_to_run(house: Path) -> None:
    done = set_up_as_user(house)
    assert done.returncode == MISSING_PACKAGES
    lines = [line.strip() for line in done.stderr.splitlines() if "apt-get" in line]
    assert lines == ["sudo apt-get install -y --no-install-recommends chromium poppler-utils"]
    assert done.stdout == ""
    assert sorted(path.name for path in house.iterdir()) == ["bin", "deploy"]


def test_a_python_that_is_too_old_is_said(house: Path) -> None:
    for name in ("chromium", "pdftoppm"):
        add_program(house / "bin", name, "exit 0")
    (house / "bin/python3").unlink()
    add_program(house / "bin", "python3", 'case "$2" in *ensurepip*) exit 0 ;; *) exit 1 ;; esac')
    done = set_up_as_user(house)
    assert (done.returncode, done.stderr.strip()) == (OLD_PYTHON, "Python 3.11 or newer is needed.")
