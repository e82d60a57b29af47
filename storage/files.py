"""Writing files so that a crash leaves either nothing or all of it."""

import os
import secrets
from pathlib import Path

UNFINISHED = ".unfinished-"
"""How the name of a file begins that is still being written; after a crash it may stay behind."""


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` durably to `path`, readable by its owner alone; an older file there is replaced.

    The folder must exist. Raises OSError; then the older file, or none, is still there.
    """
    draft = _write_draft(path, content)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def create_file(path: Path, content: bytes) -> None:
    """Like `replace_file`, but raises FileExistsError where something already lies."""
    draft = _write_draft(path, content)
    try:
        os.link(draft, path)  # unlike a rename, a link fails where a file already lies
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folders(path: Path, *, below: Path) -> None:
    """Create the folder `path` and those between it and the existing folder `below`, durably."""
    if path == below or path.is_dir():
        return
    make_folders(path.parent, below=below)
    path.mkdir(mode=0o700, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make a new, renamed or deleted name in the folder last."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f"{UNFINISHED}{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft
