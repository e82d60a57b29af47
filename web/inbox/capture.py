"""`/inbox/erfassen`: the form of a procedure, filled in by the office for whoever writes, comes or calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import capture, catalog, drafts
from engine.catalog import GERMAN, Door
from engine.drafts import OpenDraft, SentDraft
from engine.errors import Conflict, Invalid, NotFound
from forms.entries import Entries, apply_action, page_action, read_html
from forms.texts import Texts
from forms.validate import Given, Result, validate_html
from forms.view import Filling, PageView, entries_of, form_views, start_entries
from storage.models.vorgang import Kanal
from web import access, form_uploads
from web.auth import current_actor
from web.formats import today_in_berlin
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("capture", __name__, url_prefix="/inbox/erfassen")

CODE_SHOWN: Final = timedelta(minutes=30)
CHANNELS: Final = (
    (Kanal.PAPIER.value, "Papier (Post, Fax, Hausbriefkasten)"),
    (Kanal.SCHALTER.value, "Schalter"),
    (Kanal.TELEFON.value, "Telefon"),
)
SAVE, SEND, SEND_ANYWAY = "merken", "erfassen", "trotzdem"


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands on the page, with what is wrong about it."""

    entries: Entries
    channel: str = ""
    received_on: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    about_arrival: Mapping[str, str] = field(default_factory=dict)
    revealed: Sequence[str] = ()
    trouble: str = ""


@blueprint.get("")
@access.staff()
def index() -> str:
    """Choose what came in, or go on with what was begun."""
    return _start_page()


def _start_page(*, problem: str = "") -> str:
    by = current_actor()
    with house().db.read() as conn:
        offered = [one.procedure for one in catalog.catalogue(conn) if Door.COUNTER in one.procedure.facts.doors]
        begun = drafts.list_of(conn, by.id, at=now())
    titles = {procedure.key: procedure.title for procedure in offered}
    return render_template("inbox/capture_start.html", offered=offered, begun=begun, titles=titles, problem=problem)


@blueprint.post("")
@access.staff()
def begin() -> AnyResponse:
    key = request.form.get("verfahren", "")
    if not key:
        return Response(_start_page(problem="Wählen Sie aus, was eingegangen ist."), 422)
    with house().db.read() as conn:
        doors = catalog.latest(conn, key).procedure.facts.doors
    if Door.COUNTER not in doors:
        raise NotFound("procedure_unknown", procedure_key=key)
    draft = drafts.begin(house(), key, by=current_actor(), at=now())
    return redirect(url_for("capture.show", draft_id=draft.id), 303)


@blueprint.get("/<uuid:draft_id>")
@access.staff()
def show(draft_id: UUID) -> str:
    draft = _draft(draft_id)
    form = draft.deployed.procedure.start_form
    entries = entries_of(form, draft.values) if draft.values else start_entries(form, {})
    return _page(draft, Typed(entries, received_on=today_in_berlin(now()).isoformat()))


@blueprint.post("/<uuid:draft_id>")
@access.staff()
def send(draft_id: UUID) -> AnyResponse:
    """Take it in, or show the page again: with another row, with a scan, or with what is missing."""
    draft = _draft(draft_id)
    form = draft.deployed.procedure.start_form
    draft, uploaded, refused = form_uploads.take(draft, form.children)
    draft, refused_scans = form_uploads.take_all(draft, capture.SCANS, request.files.getlist(capture.SCANS))
    draft = _without(draft, request.form.get("_scan_weg", ""))
    sent = request.form.to_dict(flat=False)
    for name, file_ids in uploaded.items():
        sent[name] = [*sent.get(name, ()), *file_ids]
    wanted = request.form.get("_tun", "")
    if wanted not in (SAVE, SEND, SEND_ANYWAY):
        entries = read_html(form.children, sent).entries
        action = page_action(request.form.get("_aktion", ""))
        if action is not None:
            apply_action(form.children, entries, action)
        return Response(_page(draft, _typed(entries, refused, refused_scans)), 422 if refused | refused_scans else 200)
    result = validate_html(form, sent, _given(draft))
    if wanted == SAVE:
        return _save(draft, result)
    return _send(draft, result, refused, refused_scans, with_gaps=wanted == SEND_ANYWAY)


