"""`/antraege/neu` and `/antraege/entwurf`: a form page by page, from its start to the receipt.

Everything works without a script. Every page saves what is right before it says what is wrong; what somebody else (or
the same person in another window) changed meanwhile is never overwritten unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import attempts, drafts
from engine.catalog import GERMAN, Procedure
from engine.drafts import OpenDraft
from engine.errors import Conflict, Invalid, NotFound, TooMany
from engine.feel.values import Value
from engine.instances import Started
from forms.entries import Entries, apply_action, get, has, name_of, page_action, put, read_html
from forms.model import Form, Page, declared_paths
from forms.stored import dump_values
from forms.summary import summarise
from forms.texts import FormTexts, Texts, form_name
from forms.validate import (
    Given,
    Result,
    files_in,
    validate_html_page,
    validate_values,
    visible_pages,
)
from forms.view import ID_PREFIX, Filling, entries_of, page_view, start_entries
from web import access, form_uploads, guard
from web.auth import current_actor, current_person
from web.pages import language, t
from web.portal import begun
from web.portal.account_answers import AccountAnswers, account_answers
from web.portal.services import offered
from web.site import house, now

blueprint = Blueprint("antrag", __name__, url_prefix="/antraege")

STATE = "_stand"
GO_TO = "_nach"
BACK, LATER, CHECK = "zurueck", "spaeter", "pruefen"
CODE_SHOWN = timedelta(minutes=30)
"""How long the receipt shows the access code unless the person says before that she has it."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands on a page: what was stored or typed, what is wrong about it, what the account gave."""

    entries: Entries
    errors: Mapping[str, str] = field(default_factory=dict)
    revealed: Sequence[str] = ()
    from_account: tuple[str, ...] = ()
    is_conflict: bool = False


@blueprint.get("/neu/<key>")
@access.public
def new(key: str) -> str:
    """Let the person choose how to begin: signed in, or without an account where the procedure allows it."""
    procedure = offered(key)
    needed, person = procedure.facts.minimum_trust, current_person()
    return render_template(
        "portal/start.html",
        procedure=procedure,
        title=_title(procedure),
        needed=needed,
        may_begin=needed == 0 or (person is not None and person.level >= needed),
        drafts=_own_drafts(key),
        form_key=token_urlsafe(),
    )


@blueprint.post("/neu/<key>")
@access.public
def begin(key: str) -> AnyResponse:
    procedure, form_key = offered(key), request.form.get("_schluessel", "")
    guard.need_level(procedure.facts.minimum_trust)
    draft_id = begun.by_form_key(form_key)
    if draft_id is None:
        new_draft = drafts.begin(house(), key, by=current_actor(), at=now())
        draft_id = new_draft.id
        begun.remember(draft_id, code=new_draft.code, form_key=form_key)
    return redirect(url_for("antrag.show", draft_id=draft_id, page_key=procedure.start_form.pages[0].key), 303)


@blueprint.route("/weitermachen", methods=["GET", "POST"])
@access.public
def resume_by_code() -> AnyResponse:
    """Open a draft without an account on another device, with its number and code."""
    typed = {name: request.values.get(name, "").strip() for name in ("entwurf", "code")}
    if request.method != "POST":
        return _resume_page(typed, "", 200)
    try:
        error = _resume_error(typed)
    except TooMany as refused:
        answer = _resume_page(typed, t("portal.formular.resume.locked"), 429)
        answer.headers["Retry-After"] = str(refused.retry_after_s)
        return answer
    if error:
        return _resume_page(typed, error, 422)
    return redirect(url_for("antrag.resume", draft_id=UUID(typed["entwurf"])), 303)


@blueprint.get("/entwurf/<uuid:draft_id>")
@access.public
def resume(draft_id: UUID) -> AnyResponse:
    """Lead to the page where the person stopped."""
    draft = begun.resume(draft_id)
    keys = [page.key for page in _visible(draft)]
    if draft.page == CHECK:
        return redirect(url_for("antrag.check", draft_id=draft_id), 303)
    page_key = draft.page if draft.page in keys else keys[0]
    return redirect(url_for("antrag.show", draft_id=draft_id, page_key=page_key), 303)


