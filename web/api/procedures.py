"""`/api/v1/procedures`: what can be asked for, with its form, and asking for it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from flask import Blueprint

from engine import catalog, instances
from engine.catalog import GERMAN, Deployed
from engine.errors import Invalid, NotFound
from engine.instances import Sender
from engine.tokens import Scope
from forms.json_schema import json_schema
from forms.validate import Given, validate_json
from storage.models.vorgang import Kanal
from web.api.operation import operation
from web.auth import current_actor
from web.site import house, now

blueprint = Blueprint("api_procedures", __name__)

_TEXTS: Final = ("leistung.", "unterlagen.", "status.")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{2,63}")


@dataclass(frozen=True, slots=True)
class ProcedureLine:
    """A procedure that can be started."""

    key: str
    version: Annotated[int, "counts from 1"]
    title: str
    summary: Annotated[str, "one or two German sentences"]
    office: str
    trust_level: str


@dataclass(frozen=True, slots=True)
class ProcedureList:
    """All procedures, by title."""

    procedures: tuple[ProcedureLine, ...]


@dataclass(frozen=True, slots=True)
class ProcedureDetail:
    """A procedure with what its start form takes."""

    key: str
    version: int
    title: str
    summary: str
    office: str
    trust_level: str
    texts: Annotated[dict[str, str], "German texts by key: the service, papers to bring, stages"]
    form: Annotated[dict[str, Any], "JSON Schema (2020-12) of `values` at the start"]


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What is sent with the start form."""

    values: Annotated[dict[str, Any], "as the form's JSON Schema says; numbers as JSON numbers or strings"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receipt; the access code is shown only here and in answers to the same request."""

    vorgang_id: UUID
    aktenzeichen: str
    access_code: str
    sha256: Annotated[str, "of exactly the stored answers"]
    received_at: datetime


@operation(blueprint, "GET", "/procedures", scope=Scope.PROCEDURES_READ)
def index() -> ProcedureList:
    """List the procedures that can be started."""
    with house().db.read() as conn:
        return ProcedureList(tuple(_line(one) for one in catalog.catalogue(conn)))


@operation(blueprint, "GET", "/procedures/<key>", scope=Scope.PROCEDURES_READ)
def show(key: str) -> ProcedureDetail:
    """Return one procedure with the JSON Schema of its start form."""
    deployed = _latest(key)
    line, known = _line(deployed), deployed.procedure.texts[GERMAN].entries
    return ProcedureDetail(
        key=line.key,
        version=line.version,
        title=line.title,
        summary=line.summary,
        office=line.office,
        trust_level=line.trust_level,
        texts={name: known[name] for name in sorted(known) if name.startswith(_TEXTS)},
        form=json_schema(deployed.start_form),
    )


@operation(blueprint, "POST", "/procedures/<key>/instances", scope=Scope.ANTRAEGE_START, status=201)
def start(key: str, body: StartRequest, idempotency_key: str) -> Receipt:
    """Take in an Antrag, Anzeige or Meldung and start its procedure.

    The same key and values again give the same receipt and change nothing; the same key with other values is refused.
    """
    at, deployed = now(), _latest(key)
    result = validate_json(deployed.start_form, body.values, Given(now=at))
    if result.errors:
        raise Invalid("form_invalid", result.errors)
    started = instances.start(
        house(),
        deployed,
        result.values,
        by=current_actor(),
        at=at,
        sender=Sender(Kanal.API),
        idempotency_key=f"{key}:{idempotency_key}",
    )
    return Receipt(started.vorgang_id, started.aktenzeichen, started.access_code, started.sha256, started.sent_at)


def _latest(key: str) -> Deployed:
    if not _KEY.fullmatch(key):
        raise NotFound("procedure_unknown")
    with house().db.read() as conn:
        return catalog.latest(conn, key)


def _line(deployed: Deployed) -> ProcedureLine:
    procedure = deployed.procedure
    return ProcedureLine(
        key=procedure.key,
        version=deployed.version,
        title=procedure.title,
        summary=procedure.text("leistung.kurz", language=GERMAN),
        office=procedure.facts.office.name,
        trust_level=procedure.facts.trust_level.value,
    )
