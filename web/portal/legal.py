"""Pages that the law asks for: Impressum (§ 5 DDG), Datenschutz (Art. 13 DSGVO), Barrierefreiheit (HessBGG)."""

from flask import Blueprint, render_template

from web import access

blueprint = Blueprint("legal", __name__)


@blueprint.get("/impressum")
@access.public
def impressum() -> str:
    return render_template("portal/impressum.html")


@blueprint.get("/datenschutz")
@access.public
def datenschutz() -> str:
    return render_template("portal/datenschutz.html")


@blueprint.get("/barrierefreiheit")
@access.public
def barrierefreiheit() -> str:
    return render_template("portal/barrierefreiheit.html")


@blueprint.get("/gebaerdensprache")
@access.public
def gebaerdensprache() -> str:
    return render_template("portal/gebaerdensprache.html")
