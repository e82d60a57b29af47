"""Sending a document to a browser: shown where nothing in it can act, else only to keep; never guessed or cached."""

from typing import Final

from flask import Response

from web import headers

_AS_PICTURE: Final = frozenset({"image/png", "image/jpeg"})
_SHOWN: Final = _AS_PICTURE | {"application/pdf"}


def is_shown(media_type: str) -> bool:
    """Whether a browser may show it; what a browser might run is only ever kept."""
    return media_type in _SHOWN


def document(name: str, media_type: str, content: bytes) -> Response:
    """Answer with a document; whoever calls this has checked that it may be seen.

    All but a shown PDF lie in a sandbox: browsers do not start their own PDF viewer in one, and a PDF with a program in
    it was refused when it came.
    """
    how = "inline" if is_shown(media_type) else "attachment"
    response = Response(content, mimetype=media_type)
    printable = "".join(sign for sign in name if sign.isprintable())
    response.headers.set("Content-Disposition", how, filename=printable)
    response.headers["Cache-Control"] = "no-store"
    for directive in ("script-src", "connect-src", "form-action"):
        headers.allow(directive, "'none'")
    if media_type != "application/pdf":
        headers.allow("sandbox", "")
    return response
