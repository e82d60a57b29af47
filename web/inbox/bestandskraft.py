"""`/inbox/vorgaenge/<id>/bekanntgaben/<id>/bestandskraft`: take back a noted finality, with its reason."""

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import bestandskraft, cases
from engine.cases import Service
from engine.errors import Conflict, Invalid, NotFound
from web import access
from web.auth import current_actor
from web.inbox import file
from web.site import house, now

blueprint = Blueprint(
    "bestandskraft",
    __name__,
    url_prefix="/inbox/vorgaenge/<uuid:vorgang_id>/bekanntgaben/<uuid:bekanntgabe_id>/bestandskraft",
)


@blueprint.get("")
@access.staff()
def show(vorgang_id: UUID, bekanntgabe_id: UUID) -> str:
    return _page(vorgang_id, bekanntgabe_id, "", "")


@blueprint.post("")
@access.staff()
def revoke(vorgang_id: UUID, bekanntgabe_id: UUID) -> AnyResponse:
    reason = request.form.get("grund", "")
    try:
        bestandskraft.revoke(house(), vorgang_id, bekanntgabe_id, reason, by=current_actor(), at=now())
    except Invalid as invalid:
        return Response(_page(vorgang_id, bekanntgabe_id, reason, invalid.errors["grund"]), 422)
    except Conflict:
        return Response(_page(vorgang_id, bekanntgabe_id, reason, ""), 409)
    return redirect(url_for("case.show", vorgang_id=vorgang_id), 303)


def _page(vorgang_id: UUID, bekanntgabe_id: UUID, reason: str, problem: str) -> str:
    """The page says itself when there is nothing (more) to take back; what was typed stays."""
    view = file.view(house(), vorgang_id, by=current_actor(), at=now())
    return render_template(
        "inbox/bestandskraft.html",
        case=view.case,
        service=_service(view.case, bekanntgabe_id),
        reason=reason,
        problem=problem,
        reason_max=bestandskraft.REASON_MAX,
    )


def _service(case: cases.Case, bekanntgabe_id: UUID) -> Service:
    for decision in case.decisions:
        for service in decision.services:
            if service.id == bekanntgabe_id:
                return service
    raise NotFound("bekanntgabe_unknown", bekanntgabe=bekanntgabe_id)
