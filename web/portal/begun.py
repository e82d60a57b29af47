"""The drafts that a browser has begun or resumed: what its session keeps of them, and how one is opened.

Without an account only the session says whose draft it is, so a draft is opened here and nowhere else.
"""

from typing import Any, Final
from uuid import UUID

from flask import abort, redirect, url_for

from engine import drafts
from engine.actors import ActorKind
from engine.drafts import OpenDraft, SentDraft
from engine.errors import NotFound
from web import guard, sessions
from web.auth import current_actor
from web.site import house, now

_MOST: Final = 20


def remember(draft_id: UUID, *, code: str, form_key: str = "") -> None:
    """Keep a draft in this browser's session; `form_key` tells a second click on the same button apart."""
    kept = _kept()
    kept.pop(str(draft_id), None)
    kept[str(draft_id)] = {"code": code, "form_key": form_key}
    for oldest in list(kept)[:-_MOST]:
        del kept[oldest]


def by_form_key(form_key: str) -> UUID | None:
    """Return the draft that this press of the button has begun already."""
    return next((UUID(one) for one, about in _kept().items() if form_key and about["form_key"] == form_key), None)


def code_of(draft_id: UUID) -> str:
    """Return the code that resumes the draft elsewhere, "" where this browser does not know it."""
    return str(_kept().get(str(draft_id), {}).get("code", ""))


def note_code(draft_id: UUID) -> None:
    """Keep that the person has written down the access code of what she sent."""
    noted = _noted()
    noted[:] = [*(one for one in noted if one != str(draft_id)), str(draft_id)][-_MOST:]


def is_code_noted(draft_id: UUID) -> bool:
    return str(draft_id) in _noted()


def resume(draft_id: UUID) -> OpenDraft:
    """Open a draft of this person or browser; raises NotFound.

    One that was sent leads to its receipt, one that needs a higher trust level to signing in.
    """
    try:
        draft = drafts.resume(house(), draft_id, by=current_actor(), at=now(), in_session=_is_here(draft_id))
    except NotFound:
        if receipt(draft_id) is not None:
            abort(redirect(url_for("antrag.sent", draft_id=draft_id), 303))
        raise
    guard.need_level(draft.deployed.procedure.facts.minimum_trust)
    return draft


def receipt(draft_id: UUID) -> SentDraft | None:
    """Return what became of a draft that this person or browser has sent."""
    by = current_actor()
    if by.kind is ActorKind.ANONYMOUS and not _is_here(draft_id):
        return None
    return drafts.receipt(house(), draft_id, by=by)


def _is_here(draft_id: UUID) -> bool:
    return str(draft_id) in _kept()


def _noted() -> list[str]:
    noted: list[str] = sessions.current().values.setdefault("codes_notiert", [])
    return noted


def _kept() -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = sessions.current().values.setdefault("entwuerfe", {})
    return kept
