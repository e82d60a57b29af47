"""Forms of other sites are refused: an unsafe request brings the session's form token and comes from our own pages."""

from hmac import compare_digest

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
    """Browsers name the origin of a form; without any such header the token alone decides."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin in {site().settings.base_url, request.host_url.rstrip("/")}
