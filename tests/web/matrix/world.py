"""A real house with two matters, and everybody who might come to see them.

A matter is what one citizen has at one office: a draft, a sent draft, an open task, a question to her, a decision. One
is under Steuergeheimnis, one is not; the office of the one is foreign to the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from engine import accounts, cases, catalog, drafts, instances, jobs, postfach, reasons, tasks, tokens
from engine.actors import Actor, ActorKind, TrustLevel
from engine.files import key_of_vorgang
from engine.instances import Sender, Started
from engine.tokens import Scope
from storage.akte import changes, parties
from storage.akte.parties import NewParty
from storage.crypto import create_master_key
from storage.models.akte_event import AkteEvent
from storage.models.dokument import Dokument
from storage.models.entwurf import Entwurf
from storage.models.party import PartyKind, Rolle
from storage.models.step import StepRow
from storage.models.task import Task
from storage.models.vorgang import Kanal, VorgangRow
from tests.houses import BlankRenderer, deploy, dog_values
from web import csrf, sessions
from web.app import create_app, open_site
from web.auth import Person
from web.realms import Realm
from web.settings import Environment, Settings
from web.site import Site

AT: Final = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PNG: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e366"
    "0000000049454e44ae426082"
)
Objects = dict[str, Any]
_KEPT: Final = (StepRow, AkteEvent, VorgangRow, Dokument)


class Kind(StrEnum):
    """What somebody shows at the door."""

    NOTHING = "nothing"
    CITIZEN = "citizen"
    STAFF = "staff"
    TOKEN = "token"


class Right(StrEnum):
    """How a token stands to the scope that a route asks for."""

    THIS = "this"
    OTHERS = "others"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who comes to a route of a matter."""

    name: str
    kind: Kind
    account: str = ""
    roles: tuple[str, ...] = ()
    house: str = "darmstadt"
    """Whose pages are opened."""
    signed_in_at: str = "darmstadt"
    """Where the session or token is from."""
    right: Right = Right.THIS

    @property
    def is_known_here(self) -> bool:
        return self.house == self.signed_in_at


@dataclass(frozen=True, slots=True)
class Matter:
    """What one citizen has at one office."""

    office: str
    other_office: str
    owner: str
    objects: Mapping[str, Objects]
    needles: tuple[str, ...]
    """Texts that nobody else may ever read."""
    fresh: Callable[[str], Objects]

    def visitors(self) -> list[Visitor]:
        """Everybody who might come, those without any right to the matter first."""
        own, other = (self.office,), (self.other_office, f"{self.other_office}-zeichnung")
        citizen, staff, token = Kind.CITIZEN, Kind.STAFF, Kind.TOKEN
        return [
            Visitor("nobody", Kind.NOTHING),
            Visitor("other_citizen", citizen, f"{self.owner}-nachbarin"),
            Visitor("former_representative", citizen, f"{self.owner}-frueher"),
            Visitor("owner_at_other_tenant", citizen, self.owner, house="koeln", signed_in_at="koeln"),
            Visitor("owner_with_foreign_cookie", citizen, self.owner, signed_in_at="koeln"),
            Visitor("clerk_with_owners_name", staff, self.owner),
            Visitor("other_office", staff, "anderes-amt", other),
            Visitor("post_room", staff, "poststelle", ("poststelle",)),
            Visitor("hotline", staff, "hotline", ("hotline",)),
            Visitor("operator", staff, "betrieb", ("betrieb",)),
            Visitor("without_role", staff, "niemand"),
            Visitor("clerk_at_other_tenant", staff, "amt", own, house="koeln", signed_in_at="koeln"),
            Visitor("clerk_with_foreign_cookie", staff, "amt", own, signed_in_at="koeln"),
            Visitor("citizen_with_role_name", citizen, self.office, own),
            Visitor("token_of_other_office", token, roles=other),
            Visitor("token_without_office", token),
            Visitor("token_without_scope", token, roles=own, right=Right.OTHERS),
            Visitor("token_revoked", token, roles=own, right=Right.REVOKED),
            Visitor("token_of_other_tenant", token, roles=own, signed_in_at="koeln"),
            Visitor("token_at_other_tenant", token, roles=own, house="koeln", signed_in_at="koeln"),
            Visitor("representative", citizen, f"{self.owner}-vertretung"),
            Visitor("owner", citizen, self.owner),
            Visitor("second_person", staff, "zeichnung", (f"{self.office}-zeichnung",)),
            Visitor("clerk", staff, "amt", own),
            Visitor("token_of_office", token, roles=own),
        ]


