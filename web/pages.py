"""What every template can use: texts, formats, assets, who is signed in, the navigation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from jinja2 import StrictUndefined
from markupsafe import Markup

from storage.db import DatabaseUnavailable
from web import access, auth, csrf, formats, sessions
from web.access import Door
from web.assets import Assets
from web.auth import Person
from web.realms import Realm
from web.site import now, site
from web.texts import Language

LANGUAGE_COOKIE = "amtsweg-sprache"
THEME_COOKIE = "amtsweg-darstellung"
THEMES = ("auto", "light", "dark")

_NAVIGATION = {
    Realm.BUERGERKONTO: ("home.index", "antraege.index", "postfach.index", "status.index"),
    Realm.VERWALTUNG: ("inbox.index", "desk.index", "iot.index", "cockpit.index", "studio.index"),
}
"""At most five entries per realm; one whose page does not exist, or that the person may not open, is not shown."""


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """`is_current`: the entry leads to this very page, not only to one above it."""

    label: str
    address: str
    is_current: bool


def register(app: Flask, assets: Assets) -> None:
    """Give templates their words and tools; an unknown name in a template is an error, never an empty string."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(_filters())
    app.jinja_env.globals.update(
        t=t,
        has_text=has_text,
        asset=assets.address,
        csrf_field=csrf_field,
        csrf_token=lambda: sessions.current().form_token(),
        urgency=lambda value: formats.urgency(value, formats.today_in_berlin(now())),
    )
    app.context_processor(_context)


def language() -> Language:
    """Return the language the reader chose: for this page (`?sprache=en`), else for this browser, else German."""
    return site().texts.language(request.args.get("sprache") or request.cookies.get(cookie_name(LANGUAGE_COOKIE)))


def cookie_name(preference: str) -> str:
    """Return the name of a preference's cookie; `__Host-` binds it to this host and needs https."""
    return f"__Host-{preference}" if site().settings.is_https else preference


def t(key: str, /, **values: Any) -> str:
    """Return the text of `key` in the reader's language."""
    return site().texts.text(language(), key, **values)


def has_text(key: str) -> bool:
    return site().texts.has(key)


def csrf_field() -> Markup:
    """Return the hidden field that every form with method "post" needs."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, sessions.current().form_token())


def visible_person() -> Person | None:
    """Return who is signed in; None also when the database is away, so that an error page can always be shown."""
    if g.get("sessions_unreadable"):
        return None
    try:
        return auth.current_person()
    except DatabaseUnavailable:
        g.sessions_unreadable = True
        return None


def navigation() -> list[NavigationEntry]:
    """Return the entries of the realm that this page belongs to."""
    person, realm = visible_person(), sessions.realm_of_request()
    return [
        NavigationEntry(t(f"nav.{endpoint.partition('.')[0]}"), url_for(endpoint), url_for(endpoint) == request.path)
        for endpoint in _NAVIGATION[realm]
        if endpoint in current_app.view_functions and _may_open(endpoint, person)
    ]


def _may_open(endpoint: str, person: Person | None) -> bool:
    rule = access.of(current_app, endpoint)
    if rule is None:
        return False
    if rule.door is not Door.STAFF:
        return True
    return person is not None and (not rule.roles or bool(rule.roles.intersection(person.roles)))


def _context() -> dict[str, Any]:
    theme = request.cookies.get(cookie_name(THEME_COOKIE), "auto")
    person = visible_person()
    return {
        "tenant": site().tenant,
        "settings": site().settings,
        "language": language(),
        "languages": site().texts.languages.values(),
        "theme": theme if theme in THEMES else "auto",
        "themes": THEMES,
        "realm": sessions.realm_of_request(),
        "person": person,
        "session_ends_in_s": _session_ends_in_s() if person else None,
        "navigation": navigation,
        "this_path": request.full_path.rstrip("?") if request.method == "GET" else "/",
    }


def _session_ends_in_s() -> int:
    """Return the seconds until the signed-in session ends if nothing is done."""
    at = now()
    session = sessions.current()
    ends = min(at + sessions.IDLE, session.created_at + sessions.ABSOLUTE)
    return int((ends - at).total_seconds())


def _filters() -> dict[str, Callable[..., str]]:
    return {
        "day": lambda value: formats.day(value, language().locale),
        "day_short": formats.day_short,
        "iso_day": lambda text: formats.iso_day(text, language().locale),
        "moment": lambda value: formats.moment(value, language().locale),
        "euro": lambda amount: formats.euro(amount, language().locale),
        "size": lambda size_bytes: formats.size(size_bytes, language().locale),
        "days_until": lambda value: formats.days_until(value, formats.today_in_berlin(now())),
    }
