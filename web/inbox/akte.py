"""`/inbox/vorgaenge/<id>/akte`: every paper of the file in order, and what the office does with the file itself."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import cases, export, file_actions, integrity, secrecy
from engine.errors import Conflict, Invalid, NotFound
from storage.akte.documents import DokumentView
from storage.akte.report import Report
from web import access
from web.auth import current_actor
from web.inbox import file, notices
from web.site import house, now, site

blueprint = Blueprint("akte", __name__, url_prefix="/inbox/vorgaenge/<uuid:vorgang_id>/akte")

HINDRANCES: Final[Mapping[str, str]] = {
    "vorgang_closed": "Der Vorgang ist schon zu den Akten verfügt. An seiner Akte ändert sich nichts mehr.",
    "tasks_open": "Es gibt noch offene Aufgaben. Erledigen Sie sie zuerst.",
    "process_runs": "Der Ablauf wartet noch auf einen Tag oder eine Nachricht, zum Beispiel auf das Ende der "
    "Rechtsbehelfsfrist.",
    "document_cancelled": "Das Dokument ist schon storniert.",
    "document_stays": "Dieses Dokument bleibt, wo es ist: Es ist eine Entscheidung oder das, was gesendet wurde.",
}


@blueprint.get("")
@access.staff()
def index(vorgang_id: UUID) -> str:
    return _page(vorgang_id)


@blueprint.post("/pruefung")
@access.staff()
def check(vorgang_id: UUID) -> str:
    """Check the chain of the Vorgang now and say in words what came out."""
    report = integrity.check(house(), vorgang_id, site().settings.anchor_file, by=current_actor(), at=now())
    return _page(vorgang_id, report)


@blueprint.get("/akte.pdf")
@access.staff()
def as_pdf(vorgang_id: UUID) -> Response:
    """The whole file on numbered sheets, to take along; the access is recorded."""
    made = export.export(house(), vorgang_id, by=current_actor(), at=now())
    response = Response(made.pdf, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=made.name)
    return response


@blueprint.get("/zda")
@access.staff()
def closing(vorgang_id: UUID) -> str:
    return _closing_page(vorgang_id, "")


@blueprint.post("/zda")
@access.staff()
def close(vorgang_id: UUID) -> AnyResponse:
    """Order "zu den Akten"."""
    try:
        file_actions.close(house(), vorgang_id, by=current_actor(), at=now())
    except Conflict as conflict:
        return Response(_closing_page(vorgang_id, _sentence(conflict)), 409)
    return redirect(url_for("akte.index", vorgang_id=vorgang_id), 303)


@blueprint.get("/dokumente/<uuid:dokument_id>/stornieren")
@access.staff()
def cancelling(vorgang_id: UUID, dokument_id: UUID) -> str:
    return _paper_page("stornieren", vorgang_id, dokument_id, {})


@blueprint.post("/dokumente/<uuid:dokument_id>/stornieren")
@access.staff()
def cancel(vorgang_id: UUID, dokument_id: UUID) -> AnyResponse:
    reason = request.form.get("grund", "")
    try:
        file_actions.cancel(house(), vorgang_id, dokument_id, reason=reason, by=current_actor(), at=now())
    except (Invalid, Conflict) as refusal:
        return _refused("stornieren", vorgang_id, dokument_id, refusal)
    return redirect(url_for("akte.index", vorgang_id=vorgang_id), 303)


@blueprint.get("/dokumente/<uuid:dokument_id>/umhaengen")
@access.staff()
def refiling(vorgang_id: UUID, dokument_id: UUID) -> str:
    return _paper_page("umhaengen", vorgang_id, dokument_id, {})


@blueprint.post("/dokumente/<uuid:dokument_id>/umhaengen")
@access.staff()
def refile(vorgang_id: UUID, dokument_id: UUID) -> AnyResponse:
    """Move the paper and show the file where it lies now."""
    target, reason = request.form.get("ziel", ""), request.form.get("grund", "")
    try:
        target_id = file_actions.refile(
            house(), vorgang_id, dokument_id, target=target, reason=reason, by=current_actor(), at=now()
        )
    except (Invalid, Conflict) as refusal:
        return _refused("umhaengen", vorgang_id, dokument_id, refusal)
    return redirect(url_for("akte.index", vorgang_id=target_id), 303)


def _page(vorgang_id: UUID, report: Report | None = None) -> str:
    by, at = current_actor(), now()
    overview = file_actions.overview(house(), vorgang_id, by=by, at=at)
    return render_template(
        "inbox/akte.html",
        case=cases.get(house(), vorgang_id, by=by, at=at),
        overview=overview,
        names={one.id: f"Nummer {one.number}" for one in overview.documents},
        hindrance=HINDRANCES.get(overview.hindrance, ""),
        disclosures=secrecy.of_vorgang(house(), vorgang_id, by=by, at=at),
        report=report,
        checked_at=at,
        words=file,
        list_address=notices.list_address(),
    )


def _closing_page(vorgang_id: UUID, problem: str) -> str:
    by, at = current_actor(), now()
    overview = file_actions.overview(house(), vorgang_id, by=by, at=at)
    return render_template(
        "inbox/zda.html",
        case=cases.get(house(), vorgang_id, by=by, at=at),
        overview=overview,
        problem=problem or HINDRANCES.get(overview.hindrance, ""),
        list_address=notices.list_address(),
    )


def _paper_page(act: str, vorgang_id: UUID, dokument_id: UUID, problems: Mapping[str, str]) -> str:
    by, at = current_actor(), now()
    overview = file_actions.overview(house(), vorgang_id, by=by, at=at)
    return render_template(
        "inbox/paper.html",
        act=act,
        case=cases.get(house(), vorgang_id, by=by, at=at),
        document=_paper(overview, dokument_id),
        problems=problems,
        given=request.form,
        reason_max=file_actions.REASON_MAX,
        words=file,
        list_address=notices.list_address(),
    )


def _paper(overview: file_actions.Overview, dokument_id: UUID) -> DokumentView:
    found = next((one for one in overview.documents if one.id == dokument_id), None)
    if found is None:
        raise NotFound("document_unknown", document_id=dokument_id)
    return found


def _refused(act: str, vorgang_id: UUID, dokument_id: UUID, refusal: Invalid | Conflict) -> AnyResponse:
    if isinstance(refusal, Invalid):
        return Response(_paper_page(act, vorgang_id, dokument_id, refusal.errors), 422)
    return Response(_paper_page(act, vorgang_id, dokument_id, {"": _sentence(refusal)}), 409)


def _sentence(conflict: Conflict) -> str:
    return HINDRANCES.get(conflict.code, HINDRANCES["vorgang_closed"])
