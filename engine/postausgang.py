"""The letters that wait for posting: listed, printed together, and recorded as posted ("Ab-Vermerk").

A letter waits while a Bekanntgabe by letter is prepared and a task asks when it was posted: one whose form has the
field `abgesandt_am`, and whose inputs name the Bescheid (`dokument`), perhaps the attempt (`bekanntgabe`) and the
number of copies (`anzahl`). Who may see, print and record is who may take that task.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import pikepdf
from sqlalchemy import Connection, Select, select

from engine import cases, law, tasks
from engine.actors import Actor
from engine.errors import Conflict, EngineError, Invalid, NotFound
from engine.feel.values import Value
from engine.files import key_of_vorgang
from engine.house import House
from engine.tasks import OpenTask
from storage.akte.cells import decrypt_cell
from storage.db import tenant_of
from storage.models.dokument import Dokument
from storage.models.task import Task, TaskCandidate
from storage.models.verwaltungsakt import Bekanntgabe, BekanntgabeKanal, BekanntgabeStatus, Verwaltungsakt
from storage.queries import candidates_of

MOST: Final = 100
"""How many letters are listed, printed and recorded at once."""
MOST_COPIES: Final = 20
POSTED_ON: Final = "abgesandt_am"


@dataclass(frozen=True, slots=True)
class WaitingLetter:
    """A letter with the task that records its posting; `address` are the lines of its address field, name first."""

    task: OpenTask
    vorgang_id: UUID
    dokument_id: UUID
    address: tuple[str, ...]
    dated: date | None
    prepared_at: datetime
    attempt: int
    copies: int

    @property
    def recipient(self) -> str:
        """The address in one line; the salutation is no line of its own here."""
        lines = self.address
        if lines and lines[0] in ("Frau", "Herrn"):
            lines = (" ".join(lines[:2]), *lines[2:])
        return ", ".join(lines)


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """A letter whose posting was not recorded; nothing of it changed."""

    task_id: UUID
    aktenzeichen: str
    error: EngineError


def is_waiting(conn: Connection, *, by: Actor) -> bool:
    """Say whether any letter waits for this actor's groups."""
    return conn.execute(_prepared(conn, by).order_by(None).limit(1)).first() is not None


def waiting(house: House, *, by: Actor, at: datetime) -> list[WaitingLetter]:
    """Return the letters that wait for this actor's groups, oldest first, at most `MOST`."""
    with house.db.read() as conn:
        rows = [dict(row) for row in conn.execute(_prepared(conn, by).limit(MOST * 2)).mappings()]
    found: dict[UUID, WaitingLetter] = {}
    for row in rows:
        if row["task_id"] not in found and (letter := _letter(house, row, by=by, at=at)) is not None:
            found[letter.task.id] = letter
    return list(found.values())[:MOST]


def print_together(house: House, letters: Sequence[WaitingLetter], cover: str, *, by: Actor, at: datetime) -> bytes:
    """Return one PDF: the cover (a page of HTML), then the letters as they are filed, each beginning on a new sheet.

    Opening each is recorded as an access. It is a copy for the printer and claims no PDF/A; the filed letter stays the
    original. Raises NotFound for a foreign one and Conflict (`letter_unreadable`) for one that is no PDF.
    """
    title = f"Postausgang {law.berlin_date(at):%d.%m.%Y}"
    with ExitStack() as opened, pikepdf.new() as bundle:
        _append(bundle, opened, house.renderer.render(cover, title=title, at=at), "")
        for letter in letters:
            _, content = cases.open_document(house, letter.vorgang_id, letter.dokument_id, by=by, at=at)
            for _ in range(letter.copies):
                _append(bundle, opened, content, letter.task.aktenzeichen or "")
        bundle.docinfo["/Title"] = title
        target = BytesIO()
        bundle.save(target)
    return target.getvalue()


def record_posted(
    house: House, task_ids: Iterable[UUID], posted_on: date, *, by: Actor, at: datetime
) -> list[NotRecorded]:
    """Record "abgesandt am" for each of these letters; return those that could not be, everything else is done.

    Each letter is a step of its own: one that somebody else was faster with does not keep the others. Recording the
    same again is a no-op. Raises Invalid when nothing can have been posted on that day.
    """
    if posted_on > law.berlin_date(at):
        raise Invalid(
            "posting_date", {POSTED_ON: "Der Tag liegt in der Zukunft. Tragen Sie ein, wann die Post abging."}
        )
    known = {letter.task.id: letter for letter in waiting(house, by=by, at=at)}
    refused = []
    for task_id in dict.fromkeys(task_ids):
        try:
            _record(house, known.get(task_id), task_id, posted_on, by=by, at=at)
        except EngineError as error:
            letter = known.get(task_id)
            refused.append(NotRecorded(task_id, (letter.task.aktenzeichen if letter else None) or "", error))
    return refused


