"""Showing a letter in a frame: nothing in it runs, nothing is fetched, and only its own styles apply."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Final

from flask import Response, render_template

from web import headers

_FOLD_MARK: Final = re.compile(r'<div class="falz[^>]*></div>')
"""For paper only, and placed by style attributes, which the policy forbids."""
_ON_SCREEN: Final = """<style>@media screen {
  html { background: #fff; color-scheme: light }
  body { box-sizing: content-box; min-width: 165mm; max-width: 165mm; margin: 0 auto; padding: 8mm 12mm }
  body::before { content: "Entwurf, noch nicht gezeichnet"; display: block; margin: 0 0 6mm; padding: 1.5mm 3mm;
    border: 1.2pt dashed #8a1c1c; color: #8a1c1c; font-weight: 700 }
}</style>"""
"""The letter's own styles are for paper; and nobody takes a preview for the Bescheid."""
_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def allow_frame() -> None:
    """Let this page hold the frame."""
    headers.allow("frame-src", "'self'")


def framed(html: str) -> Response:
    """Answer with a composed letter; its style elements are allowed by their hashes."""
    html = _FOLD_MARK.sub("", html).replace("</head>", f"{_ON_SCREEN}</head>", 1)
    hashes = [b64encode(sha256(style.encode()).digest()).decode() for style in _STYLE.findall(html)]
    headers.allow_framing()
    headers.allow("sandbox", "")
    headers.allow("style-src", " ".join(f"'sha256-{one}'" for one in hashes) or "'none'")
    for directive in ("script-src", "img-src", "connect-src", "form-action"):
        headers.allow(directive, "'none'")
    return Response(html, mimetype="text/html")


def missing(reason: str) -> Response:
    """Answer with a page that says what the letter still needs."""
    headers.allow_framing()
    headers.allow("sandbox", "")
    return Response(render_template("inbox/preview_missing.html", reason=reason), mimetype="text/html")
