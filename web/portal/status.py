"""`/status`: where a Vorgang stands, for whoever has its number and access code: the stage, never a name or a paper."""

from flask import Blueprint, Response, render_template, request

from engine import attempts, cases
from engine.errors import NotFound, TooMany
from web import access
from web.pages import language
from web.portal.cases import timeline
from web.site import house, now

blueprint = Blueprint("status", __name__, url_prefix="/status")

_MOST_TYPED = 60


@blueprint.get("")
@access.public
def index() -> str:
    return render_template("portal/status.html", number="", problems=[])


@blueprint.post("")
@access.public
def look_up() -> Response:
    """Show the stage on this very page: the code must not get into an address.

    A wrong code and an unknown number are answered alike, so that nobody learns which numbers there are.
    """
    number, code = (request.form.get(name, "").strip()[:_MOST_TYPED] for name in ("nummer", "code"))
    missing = [name for name, typed in (("nummer", number), ("code", code)) if not typed]
    if missing:
        return _form_again(number, [(name, f"portal.status.fehlt.{name}") for name in missing], 422)
    at = now()
    limits = attempts.number_and_address(number, request.remote_addr or "")
    try:
        case = attempts.limited(
            house(),
            limits,
            lambda: cases.by_number(house(), number, code, at=at, language=language().code),
            at=at,
        )
    except NotFound:
        return _form_again(number, [("nummer", "portal.status.wrong")], 404)
    except TooMany as refused:
        answer = _form_again(number, [("", "portal.status.locked")], 429)
        answer.headers["Retry-After"] = str(refused.retry_after_s)
        return answer
    return Response(render_template("portal/stage.html", case=case, timeline=timeline(case)))


def _form_again(number: str, problems: list[tuple[str, str]], status: int) -> Response:
    return Response(render_template("portal/status.html", number=number, problems=problems), status)
