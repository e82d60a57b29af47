"""The only place that wires the house: settings in, a WSGI app out."""

import secrets
import ssl
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from logging import getLogger
from pathlib import Path
from pkgutil import iter_modules
from time import perf_counter
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

import web
from engine import product, tokens
from engine.actors import Actor
from engine.house import Authority, House, Notifier
from integrations.demo_identity.provider import DemoIdentity, RegisteredClient
from integrations.demo_identity.views import demo_blueprint
from integrations.kasse.folders import KasseFolders
from integrations.letters.renderer import ChildRenderer
from integrations.mail.client import SmtpNotifier
from integrations.mail.outbox import FolderOutbox
from storage.crypto import MasterKey
from storage.db import Database
from storage.objects.folder import FolderStore
from web import access, errors, guard, headers, logs, pages, sessions
from web.assets import Assets
from web.metrics import Metrics
from web.oidc import Client, Provider
from web.realms import Realm
from web.settings import Environment, IdentitySource, Settings
from web.site import Site, move_in, site, site_of
from web.texts import read_texts

log = getLogger("amtsweg.web")

HERE = Path(__file__).parent
MAX_FORM_BYTES = 2_000_000
MAX_FORM_PARTS = 2_000
PAGE_STATEMENT_S = 3.0
"""How long a page waits for one statement; longer, and people do not know whether anything happens at all."""
DEMO_IDENTITY_PATH = "/demo-anmeldung"
WITHOUT_PAGES = frozenset({"web.cli", "web.bench"})

_REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is misheard on the telephone


def open_house(settings: Settings, *, statement_timeout_s: float = 15.0) -> House:
    """Connect what use cases work with, for web and worker; raises with a clear sentence what is missing."""
    tenant = settings.tenant
    house = House(
        db=Database(
            settings.database_address(),
            tenant_id=tenant.key,
            pool_size=settings.threads + 1,
            statement_timeout_s=statement_timeout_s,
        ),
        objects=FolderStore(settings.object_dir),
        master_key=MasterKey.from_file(settings.master_key_file),
        authority=Authority(
            city=tenant.city_name,
            street=tenant.street,
            place=f"{tenant.postcode} {tenant.town}",
            offices=tenant.offices,
            phone=tenant.phone,
            email=tenant.email,
            website=tenant.website,
        ),
        renderer=ChildRenderer(),
        notify=_notifier(settings),
        kasse=KasseFolders(settings.kasse_outbox_dir, settings.kasse_inbox_dir),
    )
    house.connectors.update(product.connectors(house))
    return house


def open_site(settings: Settings) -> Site:
    """Put together what the pages need beyond the house."""
    opened = open_house(settings, statement_timeout_s=PAGE_STATEMENT_S)
    return Site(
        settings=settings,
        house=opened,
        texts=read_texts(HERE),
        metrics=Metrics(),
        sign_in={realm: Provider(client) for realm, client in _clients(settings).items()},
        token_actor=lambda secret, at: _token_actor(opened, secret, at),
    )


def create_app(settings: Settings, opened: Site | None = None) -> Flask:
    """Return the app with every page of `web/*/`; a page without an access rule stops it here."""
    app = Flask("amtsweg", root_path=str(HERE), static_folder=None)
    move_in(app, opened or open_site(settings))
    _limit(app, settings)
    assets = Assets(watch=settings.env is Environment.DEVELOPMENT)
    if not assets.is_complete():
        raise RuntimeError("The front-end files are missing in web/static/vendor; run `make setup`.")
    app.extensions["amtsweg-assets"] = assets
    pages.register(app, assets)
    errors.register(app)
    app.before_request(_begin)
    app.before_request(guard.admit)
    app.after_request(_finish)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    if settings.identity is IdentitySource.DEMO:
        _add_demo_identity(app, settings)
    undeclared = access.undeclared(app)
    if undeclared:
        raise RuntimeError(f"these views declare no access: {', '.join(undeclared)}")
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def blueprints() -> Iterator[Blueprint]:
    """Find every module `web/<area>/<name>.py` that has a `blueprint`; there is no list to edit."""
    for area in iter_modules(web.__path__, "web."):
        if area.ispkg and area.name not in WITHOUT_PAGES:
            for module in iter_modules(import_module(area.name).__path__, f"{area.name}."):
                blueprint = getattr(import_module(module.name), "blueprint", None)
                if isinstance(blueprint, Blueprint):
                    yield blueprint


