"""What review forgets: the folders of the house, and the order of imports."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"chatbot", "deploy", "docs", "engine", "forms", "integrations", "processes", "storage", "tests", "web"}


def test_there_is_no_other_top_level_folder() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    folders = {line.split("/")[0] for line in tracked.splitlines() if "/" in line}
    assert {name for name in folders if not name.startswith(".")} == FOLDERS


def test_imports_point_downwards() -> None:
    lint = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([str(lint)], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_every_integration_says_what_it_is() -> None:
    for folder in (ROOT / "integrations").iterdir():
        if folder.is_dir() and not folder.name.startswith("_"):
            manifest = (folder / "manifest.toml").read_text("utf-8")
            assert f'key = "{folder.name}"' in manifest


def test_procedures_hold_data_only() -> None:
    endings = {path.suffix for path in (ROOT / "processes").rglob("*") if path.is_file()}

    assert endings <= {".toml", ".bpmn", ".dmn", ".form", ".html", ".md"}