@dataclass
class House:
    """One tenant's app."""

    app: Flask
    site: Site
    secrets: dict[tuple[str, ...], str] = field(default_factory=dict)
    cookies: dict[Visitor, tuple[str, str]] = field(default_factory=dict)

    def token(self, scopes: tuple[str, ...], roles: tuple[str, ...], right: Right) -> str:
        """Return the secret of a token with these, made once."""
        wanted = (*scopes, *roles, right.value)
        if wanted not in self.secrets:
            with self.site.house.db.begin() as conn:
                made = tokens.create(
                    conn, "Programm", scopes=scopes, roles=roles, expires_at=AT + timedelta(days=1), at=AT
                )
                if right is Right.REVOKED:
                    tokens.revoke(conn, made.token.id, at=AT)
            self.secrets[wanted] = made.secret
        return self.secrets[wanted]

    def session(self, visitor: Visitor) -> tuple[str, str]:
        """Sign the visitor in unless she is; return name and value of the cookie."""
        if visitor not in self.cookies:
            self.cookies[visitor] = self._sign_in(visitor)
        return self.cookies[visitor]

    def _sign_in(self, visitor: Visitor) -> tuple[str, str]:
        realm = Realm.BUERGERKONTO if visitor.kind is Kind.CITIZEN else Realm.VERWALTUNG
        actor = actor_of(visitor, self.site.tenant.key)
        issuer, _, subject = actor.id.partition("|")
        person = Person(
            issuer=issuer,
            subject=subject,
            name=actor.name,
            roles=visitor.roles,
            level=TrustLevel.HOCH,
            authenticated_at=AT,
            provider_sid="sid",
            id_token="e30.e30.",
        )
        with self.site.house.db.begin() as conn:
            accounts.remember(conn, actor, at=AT)
        with self.app.test_request_context("/"):
            session = sessions.sign_in(realm, person.to_json(), actor_id=actor.id, provider_sid="sid")
        return sessions.cookie_name(realm, self.site.settings), session.token


@dataclass
class World:
    houses: Mapping[str, House]
    matters: Mapping[str, Matter]
    database: str

    def visit(
        self, visitor: Visitor, method: str, address: str, *, scopes: tuple[str, ...], realm: Realm, **sent: Any
    ) -> TestResponse:
        """Open an address as the visitor would, with a fresh browser; forms bring the token of their session."""
        house = self.houses[visitor.house]
        client = house.app.test_client()
        headers: dict[str, str] = {}
        if visitor.kind is Kind.TOKEN:
            held = scopes if visitor.right is not Right.OTHERS else tuple(set(Scope) - set(scopes))
            secret = self.houses[visitor.signed_in_at].token(held or tuple(Scope), visitor.roles, visitor.right)
            headers["Authorization"] = f"Bearer {secret}"
        elif visitor.kind is not Kind.NOTHING:
            client.set_cookie(*self.houses[visitor.signed_in_at].session(visitor))
        if method != "GET" and "json" not in sent:
            sent["data"] = {**form_token(house.app, client, realm), **sent.get("data", {})}
        answer = client.open(address, method=method, headers=headers, **sent)
        if address.startswith("/abmelden/"):
            house.cookies.pop(visitor, None)
        return answer

    def stand(self) -> tuple[Any, ...]:
        """What the files, tasks and drafts are now; equal if nothing of them has changed."""
        with self.houses["darmstadt"].site.house.db.read() as conn:
            counts = [conn.execute(select(func.count()).select_from(one)).scalar_one() for one in _KEPT]
            held = conn.execute(select(Task.id, Task.assignee).order_by(Task.id)).all()
            saved = conn.execute(select(Entwurf.id, Entwurf.version).order_by(Entwurf.id)).all()
        return (*counts, *held, *saved)

    def close(self) -> None:
        for house in self.houses.values():
            house.site.house.db.close()