def _limit(app: Flask, settings: Settings) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_request_mb * 1_000_000,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        TRUSTED_HOSTS=[urlsplit(settings.base_url).hostname, "127.0.0.1", "localhost"],
        PROPAGATE_EXCEPTIONS=False,
    )


def _clients(settings: Settings) -> dict[Realm, Client]:
    def client(realm: Realm, issuer: str, client_id: str, client_secret: str) -> Client:
        return Client(
            realm=realm,
            issuer=issuer,
            client_id=client_id,
            client_secret=client_secret,
            redirect_uri=f"{settings.base_url}/anmelden/{realm}/antwort",
            signed_out_uri=f"{settings.base_url}/abgemeldet",
        )

    buerger, amt = settings.oidc_buerger_client_id, settings.oidc_amt_client_id
    if settings.identity is IdentitySource.DEMO:
        demo = settings.base_url + DEMO_IDENTITY_PATH
        secret = DemoIdentity.client_secret
        return {
            realm: client(realm, f"{demo}/{realm}", client_id, secret(settings.secret_key_bytes, realm))
            for realm, client_id in ((Realm.BUERGERKONTO, buerger), (Realm.VERWALTUNG, amt))
        }
    return {
        Realm.BUERGERKONTO: client(
            Realm.BUERGERKONTO, settings.oidc_buerger_issuer, buerger, settings.oidc_buerger_client_secret.reveal()
        ),
        Realm.VERWALTUNG: client(
            Realm.VERWALTUNG, settings.oidc_amt_issuer, amt, settings.oidc_amt_client_secret.reveal()
        ),
    }


def _notifier(settings: Settings) -> Notifier:
    tenant, sender = settings.tenant, settings.mail_from
    if not settings.smtp_host:
        return FolderOutbox(settings.data_dir / "mail", sender, tenant.city_name, settings.base_url)
    is_here = settings.smtp_host in {"127.0.0.1", "localhost", "::1"}
    return SmtpNotifier(
        settings.smtp_host,
        settings.smtp_port,
        sender,
        tenant.city_name,
        settings.base_url,
        user=settings.smtp_user,
        password=settings.smtp_password.reveal(),
        tls=None if is_here else ssl.create_default_context(),
    )


def _add_demo_identity(app: Flask, settings: Settings) -> None:
    """The identity provider with named personas, a site of its own below one path; refused in production."""
    demo = DemoIdentity(
        address=settings.base_url + DEMO_IDENTITY_PATH,
        is_production=settings.is_production,
        secret=settings.secret_key_bytes,
        key_file=settings.data_dir / "demo-identity.pem",
        clients={
            client.realm.value: RegisteredClient(client.client_id, client.redirect_uri, client.signed_out_uri)
            for client in _clients(settings).values()
        },
        now=lambda: site_of(app).now(),
    )
    blueprint = demo_blueprint(demo)
    app.register_blueprint(blueprint, url_prefix=DEMO_IDENTITY_PATH)
    access.declare_all(app, blueprint)


def _begin() -> None:
    g.started = perf_counter()
    g.request_id = "-".join("".join(secrets.choice(_REFERENCE_ALPHABET) for _ in range(5)) for _ in range(2))
    logs.request_id.set(g.request_id)
    if request.mimetype in {"application/x-www-form-urlencoded", "application/json"}:
        request.max_content_length = MAX_FORM_BYTES  # werkzeug's own limit of form memory is for multipart only


def _finish(response: Response) -> Response:
    """Store sessions, add headers, count; in this order, because headers depend on cookies."""
    if not g.get("is_saving"):  # when saving fails, the answer to that failure comes here too
        g.is_saving = True
        response = sessions.save(response)
    response = headers.add(response)
    response.headers["X-Request-ID"] = g.request_id
    _count(response)
    return response


def _count(response: Response) -> None:
    seconds = perf_counter() - g.started
    route, method, status = str(request.url_rule or "unknown"), request.method, response.status_code
    site().metrics.observe(route=route, method=method, status=status, seconds=seconds)
    if request.blueprint not in {"assets", "health"}:
        milliseconds = round(seconds * 1000, 1)
        log.info("request", extra={"route": route, "method": method, "status": status, "ms": milliseconds})


def _token_actor(opened: House, secret: str, at: datetime) -> Actor | None:
    with opened.db.read() as conn:
        return tokens.actor_of(conn, secret, at=at)
