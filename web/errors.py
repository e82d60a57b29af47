"""What people and programs get when something does not work: the only place that knows HTTP status codes.

People get a German page that says what happened, that nothing is lost (where that is so), what to do, and a reference
number. Programs (`/api`, `/engine-rest`) get problem+json (RFC 9457). Nobody gets a stack trace.
"""

import errno
import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, json, redirect, render_template, request, url_for
from markupsafe import escape
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as AnyResponse

from engine.errors import Conflict, EngineError, Infected, Invalid, NotAllowed, NotFound, Refused, TooMany, Unavailable
from engine.errors import KeyReused as RequestKeyReused
from engine.letters import LetterRefused, RenderFailed
from engine.runtime.errors import ExecutionFailed, WaitGone
from storage.crypto import KeyDestroyed
from storage.db import DatabaseUnavailable
from storage.objects.port import StoreFull, StoreUnavailable
from storage.steps import KeyReused, LostRace
from storage.unavailable import DatabaseFull
from storage.writes import Contention
from web.csrf import SAFE, ForeignForm
from web.guard import LevelTooLow, NoToken, NotSignedIn
from web.oidc import SignInFailed
from web.pages import language
from web.site import site

log = logging.getLogger("amtsweg.errors")


@dataclass(frozen=True, slots=True)
class Answer:
    """How one kind of failure is answered; `key` names its texts (`errors.<key>.title` and so on)."""

    status: int
    key: str


_BY_CLASS: tuple[tuple[type[Exception], Answer], ...] = (
    (NotSignedIn, Answer(401, "not_signed_in")),
    (NoToken, Answer(401, "no_token")),
    (LevelTooLow, Answer(403, "level_too_low")),
    (ForeignForm, Answer(400, "foreign_form")),
    (SignInFailed, Answer(400, "sign_in_failed")),
    (NotFound, Answer(404, "not_found")),
    (Infected, Answer(403, "infected")),
    (NotAllowed, Answer(403, "not_allowed")),
    (RequestKeyReused, Answer(422, "key_reused")),
    (Conflict, Answer(409, "conflict")),
    (TooMany, Answer(429, "too_often")),
    (Invalid, Answer(422, "invalid")),
    (Refused, Answer(422, "refused")),
    (WaitGone, Answer(409, "conflict")),
    (LostRace, Answer(409, "conflict")),
    (KeyReused, Answer(422, "key_reused")),
    (ExecutionFailed, Answer(422, "stuck")),
    (LetterRefused, Answer(422, "letter")),
    (RenderFailed, Answer(500, "letter")),
    (KeyDestroyed, Answer(410, "erased")),
    (Unavailable, Answer(503, "unavailable")),
    (Contention, Answer(503, "unavailable")),
    (DatabaseFull, Answer(503, "full")),
    (DatabaseUnavailable, Answer(503, "unavailable")),
    (StoreUnavailable, Answer(503, "unavailable")),
    (StoreFull, Answer(503, "full")),
)
_BY_STATUS = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method",
    408: "timeout",
    413: "too_large",
    414: "bad_request",
    415: "media_type",
    422: "invalid",
    429: "too_often",
    431: "bad_request",
    503: "unavailable",
}
_UNKNOWN = Answer(500, "internal")
_RETRY_AFTER_S = 30


def register(app: Flask) -> None:
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> AnyResponse | HTTPException:
    """Turn any exception into an answer; redirects that travel as exceptions pass through."""
    cause = error.original_exception if isinstance(error, InternalServerError) and error.original_exception else error
    if isinstance(cause, HTTPException) and (cause.response is not None or not cause.code or cause.code < 400):
        return cause
    if isinstance(cause, NotSignedIn) and _is_page_visit():
        return redirect(_sign_in_address(cause), 303)
    found = answer_for(cause)
    _log(cause, found)
    response = _problem(cause, found) if _is_for_program() else _page(cause, found)
    response.status_code = found.status
    _add_headers(response, cause, found)
    return response


def answer_for(error: BaseException) -> Answer:
    """Return status and text key for an exception."""
    for kind, found in _BY_CLASS:
        if isinstance(error, kind):
            return found
    if isinstance(error, HTTPException) and error.code:
        return Answer(error.code, _BY_STATUS.get(error.code, "bad_request" if error.code < 500 else "internal"))
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Answer(503, "full")
    return _UNKNOWN