@blueprint.get("/entwurf/<uuid:draft_id>/<page_key>")
@access.public
def show(draft_id: UUID, page_key: str) -> str:
    draft = begun.resume(draft_id)
    page = _page(draft, page_key)
    return _drawn(draft, page, _stored(draft, page))


@blueprint.post("/entwurf/<uuid:draft_id>/<page_key>")
@access.public
def save(draft_id: UUID, page_key: str) -> AnyResponse:
    """Store a page and go on, or show it again: with another row, or with what is wrong."""
    draft = begun.resume(draft_id)
    page = _page(draft, page_key)
    draft, uploaded, refused = form_uploads.take(draft, page.children)
    sent = request.form.to_dict(flat=False)
    for name, file_ids in uploaded.items():
        sent[name] = [*sent.get(name, ()), *file_ids]
    action = page_action(request.form.get("_aktion", ""))
    if action is not None:
        entries = read_html(page.children, sent).entries
        apply_action(page.children, entries, action)
        return Response(_drawn(draft, page, Typed(entries, refused)), 422 if refused else 200)
    result = validate_html_page(draft.deployed.procedure.start_form, page, sent, _given(draft), values=draft.values)
    if _is_conflict(draft, page, result):
        return Response(_drawn(draft, page, Typed(result.entries, is_conflict=True)), 409)
    return _saved(draft, page, replace(result, errors=result.errors | refused))


@blueprint.get("/entwurf/<uuid:draft_id>/pruefen")
@access.public
def check(draft_id: UUID) -> str:
    """Show everything once more, with the one button that sends it."""
    return _summary(begun.resume(draft_id))


@blueprint.post("/entwurf/<uuid:draft_id>/pruefen")
@access.public
def send(draft_id: UUID) -> AnyResponse:
    """Send exactly what the person has seen; a second click leads to the same receipt."""
    draft = begun.resume(draft_id)
    if request.form.get(STATE) != _state_of(draft.values):
        return Response(_summary(draft, is_conflict=True), 409)
    draft = _without_stray_files(draft, draft.values)
    try:
        drafts.send(house(), draft, by=current_actor(), at=now())
    except Invalid:
        return Response(_summary(draft), 422)
    return redirect(url_for("antrag.sent", draft_id=draft_id), 303)


@blueprint.get("/entwurf/<uuid:draft_id>/gesendet")
@access.public
def sent(draft_id: UUID) -> str:
    """The receipt: number, what happens next, and for a while the access code."""
    found = _receipt(draft_id)
    return render_template(
        "portal/sent.html",
        draft_id=draft_id,
        started=found.started,
        code=_code_to_show(draft_id, found.started),
        minutes=CODE_SHOWN // timedelta(minutes=1),
        procedure=found.procedure,
        text=_text,
    )


@blueprint.post("/entwurf/<uuid:draft_id>/notiert")
@access.public
def code_noted(draft_id: UUID) -> AnyResponse:
    """Take the code off the receipt: whoever sits at this browser next does not find it."""
    _receipt(draft_id)
    begun.note_code(draft_id)
    return redirect(url_for("antrag.sent", draft_id=draft_id), 303)


@blueprint.get("/entwurf/<uuid:draft_id>/angaben.json")
@access.public
def answers(draft_id: UUID) -> Response:
    """What was sent, byte by byte as it was stored."""
    started = _receipt(draft_id).started
    content = drafts.sent_answers(house(), started, by=current_actor(), at=now())
    response = Response(content, mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=f"angaben-{started.aktenzeichen}.json")
    return response


@blueprint.get("/entwurf/<uuid:draft_id>/spaeter")
@access.public
def later(draft_id: UUID) -> str:
    """Say how to come back to the draft, and until when."""
    draft = begun.resume(draft_id)
    return render_template(
        "portal/later.html",
        draft=draft,
        title=_title(draft.deployed.procedure),
        code=begun.code_of(draft_id) if current_person() is None else "",
        address=url_for("antrag.resume_by_code", entwurf=draft_id, _external=True),
    )


