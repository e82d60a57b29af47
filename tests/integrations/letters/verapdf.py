"""Runs veraPDF, the reference checker for PDF/A and PDF/UA, where Java and Maven are there; skips elsewhere."""

import shutil
import subprocess
from pathlib import Path

import pytest

_ARTIFACT = "org.verapdf.apps:greenfield-apps:1.28.2"
_FOLDER = Path(__file__).parents[3] / "var" / "verapdf"
_JAR = _FOLDER / "greenfield-apps-1.28.2.jar"


def failures(flavour: str, *files: Path) -> list[str]:
    """Return veraPDF's complaints about the files under a flavour ("3a", "ua1"); empty means all of them pass."""
    command = [
        "java",
        "-cp",
        str(_jar()),
        "org.verapdf.apps.GreenfieldCliWrapper",
        "-f",
        flavour,
        "--format",
        "text",
        "-v",
    ]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, timeout=120, check=False)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    passed = [line for line in lines if line.startswith("PASS ")]
    return [] if len(passed) == len(files) and done.returncode == 0 else [*lines, done.stderr[-2000:]]


def _jar() -> Path:
    if shutil.which("java") is None:
        pytest.skip("veraPDF needs Java, which is not there")
    if not _JAR.exists():
        _fetch()
    return _JAR


def _fetch() -> None:
    if shutil.which("mvn") is None:
        pytest.skip("veraPDF is fetched by Maven, which is not there")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    goal = ["dependency:copy", f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={_FOLDER}"]
    done = subprocess.run(["mvn", "-q", "-B", *goal], capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0 or not _JAR.exists():
        pytest.skip(f"Maven did not bring veraPDF: {done.stdout[-300:]}")
