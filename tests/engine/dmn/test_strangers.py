"""Whatever a stranger writes: only the documented errors escape, soon, and in little memory. AMTSWEG_FUZZ_S: longer."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = float(os.environ.get("AMTSWEG_FUZZ_S", "20"))
MEMORY_MB = 500
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("kind", ["feel", "unary", "dmn"])
def test_only_documented_errors_escape(kind):
    seed = random.randrange(2**32)
    program = [sys.executable, str(Path(__file__).with_name("strangers.py")), kind, str(SECONDS), str(seed)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=SECONDS + 60, check=False)
    assert done.returncode == 0, f"seed {seed}: {done.stderr[-3000:]}"
    told = json.loads(done.stdout)
    assert told["tried"] > 20, f"seed {seed}: {told}"
    assert told["good"] > 0, f"seed {seed}: {told}"
    assert told["peak_mb"] < MEMORY_MB, f"seed {seed}: {told}"