def _record(
    house: House, letter: WaitingLetter | None, task_id: UUID, posted_on: date, *, by: Actor, at: datetime
) -> None:
    if letter is None:
        _was_recorded(house, task_id, posted_on, by=by, at=at)
        return
    if letter.dated is not None and posted_on < letter.dated:
        raise Conflict("posted_before_written", task_id=task_id, dated=letter.dated)
    tasks.complete(house, task_id, {POSTED_ON: posted_on}, by=by, at=at)


def _was_recorded(house: House, task_id: UUID, posted_on: date, *, by: Actor, at: datetime) -> None:
    """A double click is no conflict; somebody else's record is, and so is another day."""
    done = tasks.finished(house, task_id, by=by, at=at)
    if done.actor_id != by.id or done.values.get(POSTED_ON) != posted_on:
        raise Conflict("task_finished", task_id=task_id, holder=done.actor_id, at=done.at)


def _prepared(conn: Connection, by: Actor) -> Select[Any]:
    """Prepared letters of Vorgänge in which a task is open for this actor."""
    tenant = tenant_of(conn)
    query = select(*_COLUMNS)
    query = query.join(
        Verwaltungsakt, (Verwaltungsakt.tenant_id == tenant) & (Verwaltungsakt.id == Bekanntgabe.verwaltungsakt_id)
    )
    query = query.join(Dokument, (Dokument.tenant_id == tenant) & (Dokument.id == Verwaltungsakt.dokument_id))
    query = query.join(Task, (Task.tenant_id == tenant) & (Task.vorgang_id == Bekanntgabe.vorgang_id))
    mine = select(TaskCandidate.task_id).where(
        TaskCandidate.tenant_id == tenant, TaskCandidate.candidate.in_(candidates_of(by.roles, by.id))
    )
    return query.where(
        Bekanntgabe.tenant_id == tenant,
        Bekanntgabe.status == BekanntgabeStatus.VORBEREITET.value,
        Bekanntgabe.kanal == BekanntgabeKanal.BRIEF.value,
        Task.id.in_(mine),
    ).order_by(Bekanntgabe.created_at, Bekanntgabe.id, Task.opened_at, Task.id)


_COLUMNS: Final[Sequence[Any]] = (
    Bekanntgabe.id,
    Bekanntgabe.vorgang_id,
    Bekanntgabe.verwaltungsakt_id,
    Bekanntgabe.address,
    Bekanntgabe.attempt,
    Bekanntgabe.created_at,
    Verwaltungsakt.dokument_id,
    Dokument.dokumentdatum,
    Task.id.label("task_id"),
)


def _letter(house: House, row: Mapping[str, Any], *, by: Actor, at: datetime) -> WaitingLetter | None:
    """The letter if this task of the Vorgang is the one that asks for its posting."""
    try:
        work = tasks.work_on(house, row["task_id"], by=by, at=at)
    except NotFound:  # finished since
        return None
    if work.form is None or POSTED_ON not in work.form.names or not _is_about(work.inputs, row):
        return None
    return WaitingLetter(
        task=work.task,
        vorgang_id=row["vorgang_id"],
        dokument_id=row["dokument_id"],
        address=_address(house, row),
        dated=row["dokumentdatum"],
        prepared_at=row["created_at"],
        attempt=row["attempt"],
        copies=_copies(work.inputs.get("anzahl")),
    )


def _is_about(inputs: Mapping[str, Value], row: Mapping[str, Any]) -> bool:
    if "bekanntgabe" in inputs:
        return inputs["bekanntgabe"] == str(row["id"])
    return inputs.get("dokument") == str(row["dokument_id"])


def _address(house: House, row: Mapping[str, Any]) -> tuple[str, ...]:
    if row["address"] is None:
        return ()
    with house.db.read() as conn:
        key = key_of_vorgang(house, conn, row["vorgang_id"])
    lines = decrypt_cell(
        key, Bekanntgabe, "address", tenant_id=house.tenant_id, row_id=row["id"], stored=row["address"]
    )
    return tuple(lines)


def _copies(wanted: Value) -> int:
    return max(1, min(int(wanted), MOST_COPIES)) if isinstance(wanted, Decimal) else 1


def _append(bundle: pikepdf.Pdf, opened: ExitStack, content: bytes, aktenzeichen: str) -> None:
    """Add the pages and fill up to a whole sheet, so that a printer may use both sides."""
    try:
        pdf = opened.enter_context(pikepdf.open(BytesIO(content)))
    except pikepdf.PdfError as error:
        raise Conflict("letter_unreadable", aktenzeichen=aktenzeichen) from error
    bundle.pages.extend(pdf.pages)
    if len(pdf.pages) % 2:
        bundle.add_blank_page(page_size=(595, 842))
