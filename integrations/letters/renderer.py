"""The renderer that the product uses: one child process for each letter, limited, without network, killed when slow.

A page can hold words that make a layout engine eat time and memory; a child's limits hold whatever the library does,
and half a second for its start is little beside a case.
"""

import base64
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from engine.letters import Attachment, RenderFailed

MAX_PDF_BYTES = 20_000_000
MAX_PAGE_CHARACTERS = 2_000_000
_FOLDER = Path(__file__).parent
_ASSETS = _FOLDER / "assets"
# No fonts of the machine: a letter looks the same everywhere and holds only the fonts of this folder.
_NO_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig></fontconfig>
"""
_FAILED = 3  # client.py's exit status when it says why
_OUT_OF_CPU = (-signal.SIGKILL, -signal.SIGXCPU)


class ChildRenderer:
    """`engine.letters.Renderer` by a child process; holds no state, so threads may share one."""

    def __init__(self, *, timeout_s: float = 30) -> None:
        self._timeout_s = timeout_s

    def render(self, html: str, *, title: str, at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
        """Return the PDF; see the port."""
        if at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        if len(html) > MAX_PAGE_CHARACTERS:
            raise RenderFailed("letter_render_too_large", characters=len(html))
        request = {
            "html": html,
            "title": title,
            "created": at.isoformat(timespec="seconds"),
            "attachments": [
                {
                    "name": one.name,
                    "description": one.description,
                    "relationship": one.relationship,
                    "content": base64.b64encode(one.content).decode("ascii"),
                }
                for one in attachments
            ],
        }
        return self._drawn(json.dumps(request).encode("ascii"))

    def _drawn(self, request: bytes) -> bytes:
        with tempfile.TemporaryDirectory(prefix="letter-") as folder:
            Path(folder, "fonts.conf").write_text(_NO_FONTS, "utf-8")
            try:
                child = subprocess.run(
                    [sys.executable, "-I", "-B", str(_FOLDER / "client.py"), str(_ASSETS)],
                    input=request,
                    capture_output=True,
                    timeout=self._timeout_s,
                    check=False,
                    cwd=folder,
                    env=_environment(folder),
                    start_new_session=True,
                )
            except subprocess.TimeoutExpired as error:
                raise RenderFailed("letter_render_timeout", timeout_s=self._timeout_s) from error
        if child.returncode != 0:
            raise _failure(child.returncode, child.stderr)
        if not child.stdout.startswith(b"%PDF-") or len(child.stdout) > MAX_PDF_BYTES:
            raise RenderFailed("letter_render_too_large", size_bytes=len(child.stdout))
        return child.stdout


def _environment(folder: str) -> dict[str, str]:
    """Nothing of ours but where temporary files go, and which fonts there are: none."""
    return {
        "HOME": folder,
        "TMPDIR": folder,
        "XDG_CACHE_HOME": folder,
        "FONTCONFIG_FILE": f"{folder}/fonts.conf",
        "LANG": "C.UTF-8",
    }


def _failure(returncode: int, stderr: bytes) -> RenderFailed:
    """Tell the child's own reason from its death; the page's words are never part of the error."""
    if returncode == _FAILED:
        said = json.loads(stderr.splitlines()[-1])
        return RenderFailed(said["code"], error=said["error"])
    if returncode in _OUT_OF_CPU:
        return RenderFailed("letter_render_timeout", returncode=returncode)
    return RenderFailed("letter_render_crashed", returncode=returncode)
