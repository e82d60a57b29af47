"""The finance system by two folders: Sollstellungen go into one as files, acknowledgements come from the other.

The format of both is described in docs/kasse.md. A file appears under its name only when it is complete.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from engine.kasse_port import Acknowledgement, Verdict
from storage.files import make_folders, replace_file, sync_folder

FORMAT: Final = "amtsweg.quittung/1"
MAX_BYTES: Final = 100_000
MAX_FILES: Final = 500
READ: Final = "gelesen"
UNREADABLE: Final = "unlesbar"


@dataclass(frozen=True, slots=True)
class KasseFolders:
    """`engine.kasse.Kasse`; both folders are created below `root` when they are first needed."""

    outbox: Path
    inbox: Path

    def hand_over(self, sollstellung_id: UUID, record: bytes) -> None:
        """Write the record durably; the same id gives the same file. Raises OSError when that fails."""
        _make(self.outbox)
        replace_file(self.outbox / f"{sollstellung_id}.json", record)

    def acknowledgements(self) -> Iterator[Acknowledgement]:
        """Return what lies there, oldest name first; a file that is none is put aside for a person."""
        if not self.inbox.is_dir():
            return
        for path in sorted(self.inbox.glob("*.json"))[:MAX_FILES]:
            if path.is_symlink() or not path.is_file():
                continue
            found = _read(path)
            if found is None:
                self._put_aside(path.name, UNREADABLE)
            else:
                yield found

    def done(self, acknowledgement: Acknowledgement) -> None:
        """Put a file aside whose content is stored; one that is gone already changes nothing."""
        self._put_aside(acknowledgement.name, READ)

    def refuse(self, acknowledgement: Acknowledgement) -> None:
        """Put a file aside that names nothing of this house."""
        self._put_aside(acknowledgement.name, UNREADABLE)

    def unreadable(self) -> int:
        """How many files wait for a person."""
        folder = self.inbox / UNREADABLE
        return sum(1 for _ in folder.glob("*.json")) if folder.is_dir() else 0

    def _put_aside(self, name: str, folder: str) -> None:
        _make(self.inbox / folder)
        try:
            (self.inbox / name).replace(self.inbox / folder / name)
        except FileNotFoundError:
            return
        sync_folder(self.inbox)


def _make(folder: Path) -> None:
    existing = folder
    while not existing.is_dir():
        existing = existing.parent
    make_folders(folder, below=existing)


def _read(path: Path) -> Acknowledgement | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        document = json.loads(content) if len(content) <= MAX_BYTES else None
        return _acknowledgement(path.name, document)
    except (ValueError, KeyError, TypeError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return None


def _acknowledgement(name: str, document: Any) -> Acknowledgement | None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    reason = document.get("grund")
    verdict = Verdict(document["stand"])
    if verdict is Verdict.ABGELEHNT and not (isinstance(reason, str) and reason.strip()):
        return None
    return Acknowledgement(
        name=name,
        sollstellung_id=UUID(str(document["sollstellung"])),
        verdict=verdict,
        reason=reason.strip()[:1000] if isinstance(reason, str) and verdict is Verdict.ABGELEHNT else None,
    )
