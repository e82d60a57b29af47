"""`/inbox/vorgaenge/<id>/entscheidungen`: why the decisions of a Vorgang came out as they did, also as a file."""

from uuid import UUID

import orjson
from flask import Blueprint, Response, render_template

from engine import cases, catalog, reasons
from engine.errors import NotFound
from web import access
from web.auth import current_actor
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("reasons", __name__, url_prefix="/inbox/vorgaenge/<uuid:vorgang_id>/entscheidungen")


@blueprint.get("")
@access.staff()
def index(vorgang_id: UUID) -> str:
    """Every decision of the Vorgang; those that were taken anew since stand below."""
    by, at = current_actor(), now()
    found = reasons.of_vorgang(house(), vorgang_id, by=by, at=at)
    return render_template(
        "inbox/reasons.html",
        case=cases.get(house(), vorgang_id, by=by, at=at),
        current=[one for one in found if one.is_current],
        earlier=[one for one in reversed(found) if not one.is_current],
        list_address=notices.list_address(),
    )


@blueprint.get("/<key>")
@access.staff()
def show(vorgang_id: UUID, key: str) -> str:
    """One decision with its whole tables, the rules that applied are marked."""
    by, at = current_actor(), now()
    found = next((one for one in reasons.of_vorgang(house(), vorgang_id, by=by, at=at) if one.key == key), None)
    if found is None:
        raise NotFound("reason_unknown", key=key)
    with house().db.read() as conn:
        deployed = catalog.deployed(conn, found.deployment_id)
    return render_template(
        "inbox/reason.html",
        case=cases.get(house(), vorgang_id, by=by, at=at),
        reason=found,
        deployed=deployed,
        list_address=notices.list_address(),
    )


@blueprint.get("/entscheidungen.json")
@access.staff()
def export(vorgang_id: UUID) -> Response:
    """Every decision with its trace, to take along; the access is recorded."""
    data = reasons.exported(house(), vorgang_id, by=current_actor(), at=now())
    response = Response(orjson.dumps(data, option=orjson.OPT_INDENT_2), mimetype="application/json")
    name = f"Entscheidungen {data['aktenzeichen']}.json".replace("/", "-")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
