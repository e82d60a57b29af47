"""`/leistungen/<key>`: what a service is, what one needs for it, what it costs and how long it takes."""

from flask import Blueprint, render_template

from engine import catalog
from engine.catalog import Door, Procedure
from engine.errors import NotFound
from web import access
from web.pages import language
from web.site import house

blueprint = Blueprint("services", __name__)


@blueprint.get("/leistungen/<key>")
@access.public
def show(key: str) -> str:
    procedure = offered(key)

    def text(name: str) -> str:
        return procedure.text(name, language=language().code)

    return render_template("portal/service.html", procedure=procedure, text=text)


def offered(key: str) -> Procedure:
    """Return the newest version of a procedure that the portal offers; raises NotFound."""
    with house().db.read() as conn:
        procedure = catalog.latest(conn, key).procedure
    if Door.PORTAL not in procedure.facts.doors:
        raise NotFound("procedure_unknown", procedure_key=key)
    return procedure
