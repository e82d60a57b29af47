"""`/api/v1/status`: where a Vorgang stands, for whoever has its number and access code."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from flask import Blueprint

from engine import attempts, cases
from engine.cases import Case
from engine.stages import StageLine
from engine.tokens import Scope
from web.api.operation import operation
from web.auth import current_actor
from web.site import house, now

blueprint = Blueprint("api_status", __name__)


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """What stands on the receipt."""

    aktenzeichen: str
    access_code: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage in German words."""

    title: str
    text: str
    reached_at: Annotated[datetime | None, "null: still to come"]


@dataclass(frozen=True, slots=True)
class Status:
    """Stage and next step, and nothing about the matter itself (§ 30 AO, § 35 SGB I)."""

    procedure: str
    is_over: bool
    stage: Stage | None
    next: Stage | None


@operation(blueprint, "POST", "/status", scope=Scope.STATUS_READ)
def show(body: StatusRequest) -> Status:
    """Return stage and next step of a Vorgang; five wrong tries per number in 15 minutes, 50 per token."""
    at = now()
    limits = attempts.number_and_token(body.aktenzeichen, current_actor().id)
    case = attempts.limited(
        house(), limits, lambda: cases.by_number(house(), body.aktenzeichen, body.access_code, at=at), at=at
    )
    return status_of(case)


def status_of(case: Case) -> Status:
    """Return what everybody with the number and the code may know."""
    lines = list(case.stages)
    here = next((index for index, line in enumerate(lines) if line.is_current), len(lines))
    following = next(iter(lines[here + 1 :]), None)
    return Status(
        procedure=case.procedure.title,
        is_over=case.is_over,
        stage=_stage(case.stage),
        next=None if case.is_over else _stage(following),
    )


def _stage(line: StageLine | None) -> Stage | None:
    return Stage(line.title, line.text, line.reached_at) if line else None
