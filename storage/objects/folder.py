"""The default object store: a folder on a local disk."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from storage.files import UNFINISHED, make_folders, replace_file, sync_folder
from storage.objects.port import (
    InvalidKey,
    Listed,
    ObjectMissing,
    ObjectRef,
    StoreFull,
    StoreUnavailable,
    check_content,
    key_of,
    parse_key,
)

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class FolderStore:
    """Objects as files below `root`; it has no versions. Several processes may use the same folder."""

    def __init__(self, root: Path) -> None:
        """Take the folder `root`, which must exist and be writable; raises StoreUnavailable."""
        self._root = root.resolve()
        if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK) or not self._root.is_dir():
            raise StoreUnavailable(f"Der Ordner {root} für die Objekte fehlt oder ist nicht beschreibbar.")

    def put(self, tenant_id: str, owner_id: UUID, content: bytes) -> ObjectRef:
        key = key_of(tenant_id, owner_id, content)
        path = self._path(key)
        with self._clear_errors(key):
            try:
                replace_file(path, content)
            except FileNotFoundError:
                make_folders(path.parent, below=self._root)
                replace_file(path, content)
        return ObjectRef(key, "", len(content))

    def get(self, key: str, version_id: str = "") -> bytes:  # noqa: ARG002 -- a folder has no versions
        with self._clear_errors(key):
            descriptor = os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as file:
                content = file.read()
        return check_content(key, content)

    def exists(self, key: str) -> bool:
        with self._clear_errors(key):
            return self._path(key).is_file()

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._clear_errors(key):
            try:
                path.unlink()
            except FileNotFoundError:
                return
            sync_folder(path.parent)

    def iterate(self, tenant_id: str) -> Iterator[Listed]:
        for entry in self._entries(tenant_id):
            try:
                key = "/".join(Path(entry.path).relative_to(self._root).parts)
                parse_key(key)
                status = entry.stat(follow_symlinks=False)
            except (InvalidKey, FileNotFoundError):
                continue  # not ours, or deleted meanwhile
            yield Listed(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def discard_unfinished(self, tenant_id: str, *, before: datetime) -> int:
        discarded = 0
        for entry in self._entries(tenant_id):
            if not entry.name.startswith(UNFINISHED):
                continue
            with suppress(FileNotFoundError):  # finished meanwhile
                if entry.stat(follow_symlinks=False).st_mtime < before.timestamp():
                    Path(entry.path).unlink()
                    discarded += 1
        return discarded

    @contextmanager
    def _clear_errors(self, key: str) -> Iterator[None]:
        """Turn the operating system's errors into the port's."""
        try:
            yield
        except FileNotFoundError as error:
            if not self._root.is_dir():
                raise StoreUnavailable("Der Ordner für die Objekte ist nicht mehr da.") from error
            raise ObjectMissing(f"Das Objekt {key} fehlt.") from error
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StoreFull("Der Speicherplatz für Dateien ist erschöpft. Es wurde nichts gespeichert.") from error
            raise StoreUnavailable(f"Der Ordner für die Objekte antwortet nicht: {error.strerror}.") from error

    def _path(self, key: str) -> Path:
        parse_key(key)
        return self._root / key

    def _entries(self, tenant_id: str) -> Iterator[os.DirEntry[str]]:
        key_of(tenant_id, UUID(int=0), b"")  # refuses a tenant that is no plain name
        for owner in _scan(self._root / tenant_id):
            if owner.is_dir(follow_symlinks=False):
                yield from _scan(Path(owner.path))


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []
