"""The files of a procedure: read once as bytes, named by their path in the folder, sealed by one hash."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from engine.catalog.findings import Finding
from forms.schema import block_names

Files = Mapping[str, bytes]
"""Content by path in the folder, with `/`."""

FACTS: Final = "procedure.toml"
MODEL: Final = "process.bpmn"
SCENARIOS: Final = "scenarios.toml"
BESTAND: Final = "bestand.toml"
TEXTS: Final = "texte/"
BLOCKS: Final = "bausteine/"
"""Where a deployment keeps the shared form blocks that it uses, so that a later block changes no running case."""

BESTAND_OF_ANOTHER: Final = f"{BLOCKS}{BESTAND}"
"""The Bestand that the folder names, as the procedure beside it declares it."""

MAX_FILES: Final = 200
MAX_BYTES: Final = 10_000_000
_ENDINGS: Final = frozenset({".toml", ".bpmn", ".dmn", ".form", ".html", ".md"})
_FORM_KEY: Final = re.compile(rb'formKey="([A-Za-z0-9_-]+\.form)"')
_BESTAND_OF: Final = re.compile(rb'^of\s*=\s*"([a-z][a-z0-9_]*)"', re.MULTILINE)
_SHARED_BLOCKS: Final = Path(__file__).parents[2] / "forms" / "blocks"


def discover(root: Path) -> list[Path]:
    """Return the folders below `root` that hold a procedure, by name; those that begin with . or _ are left out."""
    if not root.is_dir():
        return []
    folders = (path for path in root.iterdir() if not path.name.startswith((".", "_")))
    return sorted(path for path in folders if (path / FACTS).is_file())


def read_folder(folder: Path, *, blocks: Path = _SHARED_BLOCKS) -> dict[str, bytes]:
    """Read all files of a procedure, with the shared blocks and the Bestand of another that it names.

    Hidden files are left out.
    """
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
            files[name] = path.read_bytes()
    return files | _blocks_of(files, blocks) | _bestand_of(files, folder.parent)


def _bestand_of(files: Files, procedures: Path) -> dict[str, bytes]:
    """The `bestand.toml` of the procedure beside this one that its own `bestand.toml` names."""
    named = _BESTAND_OF.search(files.get(BESTAND, b""))
    path = procedures / named[1].decode() / BESTAND if named else None
    return {BESTAND_OF_ANOTHER: path.read_bytes()} if path is not None and path.is_file() else {}


def _blocks_of(files: Files, blocks: Path) -> dict[str, bytes]:
    """The shared groups that the forms name and the shared forms of tasks that the folder has none of its own for."""
    named = {f"{name}.form" for path, data in files.items() if path.endswith(".form") for name in block_names(data)}
    asked = {key.decode() for path, data in files.items() if path.endswith(".bpmn") for key in _FORM_KEY.findall(data)}
    wanted = sorted(name for name in named | (asked - set(files)) if (blocks / name).is_file())
    found = {f"{BLOCKS}{name}": (blocks / name).read_bytes() for name in wanted}
    texts = sorted((blocks / "texte").glob("*.toml")) if found else []
    return found | {f"{BLOCKS}{TEXTS}{path.name}": path.read_bytes() for path in texts}


def manifest_sha256(files: Files) -> bytes:
    """Return the hash over the paths and contents of all files; the same folder gives the same hash everywhere."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{hashlib.sha256(files[path]).hexdigest()}\n".encode())
    return digest.digest()


def check_files(files: Files) -> list[Finding]:
    """Return what is wrong with the set of files as such: missing, unknown, too many, too large."""
    found = [
        Finding(name, "", "file_missing", f"Die Datei „{name}“ fehlt.")
        for name in (FACTS, MODEL, f"{TEXTS}de.toml")
        if name not in files
    ]
    for name in files:
        if Path(name).suffix not in _ENDINGS:
            endings = ", ".join(sorted(_ENDINGS))
            found.append(
                Finding(name, "", "file_unknown", f"Diese Datei gehört nicht hierher; möglich sind {endings}.")
            )
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        message = f"Ein Ordner hat höchstens {MAX_FILES} Dateien und {MAX_BYTES // 1_000_000} MB."
        found.append(Finding("", "", "folder_too_large", message))
    return found