def code_of(error: BaseException, found: Answer) -> str:
    """Return the stable English code of the failure."""
    if isinstance(error, EngineError):
        return error.code
    if isinstance(error, SignInFailed):
        return error.reason.replace(" ", "_")
    return found.key


def sentence(error: BaseException, found: Answer) -> str:
    """Return what happened: the error's own German sentence, else the text of its code, else that of its kind."""
    if isinstance(error, ExecutionFailed | LetterRefused) and found.status == 422:
        said = error.details.get("message_de") or error.details.get("message")
        if said:
            return str(said)
    own = f"errors.code.{code_of(error, found)}"
    return site().texts.text(language(), own if site().texts.has(own) else f"errors.{found.key}.what")


def _sentence_for_programs(error: BaseException, found: Answer) -> str:
    own = f"api.code.{code_of(error, found)}"
    return site().texts.text(language(), own) if site().texts.has(own) else sentence(error, found)


def _page(error: BaseException, found: Answer) -> Response:
    try:
        html = render_template(
            "error.html",
            key=found.key,
            what=sentence(error, found),
            problems=list(error.errors.values()) if isinstance(error, Invalid) else [],
            way_on=_way_on(error),
            reference=reference(),
        )
    except Exception:
        log.exception("error_page_failed")
        html = _last_resort()
    return Response(html, mimetype="text/html")


def _problem(error: BaseException, found: Answer) -> Response:
    code = code_of(error, found)
    body: dict[str, Any] = {
        "type": f"{site().settings.base_url}/api/v1/problems#{found.key}",
        "title": site().texts.text(site().texts.language(None), f"errors.{found.key}.title"),
        "status": found.status,
        "detail": _sentence_for_programs(error, found),
        "code": code,
        "request_id": reference(),
    }
    if isinstance(error, Invalid):
        body["errors"] = [{"field": field, "detail": detail} for field, detail in error.errors.items()]
    return Response(json.dumps(body), mimetype="application/problem+json")


def _add_headers(response: Response, error: BaseException, found: Answer) -> None:
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name.lower() in {"allow", "retry-after"}:
                response.headers[name] = value
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if found.status == 503:
        response.headers.setdefault("Retry-After", str(_RETRY_AFTER_S))
    if isinstance(error, NoToken):
        response.headers["WWW-Authenticate"] = "Bearer"
    response.headers["Cache-Control"] = "no-store"


def _log(error: BaseException, found: Answer) -> None:
    fields = {"status": found.status, "code": code_of(error, found), "route": str(request.url_rule or "")}
    if found.status >= 500:
        log.error("request_failed", extra=fields, exc_info=error)
    elif isinstance(error, ForeignForm | NoToken | NotAllowed | SignInFailed):
        log.warning("request_refused", extra=fields)


def reference() -> str:
    """Return the reference number of this request, as in its log lines."""
    found: str = g.get("request_id", "")
    return found


def _is_for_program() -> bool:
    return request.path.startswith(("/api/", "/engine-rest/"))


def _is_page_visit() -> bool:
    return request.method in SAFE and not _is_for_program() and "HX-Request" not in request.headers


def _sign_in_address(error: NotSignedIn) -> str:
    return url_for("signin.start", realm=error.realm.value, weiter=request.full_path.rstrip("?"))


def _way_on(error: BaseException) -> str | None:
    """Return the address of the one button that helps here."""
    if isinstance(error, NotSignedIn):
        return url_for("signin.start", realm=error.realm.value)
    if isinstance(error, LevelTooLow):
        asked = {"niveau": error.needed.name.lower()}
        if request.method in SAFE:
            asked["weiter"] = request.full_path.rstrip("?")
        return f"{url_for('signin.start', realm='buergerkonto')}?{urlencode(asked)}"
    if isinstance(error, SignInFailed):
        return url_for("signin.index")
    return None


def _last_resort() -> str:
    return (
        '<!doctype html><html lang="de"><meta charset="utf-8"><title>Störung</title>'
        "<h1>Das hat nicht geklappt</h1><p>Bei uns ist ein Fehler aufgetreten. Versuchen Sie es in einigen Minuten "
        f"noch einmal oder rufen Sie die 115 an. Nennen Sie diese Nummer: {escape(reference())}</p></html>"
    )
