"""What an account tells about its owner, as answers to the questions of a form that ask for just that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from engine.feel.values import Value
from forms.entries import put
from forms.formats import FORMATS
from forms.model import Field, Page, TextInput, scope_of
from forms.texts import FormTexts

_STREET_AND_NUMBER: Final = re.compile(r"(?P<street>.*\D)\s+(?P<number>\d.*)")


@dataclass(frozen=True, slots=True)
class AccountAnswers:
    """Answers in the shape of the form, and the labels of the fields that have them."""

    values: Mapping[str, Value]
    labels: tuple[str, ...]


def account_answers(page: Page, details: Mapping[str, Any], texts: FormTexts) -> AccountAnswers:
    """Return what the account (`Person.details`) knows of this page; fields in rows are left alone."""
    known = _known(details)
    values: dict[str, Value] = {}
    labels: list[str] = []
    for component in scope_of(page.children):
        found = known.get(_asks_for(component)) if isinstance(component, Field) else None
        if found is not None and isinstance(component, Field):
            put(values, component.path, found)
            labels.append(texts.label(component))
    return AccountAnswers(values, tuple(labels))


def _asks_for(component: Field) -> str:
    is_email = isinstance(component, TextInput) and component.format is FORMATS["email"]
    return "email" if is_email else component.block_key


def _known(details: Mapping[str, Any]) -> dict[str, Value]:
    """The claims under the keys of the shared groups; what is not as OpenID Connect says it is left out."""
    address = details.get("address")
    address = address if isinstance(address, Mapping) else {}
    street, number = _street(address.get("street_address"))
    found: dict[str, Any] = {
        "person.vorname": details.get("given_name"),
        "person.nachname": details.get("family_name"),
        "person.geburtsdatum": _day(details.get("birthdate")),
        "email": details.get("email"),
        "anschrift.strasse": street,
        "anschrift.hausnummer": number,
        "anschrift.plz": address.get("postal_code"),
        "anschrift.ort": address.get("locality"),
    }
    return {key: value for key, value in found.items() if isinstance(value, str | date) and value}


def _street(text: object) -> tuple[str | None, str | None]:
    if not isinstance(text, str):
        return None, None
    parts = _STREET_AND_NUMBER.fullmatch(text.strip())
    return (parts["street"].strip(), parts["number"]) if parts else (text, None)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
