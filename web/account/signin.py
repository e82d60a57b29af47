"""Signing in and out, for citizens and for staff; `/konto` shows what the house knows about the person."""

import logging

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from engine.actors import TrustLevel
from web import access, auth, csrf, sessions
from web.claims import BadToken
from web.realms import Realm
from web.site import house, now, site

blueprint = Blueprint("signin", __name__)
log = logging.getLogger("amtsweg.auth")

_REALM = f"<any({', '.join(Realm)}):realm>"
_LANDING = {Realm.BUERGERKONTO: "/", Realm.VERWALTUNG: "/inbox"}


@blueprint.get("/anmelden")
@access.public
def index() -> str:
    """Explain the ways to sign in before the browser leaves for the provider."""
    return render_template("account/signin.html", next_path=_next_path(Realm.BUERGERKONTO))


@blueprint.get(f"/anmelden/{_REALM}")
@access.public
def start(realm: str) -> AnyResponse:
    """Send the browser to the provider; `?niveau=` asks for a trust level, `?weiter=` says where to end."""
    wanted = request.args.get("niveau", "").upper()
    level = TrustLevel[wanted] if wanted in TrustLevel.__members__ else TrustLevel.KEINS
    return redirect(auth.begin(Realm(realm), level=level, next_path=_next_path(Realm(realm))), 303)


@blueprint.get(f"/anmelden/{_REALM}/antwort")
@access.public
def answer(realm: str) -> AnyResponse:
    return redirect(auth.complete(Realm(realm), request.args), 303)


@blueprint.post(f"/abmelden/{_REALM}")
@access.machine
def leave(realm: str) -> AnyResponse:
    """Sign out; whoever is signed out already (a second click) is told just that."""
    if auth.person_in(Realm(realm)):
        csrf.check()
    return redirect(auth.leave(Realm(realm)) or url_for("signin.left"), 303)


@blueprint.get("/abgemeldet")
@access.public
def left() -> str:
    return render_template("account/signed_out.html")


@blueprint.post(f"/anmelden/{_REALM}/abmeldung")
@access.machine
def back_channel(realm: str) -> Response:
    """End the sessions that the provider's signed logout token names; a token counts once."""
    at = now()
    try:
        claims = site().sign_in[Realm(realm)].read_logout_token(request.form.get("logout_token", ""), at=at)
        with house().db.begin() as conn:
            ended = sessions.end_at_provider(
                conn, site().tenant.key, realm=Realm(realm), provider_sid=claims["sid"], jti=claims["jti"], at=at
            )
    except (BadToken, IntegrityError) as error:
        log.warning("logout_token_refused", extra={"realm": realm, "reason": getattr(error, "reason", "replay")})
        return Response(status=400)
    log.info("signed_out_at_provider", extra={"realm": realm, "sessions": ended})
    return Response(status=200)


@blueprint.post(f"/sitzung/{_REALM}")
@access.public
def stay(realm: str) -> Response:
    """Keep the session alive; the warning's button calls it."""
    return Response(status=204 if auth.person_in(Realm(realm)) else 401)


@blueprint.get("/konto")
@access.citizen
def account() -> str:
    return render_template("account/account.html", levels=list(TrustLevel)[1:])


def _next_path(realm: Realm) -> str:
    asked = request.args.get("weiter", "")
    return asked if auth.is_local_path(asked) else _LANDING[realm]
