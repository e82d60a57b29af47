"""`/`: one large search, the services, the way to what is already running."""

from flask import Blueprint, render_template, request

from web import access, auth

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@access.public
def index() -> str:
    """Show the services, or those that fit `?suche=`."""
    searched = request.args.get("suche", "").strip()
    return render_template("portal/home.html", searched=searched, services=[], person=auth.current_person())
