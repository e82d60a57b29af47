"""`/inbox/entscheidungstabellen`: the decisions by which the procedures work, for reading; no personal data."""

from uuid import UUID

from flask import Blueprint, render_template, request

from engine import catalog
from engine.catalog import Deployed
from engine.dmn.view import decision_view, decision_views
from engine.errors import NotFound
from web import access
from web.inbox import notices
from web.site import house

blueprint = Blueprint("tables", __name__, url_prefix="/inbox/entscheidungstabellen")


@blueprint.get("")
@access.staff()
def index() -> str:
    with house().db.read() as conn:
        deployed = [one for one in catalog.catalogue(conn) if one.procedure.decisions]
    procedures = [(one, [decision_view(each) for each in one.procedure.decisions.values()]) for one in deployed]
    return render_template("inbox/tables.html", procedures=procedures, list_address=notices.list_address())


@blueprint.get("/<procedure_key>/<decision_id>")
@access.staff()
def show(procedure_key: str, decision_id: str) -> str:
    """A decision with all that it is built on, in the newest version or in the one that `?fassung=` names."""
    deployed = _deployed(procedure_key)
    decision = deployed.procedure.decisions.get(decision_id)
    if decision is None:
        raise NotFound("decision_unknown", decision_id=decision_id)
    return render_template(
        "inbox/table.html",
        deployed=deployed,
        decision=decision,
        views=list(reversed(decision_views(decision))),
        list_address=notices.list_address(),
    )


def _deployed(procedure_key: str) -> Deployed:
    version = request.args.get("fassung", type=UUID)
    with house().db.read() as conn:
        found = catalog.deployed(conn, version) if version else catalog.latest(conn, procedure_key)
    if found.procedure.key != procedure_key:
        raise NotFound("procedure_unknown", procedure_key=procedure_key)
    return found
