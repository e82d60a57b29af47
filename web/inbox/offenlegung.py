"""`/inbox/vorgaenge/<id>/offenlegung`: record what is told to somebody outside the office, and by which norm."""

from collections.abc import Mapping
from secrets import token_urlsafe
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import cases, secrecy
from engine.errors import Invalid
from web import access
from web.auth import current_actor
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("offenlegung", __name__, url_prefix="/inbox/vorgaenge/<uuid:vorgang_id>/offenlegung")


@blueprint.get("")
@access.staff()
def show(vorgang_id: UUID) -> str:
    return _page(vorgang_id, {})


@blueprint.post("")
@access.staff()
def add(vorgang_id: UUID) -> AnyResponse:
    """Record the disclosure and show it on the page of the file."""
    given = {name: request.form.get(name, "") for name in secrecy.FIELDS}
    key = request.form.get("_schluessel", "")
    try:
        secrecy.disclose(house(), vorgang_id, given, by=current_actor(), at=now(), idempotency_key=key)
    except Invalid as invalid:
        return Response(_page(vorgang_id, invalid.errors), 422)
    return redirect(url_for("akte.index", vorgang_id=vorgang_id, _anchor="offenlegungen"), 303)


def _page(vorgang_id: UUID, problems: Mapping[str, str]) -> str:
    by, at = current_actor(), now()
    secrecy.of_vorgang(house(), vorgang_id, by=by, at=at)  # raises for an office that only has a task in it
    return render_template(
        "inbox/offenlegung.html",
        case=cases.get(house(), vorgang_id, by=by, at=at),
        problems=problems,
        given=request.form,
        form_key=request.form.get("_schluessel") or token_urlsafe(),
        list_address=notices.list_address(),
    )
