"""`/inbox/vorgaenge/<id>/rueckfragen`: what was asked and answered; the office waives an item or gives more time."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import cases, rueckfragen
from engine.errors import Conflict, Invalid
from engine.rueckfragen import RueckfrageView
from web import access
from web.auth import current_actor
from web.inbox import file, notices
from web.site import house, now

blueprint = Blueprint("rueckfragen", __name__, url_prefix="/inbox/vorgaenge/<uuid:vorgang_id>/rueckfragen")

STATE = {"offen": "offen", "erfuellt": "beantwortet", "verzichtet": "verzichtet"}
STATUS = {
    "offen": "wartet auf Antwort",
    "beantwortet": "beantwortet",
    "erledigt": "erledigt",
    "ueberfaellig": "verfristet",
}
KIND = {"nachweis": "Nachweis", "angabe": "Angabe"}


@blueprint.get("")
@access.staff()
def show(vorgang_id: UUID) -> str:
    return _page(vorgang_id, {}, "")


@blueprint.post("")
@access.staff()
def act(vorgang_id: UUID) -> AnyResponse:
    """Do what the button says: `verzichten:<item>`, `verlaengern:<Rückfrage>` or `ablehnen:<Rückfrage>`."""
    by, at = current_actor(), now()
    asked = rueckfragen.of_vorgang(house(), vorgang_id, by=by, at=at)
    why = request.form.get("grund", "")
    try:
        action, target = _action(asked)
        if action == "verzichten":
            went_on = rueckfragen.waive(house(), vorgang_id, target, by=by, at=at)
            more = " Nichts ist mehr offen: Der Vorgang geht weiter." if went_on else ""
            notices.put("success", f"Auf den Punkt ist verzichtet.{more}", vorgang_id=vorgang_id)
        elif action == "verlaengern":
            rueckfragen.grant(house(), vorgang_id, target, day=_day(), why=why, by=by, at=at)
        else:
            rueckfragen.refuse(house(), vorgang_id, target, why=why, by=by, at=at)
    except Invalid as invalid:
        return Response(_page(vorgang_id, invalid.errors, ""), 422)
    except Conflict:
        trouble = "Das hat inzwischen jemand erledigt. Es wurde nichts geändert; unten steht der neue Stand."
        return Response(_page(vorgang_id, {}, trouble), 409)
    return redirect(url_for("rueckfragen.show", vorgang_id=vorgang_id), 303)


def _action(asked: list[RueckfrageView]) -> tuple[str, UUID]:
    """The button with what it is about; raises Invalid for one that the page does not have."""
    action, _, name = request.form.get("_aktion", "").partition(":")
    known = {"verzichten": [punkt.id for one in asked for punkt in one.punkte]}
    for target in known.get(action, [one.id for one in asked]):
        if str(target) == name and action in ("verzichten", "verlaengern", "ablehnen"):
            return action, target
    raise Invalid("action_unknown", {"": "Wählen Sie einen der Knöpfe auf dieser Seite."})


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("tag", ""))
    except ValueError as error:
        sentence = "Geben Sie den neuen Tag an, zum Beispiel 15.01.2027."
        raise Invalid("day_missing", {"tag": sentence}) from error


def _page(vorgang_id: UUID, errors: Mapping[str, str], trouble: str) -> str:
    by, at = current_actor(), now()
    asked = rueckfragen.of_vorgang(house(), vorgang_id, by=by, at=at)
    return render_template(
        "inbox/rueckfragen.html",
        case=cases.get(house(), vorgang_id, by=by, at=at),
        asked=asked,
        proposed={one.id: rueckfragen.proposed(house(), one) for one in asked if one.is_open},
        errors=errors,
        typed=request.form,
        trouble=trouble,
        words=file,
        state=STATE,
        status=STATUS,
        kind=KIND,
        list_address=notices.list_address(),
    )