@blueprint.post("/entwurf/<uuid:draft_id>/verwerfen")
@access.public
def discard(draft_id: UUID) -> AnyResponse:
    draft = begun.resume(draft_id)
    drafts.discard(house(), draft, by=current_actor(), at=now())
    return redirect(url_for("services.show", key=draft.deployed.procedure.key), 303)


def _resume_page(typed: Mapping[str, str], error: str, status: int) -> Response:
    return Response(render_template("portal/resume.html", typed=typed, error=error), status)


def _resume_error(typed: Mapping[str, str]) -> str:
    """Try to open the draft and keep it in the session; return why that did not work, "" if it did.

    Raises TooMany after some wrong codes.
    """
    try:
        draft_id = UUID(typed["entwurf"])
    except ValueError:
        return t("portal.formular.resume.wrong")
    limits = attempts.number_and_address(str(draft_id), request.remote_addr or "")
    try:
        attempts.limited(
            house(), limits, lambda: drafts.resume_by_code(house(), draft_id, typed["code"], at=now()), at=now()
        )
        begun.remember(draft_id, code=typed["code"].upper())
        begun.resume(draft_id)
    except NotFound as error:
        return t("portal.formular.resume.wrong" if error.code == "draft_unknown" else "portal.formular.resume.account")
    return ""


def _own_drafts(procedure_key: str) -> list[drafts.DraftLine]:
    person = current_person()
    if person is None:
        return []
    with house().db.read() as conn:
        found = drafts.list_of(conn, person.account, at=now())
    return [one for one in found if one.procedure_key == procedure_key]


def _page(draft: OpenDraft, key: str) -> Page:
    page = draft.deployed.procedure.start_form.page(key)
    if page is None:
        raise NotFound("page_unknown", page=key)
    return page


def _visible(draft: OpenDraft) -> tuple[Page, ...]:
    return visible_pages(draft.deployed.procedure.start_form, draft.values, _given(draft))


def _given(draft: OpenDraft) -> Given:
    return Given(now=now(), files=draft.files)


def _stored(draft: OpenDraft, page: Page) -> Typed:
    """A page as it was left, or, at the first visit, with the form's defaults and what the account tells."""
    form, person = draft.deployed.procedure.start_form, current_person()
    if any(has(draft.values, path) for path in declared_paths(page.children)):
        return Typed(entries_of(form, draft.values))
    texts = FormTexts(_texts(draft.deployed.procedure), form_name(form.name))
    known = account_answers(page, person.details, texts) if person else AccountAnswers({}, ())
    return Typed(start_entries(form, known.values), from_account=known.labels)


def _drawn(draft: OpenDraft, page: Page, typed: Typed) -> str:
    procedure = draft.deployed.procedure
    filling = Filling(
        given=_given(draft),
        texts=_texts(procedure),
        entries=typed.entries,
        values=draft.values,
        errors=typed.errors,
        revealed=typed.revealed,
    )
    view = page_view(procedure.start_form, page, filling)
    return render_template(
        "portal/form.html",
        draft=draft,
        procedure=procedure,
        title=_title(procedure),
        page=view,
        typed=typed,
        state=_state_of_page(draft.values, page),
        goes_to_check=_goes_to_check(),
    )


def _goes_to_check() -> bool:
    return CHECK in (request.args.get("dann"), request.form.get("_dann"))


def _is_conflict(draft: OpenDraft, page: Page, result: Result) -> bool:
    """Whether this page was changed elsewhere since it was shown, to something other than what was sent now."""
    stored = _state_of_page(draft.values, page)
    return request.form.get(STATE) not in (None, stored) and _state_of_page(result.values, page) != stored


def _state_of_page(values: Mapping[str, Value], page: Page) -> str:
    own: dict[str, Any] = {}
    for path in declared_paths(page.children):
        if has(values, path):
            put(own, path, get(values, path))
    return _state_of(own)


def _state_of(values: Mapping[str, Value]) -> str:
    return sha256(dump_values(values)).hexdigest()


