"""`/inbox/postausgang`: the letters that wait for posting, printed as one PDF and recorded as posted in one act."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import accounts, postausgang
from engine.errors import Conflict, EngineError, Invalid
from engine.postausgang import NotRecorded, WaitingLetter
from web import access, downloads
from web.auth import current_actor
from web.formats import local, today_in_berlin
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("postausgang", __name__, url_prefix="/inbox/postausgang")

NOTHING_CHOSEN: Final = "Wählen Sie mindestens einen Brief aus."


@blueprint.get("")
@access.staff()
def index() -> str:
    letters = _waiting()
    chosen = [letter.task.id for letter in letters if _is_mine(letter)]
    return _page(letters, chosen, today_in_berlin(now()).isoformat())


@blueprint.post("/drucken")
@access.staff()
def print_letters() -> AnyResponse:
    """One PDF of the chosen letters with a cover list."""
    chosen = _chosen()
    letters = [letter for letter in _waiting() if letter.task.id in chosen]
    if not letters:
        return _refused({"briefe": NOTHING_CHOSEN})
    by, at = current_actor(), now()
    cover = render_template("inbox/postausgang_liste.html", letters=letters, at=at, by=by)
    try:
        content = postausgang.print_together(house(), letters, cover, by=by, at=at)
    except Conflict as conflict:
        return _refused({"briefe": _unreadable(conflict)})
    return downloads.document(f"Postausgang {today_in_berlin(at):%Y-%m-%d}.pdf", "application/pdf", content)


@blueprint.post("")
@access.staff()
def record() -> AnyResponse:
    """The Ab-Vermerk for the chosen letters: this person, this day."""
    chosen, posted_on = _chosen(), _posted_on()
    problems = {}
    if not chosen:
        problems["briefe"] = NOTHING_CHOSEN
    if posted_on is None:
        problems["abgesandt_am"] = "Geben Sie an, an welchem Tag die Briefe zur Post gegangen sind."
    if problems or posted_on is None:
        return _refused(problems)
    try:
        open_still = postausgang.record_posted(house(), chosen, posted_on, by=current_actor(), at=now())
    except Invalid as invalid:
        return _refused(invalid.errors)
    done = len(chosen) - len(open_still)
    if not open_still:
        notices.put("success", f"{_letters(done)} als abgesandt vermerkt: {posted_on:%d.%m.%Y}.")
        return redirect(url_for("postausgang.index"), 303)
    return Response(_after_conflict(open_still, done, posted_on), 409)


def _after_conflict(open_still: Sequence[NotRecorded], done: int, posted_on: date) -> str:
    """Say of each letter why it stands as it stood; what was chosen and typed stays."""
    with house().db.read() as conn:
        holders = {str(one.error.details.get("holder") or "") for one in open_still} - {""}
        names = accounts.names_of(conn, holders)
    return _page(
        _waiting(),
        [one.task_id for one in open_still],
        posted_on.isoformat(),
        not_recorded=[(one.aktenzeichen or "Ein Brief", _why_not(one.error, names)) for one in open_still],
        done=_letters(done) if done else "",
    )


def _why_not(error: EngineError, names: Mapping[str, str]) -> str:
    who = names.get(str(error.details.get("holder") or ""), "Eine andere Person")
    when, dated = error.details.get("at"), error.details.get("dated")
    if error.code == "task_finished" and isinstance(when, datetime):
        return f"{who} hat den Versand um {local(when):%H:%M} Uhr schon vermerkt."
    if error.code == "task_already_claimed":
        return f"{who} bearbeitet diese Aufgabe."
    if error.code == "posted_before_written" and isinstance(dated, date):
        return f"Der Brief ist vom {dated:%d.%m.%Y}. Er kann nicht vorher abgesandt worden sein."
    if error.code == "instance_busy":
        return "Der Vorgang wird gerade an anderer Stelle bearbeitet. Senden Sie gleich noch einmal."
    return "Der Vorgang ist inzwischen weitergegangen. Es wurde nichts vermerkt."


def _page(
    letters: Sequence[WaitingLetter],
    chosen: Sequence[UUID],
    posted_on: str,
    *,
    problems: Mapping[str, str] | None = None,
    not_recorded: Sequence[tuple[str, str]] = (),
    done: str = "",
) -> str:
    with house().db.read() as conn:
        names = accounts.names_of(conn, {letter.task.assignee for letter in letters if letter.task.assignee})
    return render_template(
        "inbox/postausgang.html",
        letters=letters,
        chosen=chosen,
        posted_on=posted_on,
        today=today_in_berlin(now()),
        problems=problems or {},
        not_recorded=not_recorded,
        done=done,
        names=names,
        me=current_actor().id,
        is_full=len(letters) == postausgang.MOST,
        notice=notices.take() if request.method == "GET" else None,
    )


def _refused(problems: Mapping[str, str]) -> AnyResponse:
    typed = request.form.get("abgesandt_am", "")
    return Response(_page(_waiting(), _chosen(), typed, problems=problems), 422)


def _waiting() -> list[WaitingLetter]:
    return postausgang.waiting(house(), by=current_actor(), at=now())


def _is_mine(letter: WaitingLetter) -> bool:
    """Whether this person may record it: it is free or hers."""
    return letter.task.assignee in (None, current_actor().id)


def _chosen() -> list[UUID]:
    """The chosen letters; what is no id counts as not chosen."""
    found = []
    for text in request.form.getlist("brief")[: postausgang.MOST]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _posted_on() -> date | None:
    try:
        return date.fromisoformat(request.form.get("abgesandt_am", ""))
    except ValueError:
        return None


def _unreadable(conflict: Conflict) -> str:
    return (
        f"Der Brief zu {conflict.details['aktenzeichen']} lässt sich nicht drucken. Nehmen Sie ihn aus der Auswahl und "
        "melden Sie es der IT."
    )


def _letters(number: int) -> str:
    return "1 Brief ist" if number == 1 else f"{number} Briefe sind"