def build(url: str, folder: Path, database: str) -> World:
    """Build the houses of two tenants in one database, and two matters in one of them."""
    houses = {tenant: _house(url, folder, tenant) for tenant in ("darmstadt", "koeln")}
    home = _Home(houses["darmstadt"])
    return World(houses, {"steuer": home.dog_tax(), "allgemein": home.certificate()}, database)


def form_token(app: Flask, client: FlaskClient, realm: Realm) -> dict[str, str]:
    """The hidden field of a form that this browser has seen."""
    cookie = sessions.cookie_name(realm, app.extensions["amtsweg"].settings)
    found = client.get_cookie(cookie)
    token = _form_token(app, realm, f"{cookie}={found.value}") if found else None
    if token is None:
        client.get("/status")  # gives a session to who has none, or one of another house
        found = client.get_cookie(cookie)
        token = _form_token(app, realm, f"{cookie}={found.value}") if found else None
    return {csrf.FIELD: token} if token else {}


def _form_token(app: Flask, realm: Realm, cookie: str) -> str | None:
    with app.test_request_context("/", headers={"Cookie": cookie}):
        session = sessions.of(realm)
        return session.csrf if session.is_stored else None


def actor_of(visitor: Visitor, tenant_id: str) -> Actor:
    kind = ActorKind.CITIZEN if visitor.kind is Kind.CITIZEN else ActorKind.STAFF
    realm = Realm.BUERGERKONTO if visitor.kind is Kind.CITIZEN else Realm.VERWALTUNG
    return Actor(
        f"https://login.example/{realm}|{visitor.account}",
        kind,
        tenant_id,
        "Kim Besuch",
        roles=frozenset(visitor.roles) if kind is ActorKind.STAFF else frozenset(),
        trust_level=TrustLevel.HOCH,
    )


def _house(url: str, folder: Path, tenant: str) -> House:
    place = folder / tenant
    (place / "objects").mkdir(parents=True)
    create_master_key(place / "master.key")
    profile = (Path(__file__).parents[3] / "web/tenants/darmstadt.toml").read_text("utf-8")
    (place / "tenant.toml").write_text(profile.replace('key = "darmstadt"', f'key = "{tenant}"'), "utf-8")
    settings = Settings(
        env=Environment.TEST, data_dir=place, database_url=url, tenant_file=place / "tenant.toml", max_request_mb=25
    )
    site = replace(open_site(settings), now=lambda: AT)
    object.__setattr__(site.house, "renderer", BlankRenderer())
    for key in ("hundesteuer_anmelden", "meldebescheinigung"):
        deploy(site.house, key, at=AT)
    return House(create_app(settings, site), site)


