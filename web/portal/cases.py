"""`/antraege`: what a citizen has sent and begun, and one Vorgang as she may see it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, render_template
from sqlalchemy import Connection

from engine import case_list, cases, catalog, drafts, postfach, tasks
from engine.actors import Actor
from engine.cases import Case, Decision, Service
from engine.catalog.facts import Remedy
from engine.drafts import DraftLine
from engine.stages import StageLine
from engine.tasks import OpenTask
from storage.models.verwaltungsakt import BekanntgabeStatus
from web import access, sessions
from web.auth import current_actor
from web.formats import euro, moment, today_in_berlin
from web.pages import language, t
from web.site import house, now

blueprint = Blueprint("antraege", __name__, url_prefix="/antraege")

ANSWERED = "portal.answered"
"""In the session: the Vorgang whose question was just answered; its page says so once."""


@dataclass(frozen=True, slots=True)
class DraftCard:
    """A draft that can be continued."""

    id: UUID
    title: str
    changed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision in plain words; the dates are None where they are not known yet."""

    title: str
    meaning: str
    how: str
    amounts: tuple[str, ...]
    document_id: UUID | None
    made_known_on: date | None
    is_known: bool
    has_remedy: bool
    remedy_ends_on: date | None
    is_period_over: bool


@blueprint.get("")
@access.citizen
def index() -> str:
    by, at = current_actor(), now()
    code = language().code
    with house().db.read() as conn:
        begun = [_draft(conn, one, code) for one in drafts.list_of(conn, by.id, at=at)]
    lines = case_list.list_of(house(), by=by, at=at, language=code)
    return render_template("portal/cases.html", lines=lines, drafts=begun)


@blueprint.get("/<uuid:vorgang_id>")
@access.citizen
def show(vorgang_id: UUID) -> str:
    by, at = current_actor(), now()
    case = cases.get(house(), vorgang_id, by=by, at=at, language=language().code)
    return render_template(
        "portal/case.html",
        case=case,
        is_answered=sessions.current().values.pop(ANSWERED, None) == str(vorgang_id),
        timeline=timeline(case),
        tasks=_own_tasks(vorgang_id, by, at),
        decisions=decisions_of(case, case.decisions),
        messages=[one for one in postfach.list_of(house(), by.id) if one.vorgang_id == vorgang_id],
    )


def timeline(case: Case) -> list[dict[str, str | None]]:
    """Return the stages as the macro takes them; only where the case stands now is explained."""
    return [
        {
            "state": _state(case, line),
            "title": line.title,
            "at": moment(line.reached_at, language().locale) if line.reached_at else None,
            "text": line.text if line.is_current else None,
        }
        for line in case.stages
    ]


def decisions_of(case: Case, decisions: Sequence[Decision]) -> list[DecisionView]:
    """Return the decisions that have left the office, in the reader's words."""
    return [_decision(case, one, one.services[-1]) for one in decisions if _has_left(one)]


def _state(case: Case, line: StageLine) -> str:
    if line.is_current and not case.is_over:
        return "now"
    return "done" if line.reached_at else "next"


def _has_left(decision: Decision) -> bool:
    return bool(decision.services) and decision.services[-1].status != BekanntgabeStatus.VORBEREITET


def _decision(case: Case, decision: Decision, service: Service) -> DecisionView:
    def text(key: str) -> str:
        return case.procedure.text(key, language=language().code)

    kind = case.procedure.facts.decision(decision.kind)
    return DecisionView(
        title=(kind.title if kind else text("bescheid.titel")) or t("portal.vorgang.bescheid"),
        meaning=text("bescheid.bedeutung"),
        how=t(f"portal.vorgang.kanal.{service.channel}"),
        amounts=tuple(_amounts(case, decision)),
        document_id=decision.document_id,
        made_known_on=service.made_known_on,
        is_known=service.made_known_on is not None and service.made_known_on <= today_in_berlin(now()),
        has_remedy=kind is None or kind.remedy is not Remedy.KEINER,
        remedy_ends_on=service.remedy_ends_on,
        is_period_over=service.period_over_at is not None,
    )


def _amounts(case: Case, decision: Decision) -> Iterator[str]:
    """The sums that were decided, as the procedure's texts name them (`daten.<name>.<key>`, see web/inbox/data.py)."""
    code = language().code
    for name, context in decision.tenor.items():
        for key, value in context.items() if isinstance(context, dict) else ():
            place = f"daten.{name}.{key}"
            title = case.procedure.text(f"{place}.titel", language=code)
            if title and isinstance(value, Decimal) and case.procedure.text(f"{place}.einheit") == "EUR":
                yield f"{title}: {euro(value, language().locale)}"


def _own_tasks(vorgang_id: UUID, by: Actor, at: datetime) -> list[OpenTask]:
    with house().db.read() as conn:
        return tasks.of_vorgang(conn, vorgang_id, by=by, on=at)


def _draft(conn: Connection, line: DraftLine, code: str) -> DraftCard:
    procedure = catalog.deployed(conn, line.deployment_id).procedure
    return DraftCard(line.id, procedure.text("leistung.titel", language=code), line.changed_at, line.expires_at)
