"""`/sprache` and `/darstellung`: what a reader prefers, kept in two cookies that say nothing else about her."""

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from web import access
from web.auth import is_local_path
from web.pages import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, cookie_name
from web.site import site

blueprint = Blueprint("preferences", __name__)

_YEAR_S = 31_536_000


@blueprint.get("/sprache/<code>")
@access.public
def language(code: str) -> Response:
    if code not in site().texts.languages:
        abort(404)
    return _remember(LANGUAGE_COOKIE, code)


@blueprint.get("/darstellung/<theme>")
@access.public
def theme(theme: str) -> Response:
    if theme not in THEMES:
        abort(404)
    return _remember(THEME_COOKIE, theme)


def _remember(preference: str, value: str) -> Response:
    next_path = request.args.get("weiter", "/")
    response = redirect(next_path if is_local_path(next_path) else "/", 303)
    response.set_cookie(
        cookie_name(preference),
        value,
        max_age=_YEAR_S,
        secure=site().settings.is_https,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response