@blueprint.get("/<uuid:draft_id>/quittung")
@access.staff()
def receipt(draft_id: UUID) -> str:
    """The receipt for whoever handed it in: number and, for a while, the access code."""
    found = _receipt(draft_id)
    if found is None:
        raise NotFound("draft_unknown", draft_id=draft_id)
    started = found.started
    code = started.access_code if now() - started.sent_at <= CODE_SHOWN else ""
    return render_template(
        "inbox/captured.html",
        procedure=found.procedure,
        started=started,
        code=code,
        minutes=CODE_SHOWN // timedelta(minutes=1),
    )


def _draft(draft_id: UUID) -> OpenDraft:
    """Open one's own draft; one that was taken in leads to its receipt. Raises NotFound."""
    try:
        return drafts.resume(house(), draft_id, by=current_actor(), at=now(), in_session=False)
    except NotFound:
        if _receipt(draft_id) is not None:
            abort(redirect(url_for("capture.receipt", draft_id=draft_id), 303))
        raise


def _receipt(draft_id: UUID) -> SentDraft | None:
    return drafts.receipt(house(), draft_id, by=current_actor())


def _without(draft: OpenDraft, file_id: str) -> OpenDraft:
    """Take a scan off again."""
    if file_id not in {str(one) for one in capture.scans_of(draft)}:
        return _draft(draft.id)
    drafts.remove_file(house(), draft, UUID(file_id))
    return _draft(draft.id)


def _save(draft: OpenDraft, result: Result) -> AnyResponse:
    try:
        drafts.save(house(), draft, page="", values=result.values, at=now())
    except Conflict:
        trouble = "Diese Erfassung wurde in einem anderen Fenster geändert. Ihre Eingaben stehen noch hier."
        return Response(_page(draft, _typed(result.entries, {}, {}, trouble=trouble)), 409)
    notices.put("success", "Die Erfassung ist gemerkt. Sie finden sie unter „Eingang erfassen“.")
    return redirect(url_for("capture.index"), 303)


def _send(
    draft: OpenDraft, result: Result, refused: Mapping[str, str], scans: Mapping[str, str], *, with_gaps: bool
) -> AnyResponse:
    by, at = current_actor(), now()
    about_arrival = dict(scans)
    came = None
    try:
        came = capture.arrival(request.form.get(capture.CHANNEL, ""), request.form.get(capture.RECEIVED, ""), at=at)
    except Invalid as invalid:
        about_arrival |= invalid.errors
    is_complete = result.ok and not refused
    if came is None or about_arrival or not (is_complete or with_gaps):
        errors = {} if with_gaps else {**result.errors, **refused}
        typed = _typed(result.entries, errors, about_arrival, revealed=() if with_gaps else result.revealed)
        return Response(_page(draft, typed), 422)
    take_in = capture.send if is_complete else capture.send_with_gaps
    take_in(house(), draft, result.values, came, by=by, at=at)
    return redirect(url_for("capture.receipt", draft_id=draft.id), 303)


def _typed(
    entries: Entries,
    errors: Mapping[str, str],
    about_arrival: Mapping[str, str],
    *,
    revealed: Sequence[str] = (),
    trouble: str = "",
) -> Typed:
    channel, received_on = request.form.get(capture.CHANNEL, ""), request.form.get(capture.RECEIVED, "")
    return Typed(entries, channel, received_on, errors, about_arrival, revealed, trouble)


def _page(draft: OpenDraft, typed: Typed) -> str:
    procedure = draft.deployed.procedure
    pages = _pages(draft, typed)
    return render_template(
        "inbox/capture.html",
        draft=draft,
        procedure=procedure,
        pages=pages,
        typed=typed,
        problems=[*typed.about_arrival.items(), *(pages[0].problems if pages else ())],
        scans=[draft.files[str(one)] for one in capture.scans_of(draft)],
        channels=CHANNELS,
        today=today_in_berlin(now()).isoformat(),
    )


def _pages(draft: OpenDraft, typed: Typed) -> tuple[PageView, ...]:
    filling = Filling(
        given=_given(draft),
        texts=draft.deployed.procedure.texts.get(GERMAN, Texts()),
        entries=typed.entries,
        errors=typed.errors,
        revealed=typed.revealed,
    )
    return form_views(draft.deployed.procedure.start_form, filling)


def _given(draft: OpenDraft) -> Given:
    return Given(now=now(), files=draft.files)
