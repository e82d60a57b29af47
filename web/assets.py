"""Files of the pages under addresses that change with their content, so that browsers may keep them for a year."""

from hashlib import sha256
from pathlib import Path

from flask import Response, abort, request, send_from_directory, url_for

STATIC = Path(__file__).parent / "static"
_YEAR_S = 31_536_000


class Assets:
    """The files below `folder`; hashes are computed once, in development again when a file changes."""

    def __init__(self, folder: Path = STATIC, *, watch: bool = False) -> None:
        self._folder = folder
        self._watch = watch
        self._hashes: dict[str, tuple[int, str]] = {}

    def is_complete(self) -> bool:
        """Whether the files of the packages were copied (`web/assets.mjs`); no page can be shown without."""
        return (self._folder / "vendor" / "kern" / "kern.min.css").is_file()

    def address(self, path: str) -> str:
        """Return the address of a file, for example `asset("css/base.css")`; raises FileNotFoundError."""
        return url_for("assets.file", path=path, v=self._hash(path))

    def _hash(self, path: str) -> str:
        known = self._hashes.get(path)
        if known and not self._watch:
            return known[1]
        changed = (self._folder / path).stat().st_mtime_ns
        if known is None or known[0] != changed:
            known = (changed, sha256((self._folder / path).read_bytes()).hexdigest()[:12])
            self._hashes[path] = known
        return known[1]

    def send(self, path: str) -> Response:
        """Answer with the file, compressed where a `.gz` lies beside it and the browser takes it."""
        if path.endswith(".gz"):
            abort(404)
        packed = request.accept_encodings.quality("gzip") > 0 and (self._folder / f"{path}.gz").is_file()
        response = send_from_directory(self._folder, f"{path}.gz" if packed else path, mimetype=_mimetype(path))
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        is_versioned = "v" in request.args
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable" if is_versioned else "max-age=300"
        return response


def _mimetype(path: str) -> str | None:
    types = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
    return types.get(Path(path).suffix)
