"""The provider's pages and endpoints, mounted below one path; no session, no cookie."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from engine.actors import TrustLevel
from integrations.demo_identity.provider import REALMS, DemoIdentity, RequestRefused

_REALM = f"/<any({', '.join(REALMS)}):site>"
_LEVELS = {
    TrustLevel.BASISREGISTRIERUNG: "mit Benutzername und Passwort",
    TrustLevel.SUBSTANTIELL: "mit ELSTER-Zertifikat",
    TrustLevel.HOCH: "mit Online-Ausweis",
}


def demo_blueprint(demo: DemoIdentity) -> Blueprint:
    """Return the blueprint that serves `demo`."""
    blueprint = Blueprint("demo_identity", __name__, template_folder="templates")

    @blueprint.get(f"{_REALM}/.well-known/openid-configuration")
    def metadata(site: str) -> Response:
        return jsonify(demo.metadata(site))

    @blueprint.get(f"{_REALM}/certs")
    def certs(site: str) -> Response:  # noqa: ARG001 -- both realms share one key
        return jsonify(demo.keys())

    @blueprint.get(f"{_REALM}/auth")
    def authorize(site: str) -> str:
        return _choice(demo, site, demo.accept(site, request.args))

    @blueprint.post(f"{_REALM}/auth")
    def choose(site: str) -> AnyResponse:
        return redirect(_chosen(demo, site), 303)

    @blueprint.post(f"{_REALM}/token")
    def token(site: str) -> Response:
        given = request.authorization
        return _uncached(
            demo.redeem(
                site,
                request.form,
                client_id=(given.username if given else None) or request.form.get("client_id", ""),
                client_secret=(given.password if given else None) or request.form.get("client_secret", ""),
            )
        )

    @blueprint.get(f"{_REALM}/logout")
    def logout(site: str) -> AnyResponse | str:
        address = demo.sign_out(site, request.args)
        return redirect(address, 303) if address else render_template("demo_identity/signed_out.html", site=site)

    blueprint.register_error_handler(RequestRefused, _refused(blueprint))
    return blueprint


def _choice(demo: DemoIdentity, site: str, sealed: str) -> str:
    return render_template(
        "demo_identity/choose.html",
        site=site,
        sealed=sealed,
        personas=list(demo.personas[site].values()),
        asked=demo.asked_level(site, sealed),
        levels=_LEVELS,
    )


def _chosen(demo: DemoIdentity, site: str) -> str:
    sealed = request.form.get("anfrage", "")
    persona, _, level = request.form.get("person", "").partition(":")
    if not persona:
        return demo.cancel(site, sealed)
    names = {name.lower(): known for name, known in TrustLevel.__members__.items()}
    return demo.choose(site, sealed, persona=persona, level=names.get(level, TrustLevel.KEINS))


def _refused(blueprint: Blueprint) -> Callable[[RequestRefused], tuple[str | Response, int]]:
    def handler(error: RequestRefused) -> tuple[str | Response, int]:
        if request.endpoint == f"{blueprint.name}.token":
            body = _uncached({"error": error.error, "error_description": error.description})
            return body, 401 if error.error == "invalid_client" else 400
        return render_template("demo_identity/refused.html", description=error.description), 400

    return handler


def _uncached(body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response
