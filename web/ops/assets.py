"""`/static`: style sheets, scripts, fonts."""

from flask import Blueprint, Response, current_app

from web import access
from web.assets import Assets

blueprint = Blueprint("assets", __name__)


@blueprint.get("/static/<path:path>")
@access.machine
def file(path: str) -> Response:
    assets: Assets = current_app.extensions["amtsweg-assets"]
    return assets.send(path)
