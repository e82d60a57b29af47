"""`/`: one large search and the services of the portal."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request

from engine import catalog
from engine.catalog import Deployed, Door
from web import access
from web.pages import language
from web.site import house

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Service:
    """A procedure as a card, in the reader's language."""

    title: str
    text: str
    address: str


@blueprint.get("/")
@access.public
def index() -> str:
    """Show all services, or those that fit `?suche=`, best first."""
    searched = request.args.get("suche", "").strip()
    with house().db.read() as conn:
        offered = {
            one.procedure.key: one for one in catalog.catalogue(conn) if Door.PORTAL in one.procedure.facts.doors
        }
    if searched:
        hits = catalog.search((one.procedure.entry() for one in offered.values()), searched)
        offered = {hit.key: offered[hit.key] for hit in hits}
    return render_template("portal/home.html", searched=searched, services=[_service(one) for one in offered.values()])


def _service(one: Deployed) -> Service:
    def text(key: str) -> str:
        return one.procedure.text(key, language=language().code)

    return Service(text("leistung.titel"), text("leistung.kurz"), f"/leistungen/{one.procedure.key}")
