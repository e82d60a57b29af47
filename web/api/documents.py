"""`/api/v1/vorgaenge/<id>/documents`: the papers of a Vorgang, as far as the token's roles see them."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Annotated
from uuid import UUID

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from engine import cases
from engine.tokens import Scope
from web import headers
from web.api.operation import operation
from web.auth import current_actor
from web.site import house, now

blueprint = Blueprint("api_documents", __name__)


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A paper in the file."""

    id: UUID
    number: Annotated[int, "counts from 1 in the order of filing"]
    name: str
    direction: Annotated[str, "eingang, ausgang or intern"]
    kind: str
    filed_at: datetime
    media_type: str
    size_bytes: int
    sha256: str
    scan_state: Annotated[str, "offen, sauber, befallen, nicht_pruefbar or entfaellt"]


@dataclass(frozen=True, slots=True)
class DocumentList:
    """The papers that the token sees, in the order of filing."""

    documents: tuple[DocumentLine, ...]


@operation(blueprint, "GET", "/vorgaenge/<uuid:vorgang_id>/documents", scope=Scope.DOCUMENTS_READ)
def index(vorgang_id: UUID) -> DocumentList:
    """List the documents of a Vorgang."""
    case = cases.get(house(), vorgang_id, by=current_actor(), at=now())
    return DocumentList(
        tuple(
            DocumentLine(
                id=one.id,
                number=one.number,
                name=one.name,
                direction=one.richtung.value,
                kind=one.art,
                filed_at=one.filed_at,
                media_type=one.media_type,
                size_bytes=one.size_bytes,
                sha256=one.sha256.hex(),
                scan_state=one.scan_state.value,
            )
            for one in case.documents
        )
    )


@operation(
    blueprint, "GET", "/vorgaenge/<uuid:vorgang_id>/documents/<uuid:document_id>/content", scope=Scope.DOCUMENTS_READ
)
def content(vorgang_id: UUID, document_id: UUID) -> Response:
    """Return the bytes of a document; the access is recorded in the file. One with a virus is refused (403)."""
    view, data = cases.open_document(house(), vorgang_id, document_id, by=current_actor(), at=now())
    response = send_file(BytesIO(data), view.media_type, as_attachment=True, download_name=view.name, etag=False)
    response.headers["Cache-Control"] = "no-store"
    headers.allow("sandbox", "")
    return response
