"""Security headers of every answer. A view that needs more says so with `allow`; nothing is ever inline."""

from flask import Response, g, request

from web.settings import IdentitySource, Settings
from web.site import site

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # KERN's icons are data: masks in its style sheet
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def allow(directive: str, sources: str) -> None:
    """Widen one directive for this answer, for example `allow("frame-src", "'self'")` to show a document."""
    g.setdefault("csp", {})[directive] = sources


def allow_framing() -> None:
    """Let our own pages show this answer in a frame."""
    allow("frame-ancestors", "'self'")


def add(response: Response) -> Response:
    """Add what is missing; a view's own Content-Security-Policy or Cache-Control stays."""
    policy = _POLICY | {"form-action": _form_targets(site().settings)} | g.get("csp", {})
    written = "; ".join(f"{name} {sources}" for name, sources in policy.items())
    response.headers.setdefault("Content-Security-Policy", written)
    for name, value in _FIXED.items():
        response.headers.setdefault(name, value)
    if "'self'" in policy["frame-ancestors"]:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    if site().settings.is_https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store" if _is_personal(response) else "no-cache"
    return response


def _form_targets(settings: Settings) -> str:
    """Signing out is a form whose answer leads on to the identity provider, and browsers check that too."""
    if settings.identity is IdentitySource.DEMO:
        return "'self'"
    return f"'self' {settings.oidc_buerger_issuer} {settings.oidc_amt_issuer}"


def _is_personal(response: Response) -> bool:
    """Whoever has a session gets answers that are hers; so does a program with a token."""
    known = any(name.endswith(("amtsweg-buergerkonto", "amtsweg-verwaltung")) for name in request.cookies)
    return known or "Set-Cookie" in response.headers or "Authorization" in request.headers
