"""`/inbox/vorgaenge/<id>/bestand`: what remains in the Akte, what the Kasse was told, the person's other matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import bestand, cases, kasse, related
from engine.actors import Actor
from engine.cases import Case, View
from engine.catalog.bestand import Bestand, BestandKind, FieldType
from engine.errors import NotFound
from engine.feel.values import Value
from engine.files import open_file
from engine.house import House
from engine.kasse import Demand
from engine.related import Related
from storage.akte.bestand import Objekt, State
from storage.models.sollstellung import SollstellungStatus
from web import access
from web.auth import current_actor
from web.formats import day, euro, today_in_berlin
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("bestand", __name__, url_prefix="/inbox/vorgaenge/<uuid:vorgang_id>/bestand")

STATUS: Final = {
    SollstellungStatus.VORBEREITET: ("info", "vorbereitet"),
    SollstellungStatus.UEBERGEBEN: ("info", "an die Kasse übergeben"),
    SollstellungStatus.BESTAETIGT: ("success", "von der Kasse bestätigt"),
    SollstellungStatus.ABGELEHNT: ("danger", "von der Kasse abgelehnt"),
}


@dataclass(frozen=True, slots=True)
class ObjectLine:
    """An object as the page shows it; `facts` are label and text of what holds now, `history` the newest first."""

    kind: BestandKind
    objekt: Objekt
    name: str
    validity: str
    is_over: bool
    facts: tuple[tuple[str, str], ...]
    history: tuple["StateLine", ...]


@dataclass(frozen=True, slots=True)
class StateLine:
    """A state that was recorded; `aktenzeichen` is None where the Vorgang is not hers to see."""

    recorded_at: datetime
    validity: str
    vorgang_id: UUID
    aktenzeichen: str | None
    holds: bool
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a case: the other matters and the Kasse; nothing where only a task is hers to see."""

    others: Sequence[Related]
    demands: Sequence[Demand]
    has_bestand: bool

    def __bool__(self) -> bool:
        return bool(self.others or self.demands or self.has_bestand)


@blueprint.get("")
@access.staff()
def show(vorgang_id: UUID) -> str:
    by, at = current_actor(), now()
    case = cases.get(house(), vorgang_id, by=by, at=at)
    if case.view is not View.FULL:
        raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)
    others = related.of_case(house(), case, by=by)
    with house().db.read() as conn:
        opened = open_file(house(), conn, vorgang_id)
        kept = bestand.of_akte(house(), conn, opened)
        demands = kasse.of_vorgang(conn, opened, by=by)
    numbers = {case.id: case.aktenzeichen} | {one.id: one.aktenzeichen for one in others if one.same_akte}
    lines = _lines(kept.declared, kept.objects, numbers, today_in_berlin(at)) if kept else []
    return render_template(
        "inbox/bestand.html",
        case=case,
        lines=lines,
        others=others,
        demands=demands,
        status=STATUS,
        amount=cents,
        list_address=notices.list_address(),
    )


@blueprint.post("/sollstellungen/<uuid:sollstellung_id>")
@access.staff()
def hand_over_again(vorgang_id: UUID, sollstellung_id: UUID) -> AnyResponse:
    """Give the Kasse once more what it refused."""
    by, at = current_actor(), now()
    case = cases.get(house(), vorgang_id, by=by, at=at)
    if sollstellung_id not in {one.id for one in beside(house(), case, by=by).demands}:
        raise NotFound("sollstellung_unknown", sollstellung_id=sollstellung_id)
    kasse.hand_over_again(house(), sollstellung_id, by=by, at=at)
    return redirect(url_for("bestand.show", vorgang_id=vorgang_id, _anchor="kasse"), 303)


def beside(opened_house: House, case: Case, *, by: Actor) -> Beside:
    """Return what the page of a case says of the Akte around it."""
    if case.view is not View.FULL:
        return Beside((), (), has_bestand=False)
    others = related.of_case(opened_house, case, by=by)
    with opened_house.db.read() as conn:
        opened = open_file(opened_house, conn, case.id)
        return Beside(others, kasse.of_vorgang(conn, opened, by=by), opened.procedure.bestand is not None)


def cents(amount: int) -> str:
    """Return "-60,00 EUR"."""
    return euro(Decimal(amount) / 100)


def _lines(declared: Bestand, objects: Sequence[Objekt], numbers: dict[UUID, str], today: date) -> list[ObjectLine]:
    """Parents before their children, in the order of the description."""
    order = {kind.key: place for place, kind in enumerate(declared.kinds)}
    known = [(kind, one) for one in objects if (kind := declared.kind(one.kind)) is not None]
    known.sort(key=lambda pair: order[pair[0].key])
    return [_line(kind, one, numbers, today) for kind, one in known]


def _line(kind: BestandKind, objekt: Objekt, numbers: dict[UUID, str], today: date) -> ObjectLine:
    state = objekt.state_on(today)
    fields = bestand.fields_of(kind, state.fields if state else {})
    newest_first = sorted(objekt.states, key=lambda one: one.seq, reverse=True)
    return ObjectLine(
        kind=kind,
        objekt=objekt,
        name=str(fields.get(kind.name or "") or kind.title),
        validity=_validity(objekt.valid_from, objekt.valid_to),
        is_over=objekt.valid_to is not None and objekt.valid_to < today,
        facts=_facts(kind, fields),
        history=tuple(_state_line(kind, one, numbers) for one in newest_first),
    )


def _state_line(kind: BestandKind, state: State, numbers: dict[UUID, str]) -> StateLine:
    return StateLine(
        recorded_at=state.recorded_at,
        validity=_validity(state.valid_from, state.valid_to),
        vorgang_id=state.vorgang_id,
        aktenzeichen=numbers.get(state.vorgang_id),
        holds=state.superseded_at is None,
        facts=_facts(kind, bestand.fields_of(kind, state.fields)),
    )


def _facts(kind: BestandKind, fields: dict[str, Value]) -> tuple[tuple[str, str], ...]:
    return tuple((one.title, _text(one.type, fields[one.key])) for one in kind.fields if fields[one.key] is not None)


def _text(field_type: FieldType, value: Any) -> str:
    if field_type is FieldType.DATE:
        return day(value)
    if field_type is FieldType.MONEY:
        return euro(value)
    if field_type is FieldType.BOOLEAN:
        return "ja" if value else "nein"
    return str(value)


def _validity(first: date | None, last: date | None) -> str:
    if first is None:
        return ""
    return f"ab {day(first)}" if last is None else f"{day(first)} bis {day(last)}"
