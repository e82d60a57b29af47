"""docker-compose.yml: right by the format's own loader, and naming only what exists."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.shared_data import shared
from web.settings import describe

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = ROOT / "docker-compose.yml"


def test_it_names_only_settings_and_files_that_exist() -> None:
    known = {entry.variable for entry in describe()}
    document = yaml.safe_load(COMPOSE.read_text())

    for service in document["services"].values():
        for name in service.get("environment", {}):
            assert not name.startswith("AMTSWEG_") or name.removesuffix("_FILE") in known, name
        build = service.get("build")
        assert build is None or (ROOT / build["dockerfile"]).is_file()
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith("./") or (ROOT / source).exists()


def test_the_image_installs_what_the_set_up_checks_for() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    needed = re.findall(r"missing\+=\((lib[\w.-]+|fonts[\w-]+)\)", (ROOT / "deploy/setup.sh").read_text())

    assert needed
    assert [name for name in needed if name not in dockerfile] == []


def test_the_loader_of_the_format_accepts_it(tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("needs Go to build the loader")
    source = shared("../services/compose")
    work = tmp_path / "check"
    shutil.copytree(source, work)
    work.chmod(0o755)
    subprocess.run(["go", "build", "-o", "check", "."], cwd=work, check=True, timeout=300)

    command = [str(work / "check"), str(COMPOSE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert "worker" in done.stdout