class _Home:
    """Makes the matters, through the use cases."""

    def __init__(self, home: House) -> None:
        self.house = home.site.house
        self.number = 0

    def dog_tax(self) -> Matter:
        """Under Steuergeheimnis (§ 30 AO)."""
        values = dog_values()
        values["person"] |= {"vorname": "Erika", "nachname": "Steuergeheim"}
        values["hunde"][0]["name"] = "Waldi-Geheim"
        send = lambda: self._send("hundesteuer_anmelden", "erika", values)  # noqa: E731 -- one line, used thrice
        asked, opened, deciding, decided = send(), send(), send(), send()
        question = {
            "ergebnis": "rueckfrage",
            "rueckfrage_text": "Frage-Geheim",
            "rueckfrage_frist_am": date(2026, 12, 15),
        }
        self._do(asked, "anzeige_pruefen", "steueramt", **question)
        for one in (deciding, decided):
            self._do(one, "anzeige_pruefen", "steueramt", ergebnis="vollstaendig")
        self._work_off()
        self._do(decided, "steuer_festsetzen", "steueramt", entscheidung="festsetzen")
        self._work_off()
        return self._matter(
            "steueramt",
            "buergerbuero",
            "erika",
            ("Steuergeheim", "Waldi-Geheim", "Frage-Geheim"),
            {
                "asked": self._open(asked, _citizen("erika")),
                "open": self._open(opened, _clerk("steueramt")),
                "deciding": self._open(deciding, _clerk("steueramt")),
            },
            decided,
            send,
            values,
            "hundesteuer_anmelden",
        )

    def certificate(self) -> Matter:
        """Under no special secrecy: another office may learn the stage, and no more."""
        values = {
            "umfang": "einfach",
            "anzahl": 1,
            "bekanntgabe_kanal": "portal_abruf",
            "einwilligung_abruf": True,
            "benachrichtigung_email": "mehmet@example.org",
            "person": dog_values()["person"] | {"vorname": "Mehmet", "nachname": "Meldegeheim"},
            "anschrift": dog_values()["anschrift"],
        }
        send = lambda: self._send("meldebescheinigung", "mehmet", values)  # noqa: E731 -- one line, used thrice
        opened, decided = send(), send()
        self._do(decided, "antrag_pruefen", "buergerbuero", ergebnis="ausstellen")
        self._work_off()
        return self._matter(
            "buergerbuero",
            "steueramt",
            "mehmet",
            ("Meldegeheim",),
            dict.fromkeys(("open", "deciding"), self._open(opened, _clerk("buergerbuero"))),
            decided,
            send,
            values,
            "meldebescheinigung",
        )

    def _matter(
        self,
        office: str,
        other_office: str,
        owner: str,
        needles: tuple[str, ...],
        objects: dict[str, Objects],
        decided: Started,
        send: Callable[[], Started],
        values: Mapping[str, Any],
        procedure: str,
    ) -> Matter:
        found = objects | {
            "decided": self._decided(decided, office, owner),
            "draft": self._draft(procedure, owner, values),
            "sent": self._sent(procedure, owner, values),
        }
        for vorgang_id in {one["vorgang_id"] for one in found.values() if "vorgang_id" in one}:
            self._represent(vorgang_id, owner)
        fresh: dict[str, Callable[[], Objects]] = {
            "open": lambda: self._open(send(), _clerk(office)),
            "draft": lambda: self._draft(procedure, owner, values),
        }
        numbers = tuple(one["aktenzeichen"] for one in found.values() if "aktenzeichen" in one)
        return Matter(office, other_office, owner, found, (*needles, *numbers), lambda name: fresh[name]())

    def _send(self, procedure: str, owner: str, values: Mapping[str, Any]) -> Started:
        self.number += 1
        with self.house.db.read() as conn:
            deployed = catalog.latest(conn, procedure)
        return instances.start(
            self.house,
            deployed,
            values,
            by=_citizen(owner),
            at=AT,
            sender=Sender(Kanal.PORTAL),
            idempotency_key=f"k{self.number}",
        )

    def _open(self, started: Started, by: Actor) -> Objects:
        (task_id,) = self._tasks(started, by)
        return {"vorgang_id": started.vorgang_id, "task_id": task_id, "aktenzeichen": started.aktenzeichen}

    def _decided(self, started: Started, office: str, owner: str) -> Objects:
        vorgang_id = started.vorgang_id
        seen = cases.get(self.house, vorgang_id, by=_citizen(owner), at=AT)
        letter = next(one for one in seen.documents if one.media_type == "application/pdf")
        messages = [one.id for one in postfach.list_of(self.house, _citizen(owner).id) if one.vorgang_id == vorgang_id]
        why = [one.key for one in reasons.of_vorgang(self.house, vorgang_id, by=_clerk(office), at=AT)]
        return {
            "vorgang_id": vorgang_id,
            "aktenzeichen": started.aktenzeichen,
            "dokument_id": letter.id,
            "document_id": letter.id,
            "message_id": messages[0],
            **({"key": why[0]} if why else {}),
        }

    def _draft(self, procedure: str, owner: str, values: Mapping[str, Any]) -> Objects:
        by = _citizen(owner)
        new = drafts.begin(self.house, procedure, by=by, at=AT)
        draft = drafts.resume(self.house, new.id, by=by, at=AT, in_session=False)
        page = draft.deployed.procedure.start_form.pages[0].key
        drafts.save(self.house, draft, page=page, values={"person": values["person"]}, at=AT)
        return {"draft_id": new.id, "page_key": page}

    def _sent(self, procedure: str, owner: str, values: Mapping[str, Any]) -> Objects:
        by = _citizen(owner)
        draft_id = self._draft(procedure, owner, values)["draft_id"]
        draft = drafts.resume(self.house, draft_id, by=by, at=AT, in_session=False)
        started = drafts.send(self.house, replace(draft, values=values), by=by, at=AT)
        return {"draft_id": draft_id, "vorgang_id": started.vorgang_id, "aktenzeichen": started.aktenzeichen}

    def _represent(self, vorgang_id: UUID, owner: str) -> None:
        """One who represents the owner today, and one whose power of attorney ended yesterday."""
        with self.house.db.begin() as conn:
            key = key_of_vorgang(self.house, conn, vorgang_id)
            for name, last_day in (("vertretung", None), ("frueher", date(2026, 11, 23))):
                account = _citizen(f"{owner}-{name}").id
                new = NewParty(Rolle.BEVOLLMAECHTIGTER, PartyKind.PERSON, {}, date(2026, 1, 1), account)
                added = parties.add(key, new, tenant_id=self.house.tenant_id, vorgang_id=vorgang_id, at=AT, by="test")
                changes.write(conn, key, vorgang_id, [added])
                if last_day is not None:
                    party = next(one for one in parties.list_parties(conn, key, vorgang_id) if one.account == account)
                    ended = parties.end(conn, party.id, valid_to=last_day, reason="Widerruf", at=AT, by="test")
                    changes.write(conn, key, vorgang_id, [ended])

    def _do(self, started: Started, element: str, office: str, **values: Any) -> None:
        by = _clerk(office)
        (task_id,) = self._tasks(started, by, element)
        work = tasks.work_on(self.house, task_id, by=by, at=AT)
        known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
        tasks.complete(self.house, task_id, known | values, by=by, at=AT)

    def _tasks(self, started: Started, by: Actor, element: str = "") -> list[UUID]:
        with self.house.db.read() as conn:
            found = tasks.of_vorgang(conn, started.vorgang_id, by=by, on=AT)
        return [one.id for one in found if one.element == (element or one.element)]

    def _work_off(self) -> None:
        for _ in range(20):
            if jobs.run_due(self.house, at=AT) == 0:
                return
        raise AssertionError("jobs do not come to an end")


def _citizen(name: str) -> Actor:
    return actor_of(Visitor(name, Kind.CITIZEN, name), "darmstadt")


def _clerk(office: str) -> Actor:
    """Somebody of the office who is no visitor: who decided must not be the one who looks."""
    return actor_of(Visitor("", Kind.STAFF, f"{office}-sachbearbeitung", (office,)), "darmstadt")


def unknown(objects: Mapping[str, Any]) -> Objects:
    """The same address of things that do not exist."""
    return {name: uuid4() if isinstance(value, UUID) else value for name, value in objects.items()}
