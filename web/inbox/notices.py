"""What the inbox remembers in the session between two pages: a notice to show once, and the list one came from."""

from typing import Any
from uuid import UUID

from flask import url_for

from web import sessions

_NOTICE, _LIST = "inbox.notice", "inbox.list"


def put(kind: str, title: str, *, vorgang_id: UUID | None = None) -> None:
    """Show this on the next list: `kind` is KERN's (success, info, warning); what follows in the Vorgang is offered."""
    notice = {"kind": kind, "title": title, "vorgang_id": str(vorgang_id) if vorgang_id else None}
    sessions.current().values[_NOTICE] = notice


def take() -> dict[str, Any] | None:
    """Return the notice once."""
    notice: dict[str, Any] | None = sessions.current().values.pop(_NOTICE, None)
    return notice


def remember_list(address: str) -> None:
    sessions.current().values[_LIST] = address


def list_address() -> str:
    """Return the address of the list that was looked at last, with its filters."""
    address: str = sessions.current().values.get(_LIST) or url_for("inbox.index")
    return address
