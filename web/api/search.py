"""`/api/v1/search`: procedures by what people type, and a Vorgang by its Aktenzeichen."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from flask import Blueprint

from engine import cases, catalog
from engine.cases import Case, View
from engine.tokens import Scope
from web.api.operation import operation
from web.api.status import Status, status_of
from web.auth import current_actor
from web.site import house, now

blueprint = Blueprint("api_search", __name__)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to look for."""

    q: Annotated[str, "words, or an Aktenzeichen with or without its check digit"]


@dataclass(frozen=True, slots=True)
class FoundProcedure:
    """A procedure that fits."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class FoundVorgang:
    """A Vorgang; another office sees its stage and nothing that leads into the file."""

    aktenzeichen: str
    id: Annotated[UUID | None, "null for another office"]
    applicant: Annotated[str, "empty for another office"]
    status: Status


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Procedures, best first, and the Vorgang with this Aktenzeichen."""

    procedures: tuple[FoundProcedure, ...]
    vorgang: FoundVorgang | None


@operation(blueprint, "GET", "/search", scope=Scope.SEARCH_READ)
def index(query: SearchQuery) -> SearchResult:
    """Find procedures, and the Vorgang whose Aktenzeichen was typed.

    Of a tax or social case another office learns nothing without the access code (see `/status`); of any other its
    stage, and that is recorded in the file.
    """
    with house().db.read() as conn:
        hits = catalog.search((one.procedure.entry() for one in catalog.catalogue(conn)), query.q)
    case = cases.look_up(house(), query.q, by=current_actor(), at=now())
    return SearchResult(tuple(FoundProcedure(hit.key, hit.title) for hit in hits), _found(case) if case else None)


def _found(case: Case) -> FoundVorgang:
    is_own = case.view is not View.STAGE
    return FoundVorgang(case.aktenzeichen, case.id if is_own else None, case.applicant, status_of(case))