def _saved(draft: OpenDraft, page: Page, result: Result) -> AnyResponse:
    """Store what is right. Going back or away is never refused; going on is, as long as something is wrong."""
    goal = request.form.get(GO_TO, "")
    typed = Typed(result.entries, result.errors, result.revealed)
    following = _following(draft, page, result, goal)
    try:
        drafts.save(house(), draft, page=following if result.ok else page.key, values=result.values, at=now())
    except Conflict:
        return Response(_drawn(begun.resume(draft.id), page, replace(typed, errors={}, is_conflict=True)), 409)
    stored = replace(draft, values=result.values)
    if not result.ok and goal not in (BACK, LATER):
        return Response(_drawn(stored, page, typed), 422)
    if result.ok:
        _without_stray_files(stored, result.values)
    if goal == LATER:
        return redirect(url_for("antrag.later", draft_id=draft.id), 303)
    if following == CHECK:
        return redirect(url_for("antrag.check", draft_id=draft.id), 303)
    return redirect(url_for("antrag.show", draft_id=draft.id, page_key=following), 303)


def _following(draft: OpenDraft, page: Page, result: Result, goal: str) -> str:
    """The key of the page where the person goes from here, CHECK after the last."""
    keys = [one.key for one in visible_pages(draft.deployed.procedure.start_form, result.values, _given(draft))]
    here = keys.index(page.key) if page.key in keys else 0
    if goal == BACK:
        return keys[max(here - 1, 0)]
    if goal == LATER:
        return page.key
    if _goes_to_check() or here + 1 >= len(keys):
        return CHECK
    return keys[here + 1]


def _without_stray_files(draft: OpenDraft, values: Mapping[str, Value]) -> OpenDraft:
    """Remove the uploads that no answer names any more, so that nothing is filed that the person took off."""
    named = files_in(draft.deployed.procedure.start_form, values)
    stray = draft.files.keys() - named.keys()
    for file_id in stray:
        drafts.remove_file(house(), draft, UUID(file_id))
    return begun.resume(draft.id) if stray else draft


def _summary(draft: OpenDraft, *, is_conflict: bool = False) -> str:
    procedure = draft.deployed.procedure
    form, given = procedure.start_form, _given(draft)
    result = validate_values(form, draft.values, given)
    return render_template(
        "portal/check.html",
        draft=draft,
        procedure=procedure,
        title=_title(procedure),
        pages=summarise(form, draft.values, given, _texts(procedure)),
        problems=[(_address(draft, form, name), sentence) for name, sentence in result.errors.items()],
        address=lambda key: url_for("antrag.show", draft_id=draft.id, page_key=key, dann=CHECK),
        last_page=_visible(draft)[-1].key,
        state=_state_of(draft.values),
        is_conflict=is_conflict,
        text=_text,
    )


def _address(draft: OpenDraft, form: Form, name: str) -> str:
    """The address of the field with this HTML name, on the page where it is asked."""
    for page in form.pages:
        for path in declared_paths(page.children):
            own = name_of("", path)
            if name == own or name.startswith(f"{own}-"):
                anchor = ID_PREFIX + name
                return url_for("antrag.show", draft_id=draft.id, page_key=page.key, dann=CHECK, _anchor=anchor)
    return ""


def _code_to_show(draft_id: UUID, started: Started) -> str:
    """The access code, so that a reload does not take the only copy from her; "" once she has it, or after a while."""
    is_over = begun.is_code_noted(draft_id) or now() - started.sent_at > CODE_SHOWN
    return "" if is_over else started.access_code


def _receipt(draft_id: UUID) -> drafts.SentDraft:
    found = begun.receipt(draft_id)
    if found is None:
        raise NotFound("draft_unknown", draft_id=draft_id)
    return found


def _texts(procedure: Procedure) -> Texts:
    return procedure.texts.get(language().code) or procedure.texts[GERMAN]


def _title(procedure: Procedure) -> str:
    return _text(procedure, "leistung.titel")


def _text(procedure: Procedure, key: str) -> str:
    return procedure.text(key, language=language().code)
