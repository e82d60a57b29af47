"""A process that is killed while it writes leaves whole objects, or none."""

import subprocess
import sys
import time
from pathlib import Path

from storage.files import UNFINISHED
from storage.objects.folder import FolderStore

_WRITER = """
import os, sys
from pathlib import Path
from uuid import uuid4
from storage.objects.folder import FolderStore
store = FolderStore(Path(sys.argv[1]))
while True:
    print(store.put("darmstadt", uuid4(), os.urandom(300_000)).key, flush=True)
"""


def _killed_after(folder: Path, seconds: float) -> list[str]:
    """Write until killed; return the keys that were reported as stored."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    return [
        line.strip() for line in [first, *process.communicate()[0].splitlines(keepends=True)] if line.endswith("\n")
    ]


def test_no_kill_leaves_half_an_object_or_loses_one_that_was_reported(tmp_path):
    store = FolderStore(tmp_path)
    reported = [key for number in range(6) for key in _killed_after(tmp_path, 0.01 + number * 0.013)]
    listed = [entry.key for entry in store.iterate("darmstadt")]
    assert set(reported) <= set(listed)
    for key in listed:
        store.get(key)
    assert all(
        path.name.startswith(UNFINISHED)
        for path in tmp_path.rglob("*")
        if path.is_file() and path.name not in str(listed)
    )
