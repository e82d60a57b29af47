"""Route x role: what every route gives to everybody who might come, from the URL map, on both databases."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from storage import db
from tests.postgres_server import PgServer
from tests.web.matrix.table import LINES, Line, Who
from tests.web.matrix.world import Kind, Matter, Objects, Right, Visitor, World, build, unknown
from web import access
from web.access import Access, Door
from web.realms import Realm

_REFERENCE = re.compile(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}")
_HIDDEN_FIELD = re.compile(r'name="_csrf" value="[^"]*"')
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|<[^>]*\sstyle=|<[^>]*\son[a-z]+=|href=.javascript:")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_INSIDERS = frozenset({"owner", "representative", "clerk", "second_person", "token_of_office"})
"""Who may know anything of the matter, each on her own pages."""


DATABASES = [("sqlite", name) for name in sorted(LINES)]
DATABASES += [("postgresql", name) for name in sorted(LINES) if LINES[name].objects]
"""Whose object it is, the database decides with; the rest is the same on both."""


@pytest.fixture(scope="module")
def world(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    url = f"sqlite:///{folder / 'matrix.db'}"
    if request.param == "postgresql":
        server: PgServer = request.getfixturevalue("pg_server")
        server.execute(f"CREATE DATABASE {folder.name} TEMPLATE amtsweg")
        url = server.url(folder.name, role="amtsweg_app")
    else:
        db.migrate(url)
    built = build(url, folder, request.param)
    yield built
    built.close()


def routes(app: Flask) -> dict[str, tuple[Any, Access]]:
    """Every route and method of the URL map, as `LINES` names them."""
    found = {}
    for rule in app.url_map.iter_rules():
        declared = access.of(app, rule.endpoint)
        assert declared is not None
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            found[f"{rule.endpoint} {method}"] = (rule, declared)
    return found


def test_every_route_has_a_line_and_every_line_a_route(app: Flask) -> None:
    known = set(routes(app))
    missing, gone = sorted(known - set(LINES)), sorted(set(LINES) - known)
    assert not missing, f"write what these give to whom into tests/web/matrix/table.py: {missing}"
    assert not gone, f"these lines of tests/web/matrix/table.py have no route any more: {gone}"


@pytest.mark.parametrize(("world", "name"), DATABASES, indirect=["world"], scope="module")
def test_a_route_gives_to_everybody_what_its_line_says(world: World, name: str) -> None:
    visits = [visit for one in world.matters if (visit := _Visit(world, name, one)).has_objects]
    assert visits, "no matter has what the address needs"
    wrong = [
        f"{visit.secrecy}, {visitor.name}: {trouble}"
        for visit in (visits if LINES[name].objects and world.database == "sqlite" else visits[:1])
        for visitor in visit.matter.visitors()
        for trouble in visit(visitor)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_a_number_leads_only_the_office_in_charge_to_its_vorgang(world: World) -> None:
    for matter in world.matters.values():
        found = matter.objects["decided"]
        for visitor in matter.visitors():
            if visitor.kind is Kind.STAFF and visitor.is_known_here:
                address = f"/inbox?suche={found['aktenzeichen']}"
                answer = world.visit(visitor, "GET", address, scopes=(), realm=Realm.VERWALTUNG)
                is_own = visitor.house == "darmstadt" and visitor.name in _INSIDERS
                assert answer.status_code == (303 if is_own else 200), visitor.name
                assert (str(found["vorgang_id"]) in (answer.location or answer.get_data(as_text=True))) == is_own


@pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
def test_a_program_of_another_office_learns_the_stage_and_of_a_tax_case_nothing(world: World) -> None:
    for secrecy, matter in world.matters.items():
        found = matter.objects["decided"]
        for visitor in matter.visitors():
            if visitor.kind is Kind.TOKEN and visitor.is_known_here and visitor.right is Right.THIS:
                answer = world.visit(
                    visitor,
                    "GET",
                    f"/api/v1/search?q={found['aktenzeichen']}",
                    scopes=("search:read",),
                    realm=Realm.BUERGERKONTO,
                )
                is_own = visitor.name in _INSIDERS
                is_told = is_own or (secrecy == "allgemein" and visitor.house == "darmstadt")
                told = answer.json["vorgang"]
                assert (told is not None) == is_told, (secrecy, visitor.name)
                assert is_own == (str(found["vorgang_id"]) in answer.text), visitor.name
                assert is_own or all(needle not in answer.text for needle in matter.needles[:-1] if "-" not in needle)


class _Visit:
    """One route of one matter, for everybody."""

    def __init__(self, world: World, name: str, secrecy: str) -> None:
        self.world, self.name, self.secrecy = world, name, secrecy
        self.matter: Matter = world.matters[secrecy]
        self.line: Line = LINES[name]
        self.method = name.rpartition(" ")[2]
        self.rule, self.access = routes(world.houses["darmstadt"].app)[name]
        self.objects: Objects = dict(self.matter.objects.get(self.line.objects, {}))

    @property
    def has_objects(self) -> bool:
        """Not every matter has everything: a certificate is not asked for, so there is no decision table."""
        return self.rule.arguments <= self.objects.keys() | self.line.values.keys()

    def __call__(self, visitor: Visitor) -> Iterator[str]:
        """Yield what is wrong about what the visitor gets."""
        expected = self.expected(visitor)
        objects = self.objects
        if self.line.fresh and self.is_for(visitor):
            objects = self.matter.fresh(self.line.objects)
        before = self.world.stand() if self.method != "GET" and not self.is_for(visitor) else None
        answer = self.open(visitor, objects)
        if before is not None and self.line.objects and self.world.stand() != before:
            yield "changed something"
        if answer.status_code != expected:
            yield f"expected {expected}, got {answer.status_code}"
        body = answer.get_data()
        yield from self.faults(answer)
        yield from (f"reads {needle!r}" for needle in self.secrets(visitor) if needle.encode() in body)
        is_told_apart = self.world.database == "sqlite"  # by our own code, so one database is enough
        if is_told_apart and self.line.objects and not self.is_for(visitor) and answer.status_code == expected:
            yield from self.differences(visitor, objects, answer)

    def faults(self, answer: TestResponse) -> Iterator[str]:
        """Headers of every answer, also of errors and downloads, and what the policy would stop in a page."""
        policy = answer.headers["Content-Security-Policy"]
        yield from (f"header {name}" for name, value in _HEADERS.items() if answer.headers.get(name) != value)
        if not policy.startswith("default-src 'none'") or "unsafe" in policy or "frame-ancestors" not in policy:
            yield f"policy {policy}"
        kept = answer.headers["Cache-Control"]
        if any(needle.encode() in answer.get_data() for needle in self.matter.needles) and kept != "no-store":
            yield f"keeps what is personal: {kept}"
        if answer.mimetype == "text/html" and "'sha256-" not in policy and "sandbox" not in policy:
            yield from (f"inline: {found}" for found in _INLINE.findall(answer.get_data(as_text=True)))

    def expected(self, visitor: Visitor) -> int:
        at_the_door = self.at_the_door(visitor)
        if at_the_door is not None:
            return at_the_door
        if self.line.who is Who.CITIZENS:
            return self.line.status if visitor.kind is Kind.CITIZEN and visitor.is_known_here else 401
        return self.line.status if not self.line.objects or self.is_for(visitor) else 404

    def at_the_door(self, visitor: Visitor) -> int | None:
        """The answer of the door to who does not get in, None for who does."""
        wanted = {Door.CITIZEN: Kind.CITIZEN, Door.STAFF: Kind.STAFF, Door.TOKEN: Kind.TOKEN}.get(self.access.door)
        if wanted is None:
            return None
        if visitor.kind is not wanted or not visitor.is_known_here or visitor.right is Right.REVOKED:
            return 303 if self.method == "GET" and wanted is not Kind.TOKEN else 401
        if wanted is Kind.TOKEN:
            return 403 if visitor.right is Right.OTHERS else None
        return 403 if self.access.roles and not self.access.roles.intersection(visitor.roles) else None

    def is_for(self, visitor: Visitor) -> bool:
        """Whether the matter is the visitor's at this route."""
        if visitor.name not in _INSIDERS or visitor.house != "darmstadt":
            return False
        match self.line.who:
            case Who.PARTIES:
                return visitor.kind is Kind.CITIZEN
            case Who.OWNER | Who.BEGINNER:
                return visitor.name == "owner"
            case Who.OFFICE:
                return visitor.kind in (Kind.STAFF, Kind.TOKEN)
            case Who.CANDIDATES:
                return visitor.name in ("clerk", "token_of_office")
            case Who.EVERYBODY | Who.CITIZENS:
                return True

    def secrets(self, visitor: Visitor) -> list[str]:
        """What the visitor may not read, wherever it stands."""
        return [
            needle
            for secrecy, matter in self.world.matters.items()
            if not (visitor.name in _INSIDERS if secrecy == self.secrecy else matter.office in visitor.roles)
            for needle in matter.needles
        ]

    def open(self, visitor: Visitor, objects: Objects) -> TestResponse:
        known = {**objects, **self.line.values}
        values = {name: known[name] for name in self.rule.arguments}
        adapter = self.world.houses[visitor.house].app.url_map.bind("127.0.0.1")
        address = adapter.build(self.rule.endpoint, values, method=self.method)
        sent: dict[str, Any] = {} if self.line.json is None else {"json": self.line.json}
        if self.line.form:
            sent["data"] = dict(self.line.form)
        realm = Realm(self.line.values.get("realm", self.access.realm))
        scopes = tuple(self.access.roles) if self.access.door is Door.TOKEN else ()
        return self.world.visit(visitor, self.method, address, scopes=scopes, realm=realm, **sent)

    def differences(self, visitor: Visitor, objects: Objects, answer: TestResponse) -> Iterator[str]:
        """Something that is not the visitor's looks like nothing at all."""
        nothing = unknown(objects)
        other = self.open(visitor, nothing)
        if other.status_code != answer.status_code:
            yield f"{answer.status_code} tells it from an unknown one, which gives {other.status_code}"
        elif _plain(answer, objects) != _plain(other, nothing):
            yield "the page tells it from an unknown one"


def _plain(answer: TestResponse, objects: Objects) -> str:
    """The answer without what differs at every visit: reference number, form token, the ids of the address."""
    text = f"{answer.location}\n{answer.get_data(as_text=True)}"
    for value in objects.values():
        text = text.replace(str(value), "ID")
    return _HIDDEN_FIELD.sub("", _REFERENCE.sub("", text))
