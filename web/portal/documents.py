"""`/antraege/<id>/dokumente/<id>`: a document of the citizen's own Vorgang, to read or to keep."""

from uuid import UUID

from flask import Blueprint, Response

from engine import cases, postfach
from web import access, downloads
from web.auth import current_actor
from web.site import house, now

blueprint = Blueprint("antrag_dokumente", __name__, url_prefix="/antraege/<uuid:vorgang_id>/dokumente")


@blueprint.get("/<uuid:dokument_id>")
@access.citizen
def show(vorgang_id: UUID, dokument_id: UUID) -> Response:
    """The document; opening it counts as opening the message with which it came."""
    by, at = current_actor(), now()
    found, data = cases.open_document(house(), vorgang_id, dokument_id, by=by, at=at)
    postfach.read_with(house(), dokument_id, by=by, at=at)
    return downloads.document(found.name, found.media_type, data)
