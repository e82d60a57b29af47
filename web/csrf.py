"""Forms of other sites are refused: an unsafe request brings the session's form token and comes from our own pages."""

from hmac import compare_digest
from urllib.parse import urlsplit

from flask import request

from engine.errors import EngineError
from web import sessions
from web.site import site

FIELD = "_csrf"
HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignForm(EngineError):
    """The form was not sent from a page of this session."""


def check() -> None:
    """Raise ForeignForm for an unsafe request without the token, or from another origin."""
    if request.method in SAFE:
        return
    if not _is_own_origin():
        raise ForeignForm("foreign_origin")
    session = sessions.current()
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not session.is_stored or not compare_digest(sent.encode(), session.csrf.encode()):
        raise ForeignForm("form_token")


def _is_own_origin() -> bool:
    """Browsers name the origin of a form; where none of the three headers comes, the token alone decides."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin") or _origin_of(request.headers.get("Referer"))
    return origin is None or origin in _own_origins()


def _own_origins() -> set[str]:
    """With https there is one address; the demo is opened as 127.0.0.1 and as localhost."""
    settings = site().settings
    return {settings.base_url} if settings.is_https else {settings.base_url, request.host_url.rstrip("/")}


def _origin_of(address: str | None) -> str | None:
    if not address:
        return None
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
