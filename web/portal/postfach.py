"""`/postfach`: messages to the citizen, unread ones first, and what lies with them."""

from uuid import UUID

from flask import Blueprint, render_template

from engine import cases, postfach, tasks
from web import access
from web.auth import current_actor
from web.pages import language
from web.portal.cases import decisions_of
from web.site import house, now

blueprint = Blueprint("postfach", __name__, url_prefix="/postfach")


@blueprint.get("")
@access.citizen
def index() -> str:
    messages = postfach.list_of(house(), current_actor().id)
    unread = sum(1 for one in messages if one.read_at is None)
    return render_template("portal/postfach.html", messages=messages, unread=unread)


@blueprint.get("/<uuid:message_id>")
@access.citizen
def show(message_id: UUID) -> str:
    """A message; the first opening of a Bescheid is recorded as the day it was fetched."""
    by, at = current_actor(), now()
    message = postfach.read(house(), message_id, by=by, at=at)
    case = cases.get(house(), message.vorgang_id, by=by, at=at, language=language().code)
    with house().db.read() as conn:
        own_tasks = tasks.of_vorgang(conn, message.vorgang_id, by=by, on=at)
    return render_template(
        "portal/message.html",
        message=message,
        case=case,
        decisions=decisions_of(case, [one for one in case.decisions if one.document_id in message.documents]),
        documents=[one for one in case.documents if one.id in message.documents],
        tasks=own_tasks,
    )
