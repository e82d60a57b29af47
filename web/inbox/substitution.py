"""`/inbox/vertretung`: who stands in for whom and from when to when, set by herself or by the lead."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import substitutions
from engine.errors import Invalid, NotFound
from web import access
from web.auth import current_actor
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("substitution", __name__, url_prefix="/inbox/vertretung")


@blueprint.get("")
@access.staff()
def index() -> str:
    return _page({})


@blueprint.post("")
@access.staff()
def arrange() -> AnyResponse:
    by = current_actor()
    try:
        substitutions.arrange(
            house(),
            absent=request.form.get("abwesend") or by.id,
            substitute=request.form.get("vertretung", ""),
            starts_on=_day("von"),
            ends_on=_day("bis"),
            by=by,
            at=now(),
        )
    except Invalid as invalid:
        return Response(_page(invalid.errors), 422)
    return redirect(url_for("substitution.index"), 303)


@blueprint.post("/beenden")
@access.staff()
def revoke() -> AnyResponse:
    """End the one that the form names; one that is over already stays so."""
    try:
        substitutions.revoke(house(), UUID(request.form.get("id", "")), by=current_actor(), at=now())
    except (NotFound, ValueError):
        notices.put("info", "Diese Vertretung gibt es nicht mehr. Es wurde nichts geändert.")
        return redirect(notices.list_address(), 303)
    return redirect(url_for("substitution.index"), 303)


def _page(problems: Mapping[str, str]) -> str:
    by = current_actor()
    return render_template(
        "inbox/substitution.html",
        arranged=substitutions.list_of(house(), by=by, at=now()),
        colleagues=[(one.id, one.name) for one in substitutions.colleagues(house())],
        me=by.id,
        is_lead=substitutions.LEAD in by.roles,
        problems=problems,
        typed=request.form,
        list_address=notices.list_address(),
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        return None
