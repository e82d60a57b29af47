"""A Rückfrage: 1..n things that the office asks a party for, with one Frist; answered in parts, extended, reminded.

Rows that a step changes are read while it is open: who was faster moves the chain's head, and the step runs again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from sqlalchemy import Connection, select

from engine import cases, fristen, law, messages, nachrichten, tasks, uploads
from engine.accounts import who_requested
from engine.actors import Actor, ActorKind
from engine.cases import View
from engine.connectors import Call, Result
from engine.errors import Conflict, Invalid, NotFound
from engine.feel.values import Value
from engine.files import OpenFile, open_file
from engine.fristen import FristView
from engine.house import House
from engine.tasks import TaskWork
from storage.akte import documents
from storage.akte.cells import decrypt_cell, encrypt_cell
from storage.akte.changes import RowChanged, add_to_step, write
from storage.akte.documents import NewDokument
from storage.akte.rows import Change, alteration, insertion, read_row
from storage.db import tenant_of
from storage.models.dokument import Richtung
from storage.models.frist import FristEventKind, FristStatus
from storage.models.rueckfrage import PunktKind, PunktStatus, Rueckfrage, RueckfragePunkt, RueckfrageStatus
from storage.models.task import Task
from storage.steps import Step

EXTENDED: Final = "rueckfrage.frist_verlaengert"
"""The message by which an extension reaches the waiting process; its key is the id of the Rückfrage."""
MAX_PUNKTE: Final = 20
MAX_ANSWER: Final = 4000
POST: Final = timedelta(days=5)
"""How long an answer can be in the post: nobody is reminded before."""


@dataclass(frozen=True, slots=True)
class Punkt:
    """One thing that is asked for, decrypted; `position` counts from 1."""

    id: UUID
    position: int
    kind: PunktKind
    text: str
    status: PunktStatus
    answer: str
    dokument_id: UUID | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class RueckfrageView:
    """A Rückfrage as pages show it."""

    id: UUID
    vorgang_id: UUID
    status: RueckfrageStatus
    asked_at: datetime
    reminded_at: datetime | None
    punkte: tuple[Punkt, ...]
    frist: FristView

    @property
    def is_open(self) -> bool:
        return self.status is RueckfrageStatus.OFFEN

    @property
    def open_punkte(self) -> tuple[Punkt, ...]:
        return tuple(one for one in self.punkte if one.status is PunktStatus.OFFEN)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came with an answer."""

    name: str
    content: bytes


def ask(house: House, call: Call) -> Result:
    """Write to the party and begin the Frist; the connector `rueckfrage.stellen`.

    Inputs: `punkte` (list of {text, art: "nachweis" or "angabe", optional feld}), `text` (may be empty), `frist_am`,
    `betreff`, optional `vorlage`. Outputs: `rueckfrage`, `frist_am` (a working day), `frist_timer`, `erinnern_timer`.
    """
    file = _file_of(house, call)
    wanted, day = _punkte(call.inputs.get("punkte")), call.inputs["frist_am"]
    if not isinstance(day, date):
        raise Invalid("frist_missing", {"frist_am": "Geben Sie an, bis wann die Antwort da sein soll."})
    end = fristen.named_day(file, day, on=law.berlin_date(call.at))
    with house.db.read() as conn:
        asked_by = who_requested(conn, call.instance_id, call.wait)
    rueckfrage_id, frist_id = uuid5(call.job_id, "rueckfrage"), uuid5(call.job_id, "frist")
    text = _whole_text(call.inputs.get("text"), [one["text"] for one in wanted])
    letter = {**call.inputs, "text": text, "frist_am": end.ends_on}
    sent = nachrichten.send(house, replace(call, inputs=letter))
    subject = ("rueckfrage", rueckfrage_id)
    began = fristen.begin(file, end, frist_id=frist_id, kind="rueckfrage", subject=subject, at=call.at, by=asked_by)
    row = {
        "tenant_id": house.tenant_id,
        "id": rueckfrage_id,
        "vorgang_id": file.id,
        "party_id": file.addressee(on=law.berlin_date(call.at)).id,
        "instance_id": call.instance_id,
        "status": RueckfrageStatus.OFFEN.value,
        "text": _sealed(file, Rueckfrage, "text", rueckfrage_id, text),
        "frist_id": frist_id,
        "dokument_id": uuid5(call.job_id, "brief") if call.inputs.get("vorlage") else None,
        "asked_at": call.at,
        "asked_by": asked_by,
    }
    payload = {"punkte": len(wanted), "frist": str(end.ends_on)}
    asked = insertion(Rueckfrage, row, kind="rueckfrage.gestellt", at=call.at, actor_id=asked_by, payload=payload)
    points = [
        _new_punkt(file, rueckfrage_id, number, one, at=call.at, by=asked_by) for number, one in enumerate(wanted, 1)
    ]
    outputs: dict[str, Value] = {"rueckfrage": str(rueckfrage_id), **_timers(end.ends_on, end.over_at)}
    return Result(
        variables={**outputs, "erinnern_timer": end.over_at + POST},
        writes=[*sent.writes, lambda step: add_to_step(step, file.key, [began, asked, *points])],
    )


def remind(house: House, call: Call) -> Result:
    """Remind once, naming the consequence, and give two weeks more; the connector `rueckfrage.erinnern`.

    Inputs: `rueckfrage`, `folge` (text), `betreff`, optional `vorlage`. Outputs: `frist_am`, `frist_timer` of the last
    Frist.
    """
    file, rueckfrage_id = _file_of(house, call), UUID(str(call.inputs["rueckfrage"]))
    with house.db.read() as conn:
        current = _read(conn, rueckfrage_id, file.id)
        frist = fristen.read(conn, current["frist_id"])
        missing = [_text_of(file, one) for one in _rows(conn, rueckfrage_id) if one["status"] == PunktStatus.OFFEN]
        by = who_requested(conn, call.instance_id, call.wait)
    end = fristen.further(file, frist["ends_on"])
    text = _whole_text(f"{call.inputs['folge']}\n\nUns fehlt noch:", missing)
    inputs = {key: value for key, value in call.inputs.items() if key not in ("rueckfrage", "folge")}
    sent = nachrichten.send(house, replace(call, inputs={**inputs, "text": text, "frist_am": end.ends_on}))

    def record(step: Step) -> None:
        with house.db.read() as conn:
            now = _read(conn, rueckfrage_id, file.id)
            running = fristen.read_running(conn, now["frist_id"])
        reminded = alteration(
            Rueckfrage,
            now,
            {"reminded_at": call.at},
            kind="rueckfrage.erinnert",
            at=call.at,
            actor_id=by,
            payload={"frist": str(end.ends_on)},
        )
        event_id, why = uuid5(call.job_id, "erinnerung"), "Erinnerung mit einer letzten Frist"
        longer = fristen.extended(running, end, event_id=event_id, why=why, at=call.at, by=by)
        add_to_step(step, file.key, [reminded, *longer])

    return Result(variables=_timers(end.ends_on, end.over_at), writes=[*sent.writes, record])


def settle(house: House, call: Call) -> Result:
    """End the Rückfrage and its Frist; the connector `rueckfrage.abschliessen`.

    Inputs: `rueckfrage`, `art` ("beantwortet" or "verfristet"), optional `antwort` (a last word). Outputs:
    `offen_nachweise` and `offen_angaben` (numbers of items that nobody answered and nobody waived), `antworten` (what
    was answered, for the next task).
    """
    file, rueckfrage_id = _file_of(house, call), UUID(str(call.inputs["rueckfrage"]))
    is_answered = call.inputs["art"] == "beantwortet"
    with house.db.read() as conn:
        _read(conn, rueckfrage_id, file.id)
        punkte = [_punkt(file, row) for row in _rows(conn, rueckfrage_id)]
        by = who_requested(conn, call.instance_id, call.wait)

    def record(step: Step) -> None:
        with house.db.read() as conn:
            current = _read(conn, rueckfrage_id, file.id)
            frist = fristen.read_running(conn, current["frist_id"])
        status = RueckfrageStatus.BEANTWORTET if is_answered else RueckfrageStatus.UEBERFAELLIG
        columns = {
            "status": status.value,
            "answered_at": call.at if is_answered else None,
            "settled_at": call.at,
        }
        kind = f"rueckfrage.{'beantwortet' if is_answered else 'verfristet'}"
        ended = alteration(Rueckfrage, current, columns, kind=kind, at=call.at, actor_id=by, payload={})
        in_time = is_answered and call.at < frist["ends_at"]
        how = FristStatus.EINGEHALTEN if in_time else FristStatus.ABGELAUFEN
        add_to_step(step, file.key, [ended, fristen.ended(frist, how, at=call.at, by=by)])

    return Result(
        variables={
            "offen_nachweise": _count_open(punkte, PunktKind.NACHWEIS),
            "offen_angaben": _count_open(punkte, PunktKind.ANGABE),
            "antworten": _told(punkte, call.inputs.get("antwort")),
        },
        writes=[record],
    )


def of_task(house: House, work: TaskWork) -> RueckfrageView | None:
    """Return the Rückfrage that a task answers (its input `rueckfrage`); None for any other task."""
    named = work.inputs.get("rueckfrage")
    if not isinstance(named, str) or work.task.vorgang_id is None:
        return None
    with house.db.read() as conn:
        file = open_file(house, conn, work.task.vorgang_id)
        return _view(conn, file, _read(conn, UUID(named), file.id))


def of_vorgang(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> list[RueckfrageView]:
    """Return what was asked in a Vorgang, newest first; raises NotFound for whoever may not see all of it."""
    _check_full_view(house, vorgang_id, by=by, at=at)
    with house.db.read() as conn:
        file = open_file(house, conn, vorgang_id)
        query = select(Rueckfrage.id).where(Rueckfrage.tenant_id == house.tenant_id)
        query = query.where(Rueckfrage.vorgang_id == vorgang_id).order_by(Rueckfrage.asked_at.desc(), Rueckfrage.id)
        return [_view(conn, file, _read(conn, one, vorgang_id)) for one in conn.execute(query).scalars()]


def answer(
    house: House, task_id: UUID, punkt_id: UUID, *, text: str, upload: Upload | None, by: Actor, at: datetime
) -> bool:
    """Keep the answer to one item at once; a file answers a Nachweis, a text alone leaves it open.

    Returns whether that was the last one, and the process went on.

    Raises NotFound, Conflict (waived meanwhile, or somebody was faster) and Invalid with a sentence per field.
    """
    asked = _asked(house, task_id, by=by, at=at)
    punkt = next((one for one in asked.punkte if one.id == punkt_id), None)
    if punkt is None:
        raise NotFound("punkt_unknown", punkt=punkt_id)
    if punkt.status is PunktStatus.VERZICHTET:
        raise Conflict("punkt_waived", punkt=punkt_id)
    words = text.strip()
    _check_answer(words, upload)
    with house.db.read() as conn:
        file = open_file(house, conn, asked.vorgang_id)
    filed = _file_upload(house, file, upload, at=at, by=by) if upload else None
    dokument_id = filed.row["id"] if filed else punkt.dokument_id
    is_enough = dokument_id is not None or punkt.kind is PunktKind.ANGABE
    columns = {
        "answer": _sealed(file, RueckfragePunkt, "answer", punkt_id, words) if words else None,
        "dokument_id": dokument_id,
        **_settled(PunktStatus.ERFUELLT if is_enough else PunktStatus.OFFEN, at=at, by=by),
    }
    _change_punkt(house, file, punkt_id, columns, kind="rueckfrage.punkt_beantwortet", before=filed, at=at, by=by)
    if _asked(house, task_id, by=by, at=at).open_punkte:
        return False
    finish(house, task_id, by=by, at=at)
    return True


def finish(house: House, task_id: UUID, *, text: str = "", by: Actor, at: datetime) -> None:
    """End the answering ("Das ist alles"), whatever is still open, with a last word. Raises as `tasks.complete`."""
    tasks.complete(house, task_id, {"antwort": text.strip() or None}, by=by, at=at)


def waive(house: House, vorgang_id: UUID, punkt_id: UUID, *, by: Actor, at: datetime) -> bool:
    """Do without an item; return whether the process went on because nothing is open any more.

    Raises NotFound, and Conflict unless the item is still open.
    """
    asked = _of_punkt(house, vorgang_id, punkt_id, by=by, at=at)
    with house.db.read() as conn:
        file = open_file(house, conn, vorgang_id)
    columns = _settled(PunktStatus.VERZICHTET, at=at, by=by)
    _change_punkt(house, file, punkt_id, columns, kind="rueckfrage.punkt_verzichtet", before=None, at=at, by=by)
    task_id = None if len(asked.open_punkte) > 1 else _answering_task(house, asked)
    if task_id is None:
        return False
    # The office ends the party's task: it is a candidate for it in no group, but nothing is left to answer.
    tasks.complete(house, task_id, {"antwort": None}, by=replace(by, kind=ActorKind.SYSTEM), at=at)
    return True


def ask_for_time(house: House, task_id: UUID, *, by: Actor, at: datetime) -> RueckfrageView:
    """Ask for a longer Frist; asking again while nobody has decided changes nothing. Raises NotFound and Conflict."""
    asked = _asked(house, task_id, by=by, at=at)
    if asked.frist.asked_at is not None:
        return asked
    with house.db.begin() as conn:
        file = open_file(house, conn, asked.vorgang_id)
        frist = fristen.read_running(conn, asked.frist.id)
        why = "Die Partei bittet um Verlängerung."
        change = fristen.noted(frist, fristen.ASKED, event_id=uuid4(), why=why, at=at, by=by.id)
        write(conn, file.key, file.id, [change])
    return _asked(house, task_id, by=by, at=at)


def proposed(house: House, asked: RueckfrageView) -> date:
    """Return the day to propose for an extension: two weeks more, on a working day."""
    with house.db.read() as conn:
        return fristen.further(open_file(house, conn, asked.vorgang_id), asked.frist.ends_on).ends_on


def grant(house: House, vorgang_id: UUID, rueckfrage_id: UUID, *, day: date, why: str, by: Actor, at: datetime) -> date:
    """Give time until `day`, or the next working day; returns that day and moves the timers of the process.

    Staff may grant without having been asked. Raises NotFound, Conflict (ended) and Invalid (not later, no reason).
    """
    asked = _of_id(house, vorgang_id, rueckfrage_id, by=by, at=at)
    event_id = uuid4()
    with house.db.begin() as conn:
        file = open_file(house, conn, vorgang_id)
        frist = fristen.read_running(conn, asked.frist.id)
        end = fristen.named_day(file, day, on=law.berlin_date(at))
        fristen.check_later(frist, end, field="tag")
        reason = _reason(why)
        write(conn, file.key, file.id, fristen.extended(frist, end, event_id=event_id, why=reason, at=at, by=by.id))
    variables = _timers(end.ends_on, end.over_at)
    messages.correlate(
        house, EXTENDED, key=str(rueckfrage_id), variables=variables, message_id=f"frist:{event_id}", by=by, at=at
    )
    return end.ends_on


def refuse(house: House, vorgang_id: UUID, rueckfrage_id: UUID, *, why: str, by: Actor, at: datetime) -> None:
    """Refuse the request for more time. Raises NotFound, Conflict (nobody asks) and Invalid (no reason)."""
    asked = _of_id(house, vorgang_id, rueckfrage_id, by=by, at=at)
    if asked.frist.asked_at is None:
        raise Conflict("extension_not_asked", rueckfrage=rueckfrage_id)
    with house.db.begin() as conn:
        file = open_file(house, conn, vorgang_id)
        frist = fristen.read_running(conn, asked.frist.id)
        kind, reason = FristEventKind.VERLAENGERUNG_ABGELEHNT, _reason(why)
        write(conn, file.key, file.id, [fristen.noted(frist, kind, event_id=uuid4(), why=reason, at=at, by=by.id)])


def _asked(house: House, task_id: UUID, *, by: Actor, at: datetime) -> RueckfrageView:
    work = tasks.work_on(house, task_id, by=by, at=at)
    asked = of_task(house, work)
    if asked is None:
        raise NotFound("rueckfrage_unknown", task_id=task_id)
    return asked


def _of_punkt(house: House, vorgang_id: UUID, punkt_id: UUID, *, by: Actor, at: datetime) -> RueckfrageView:
    for asked in of_vorgang(house, vorgang_id, by=by, at=at):
        for punkt in asked.punkte:
            if punkt.id == punkt_id:
                if not asked.is_open or punkt.status is not PunktStatus.OFFEN:
                    raise Conflict("punkt_settled", punkt=punkt_id)
                return asked
    raise NotFound("punkt_unknown", punkt=punkt_id)


def _of_id(house: House, vorgang_id: UUID, rueckfrage_id: UUID, *, by: Actor, at: datetime) -> RueckfrageView:
    found = [one for one in of_vorgang(house, vorgang_id, by=by, at=at) if one.id == rueckfrage_id]
    if not found:
        raise NotFound("rueckfrage_unknown", rueckfrage=rueckfrage_id)
    return found[0]


def _check_full_view(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> None:
    case = cases.get(house, vorgang_id, by=by, at=at)
    if case.view is not View.FULL or by.kind is not ActorKind.STAFF:
        raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)


def _answering_task(house: House, asked: RueckfrageView) -> UUID | None:
    """The open task whose input names this Rückfrage."""
    everybody = Actor("system:rueckfrage", ActorKind.SYSTEM, house.tenant_id)
    with house.db.read() as conn:
        query = select(Task.id).where(Task.tenant_id == house.tenant_id, Task.vorgang_id == asked.vorgang_id)
        open_ids = list(conn.execute(query).scalars())
    for task_id in open_ids:
        work = tasks.work_on(house, task_id, by=everybody, at=asked.asked_at)
        if work.inputs.get("rueckfrage") == str(asked.id):
            return task_id
    return None


def _change_punkt(
    house: House,
    file: OpenFile,
    punkt_id: UUID,
    columns: Mapping[str, Any],
    *,
    kind: str,
    before: Change | None,
    at: datetime,
    by: Actor,
) -> None:
    with house.db.begin() as conn:
        current = read_row(conn, RueckfragePunkt, house.tenant_id, punkt_id)
        if current is None or current["status"] == PunktStatus.VERZICHTET.value:
            raise Conflict("punkt_waived", punkt=punkt_id)
        payload = {"punkt": current["position"]}
        change = alteration(RueckfragePunkt, current, columns, kind=kind, at=at, actor_id=by.id, payload=payload)
        try:
            write(conn, file.key, file.id, [*([before] if before else []), change])
        except RowChanged as error:
            raise Conflict("punkt_changed", punkt=punkt_id) from error


def _settled(status: PunktStatus, *, at: datetime, by: Actor) -> dict[str, Any]:
    is_settled = status is not PunktStatus.OFFEN
    return {
        "status": status.value,
        "settled_at": at if is_settled else None,
        "settled_by": by.id if is_settled else None,
    }


def _check_answer(words: str, upload: Upload | None) -> None:
    if not words and upload is None:
        raise Invalid("answer_missing", {"antwort": "Schreiben Sie eine Antwort oder wählen Sie eine Datei."})
    if len(words) > MAX_ANSWER:
        raise Invalid("answer_too_long", {"antwort": f"Kürzen Sie Ihre Antwort auf {MAX_ANSWER} Zeichen."})


def _file_upload(house: House, file: OpenFile, upload: Upload, *, at: datetime, by: Actor) -> Change:
    return documents.file_document(
        house.objects,
        file.key,
        NewDokument(
            richtung=Richtung.EINGANG,
            art="nachweis",
            name=upload.name,
            content=upload.content,
            media_type=uploads.media_type_of(upload.content, field="datei"),
            eingegangen_am=at,
            verfasser=by.id,
        ),
        tenant_id=house.tenant_id,
        vorgang_id=file.id,
        at=at,
        by=by.id,
    )


def _reason(why: str) -> str:
    if not why.strip():
        raise Invalid("reason_missing", {"grund": "Schreiben Sie einen Grund. Er steht in der Akte."})
    return why.strip()[:1000]


def _file_of(house: House, call: Call) -> OpenFile:
    if call.vorgang_id is None:
        raise ValueError("a Rückfrage needs a Vorgang")
    with house.db.read() as conn:
        return open_file(house, conn, call.vorgang_id)


def _timers(ends_on: date, over_at: datetime) -> dict[str, Value]:
    return {"frist_am": ends_on, "frist_timer": over_at}


def _punkte(given: Value) -> list[dict[str, str]]:
    """The items as the process names them; raises Invalid unless there are 1..20 with a text and a known kind."""
    items = given if isinstance(given, list) else []
    if not 0 < len(items) <= MAX_PUNKTE:
        raise Invalid("punkte_missing", {"punkte": f"Eine Rückfrage hat 1 bis {MAX_PUNKTE} Punkte."})
    found = []
    for item in items:
        if not isinstance(item, dict) or not str(item.get("text") or "").strip():
            raise Invalid("punkt_without_text", {"punkte": "Schreiben Sie zu jedem Punkt, was fehlt."})
        kind = PunktKind(str(item.get("art") or PunktKind.ANGABE))
        found.append({"text": str(item["text"]).strip(), "art": kind.value, "feld": str(item.get("feld") or "")})
    return found


def _whole_text(text: Value, items: Sequence[str]) -> str:
    """What stands in the message and in the letter: the words before, and the items, numbered where there are many."""
    lines = [f"{number}. {item}" for number, item in enumerate(items, 1)] if len(items) > 1 else list(items)
    return "\n\n".join(part for part in (str(text or "").strip(), "\n".join(lines)) if part)


def _new_punkt(
    file: OpenFile, rueckfrage_id: UUID, number: int, item: Mapping[str, str], *, at: datetime, by: str
) -> Change:
    punkt_id = uuid5(rueckfrage_id, str(number))
    row = {
        "tenant_id": file.row["tenant_id"],
        "id": punkt_id,
        "rueckfrage_id": rueckfrage_id,
        "position": number,
        "kind": item["art"],
        "field": item["feld"] or None,
        "text": _sealed(file, RueckfragePunkt, "text", punkt_id, item["text"]),
        "status": PunktStatus.OFFEN.value,
    }
    payload = {"punkt": number, "art": item["art"]}
    return insertion(RueckfragePunkt, row, kind="rueckfrage.punkt", at=at, actor_id=by, payload=payload)


def _sealed(file: OpenFile, model: type[Rueckfrage | RueckfragePunkt], column: str, row_id: UUID, text: str) -> bytes:
    return encrypt_cell(file.key, model, column, tenant_id=file.row["tenant_id"], row_id=row_id, value=text)


def _read(conn: Connection, rueckfrage_id: UUID, vorgang_id: UUID) -> Mapping[str, Any]:
    row = read_row(conn, Rueckfrage, tenant_of(conn), rueckfrage_id)
    if row is None or row["vorgang_id"] != vorgang_id:
        raise NotFound("rueckfrage_unknown", rueckfrage=rueckfrage_id)
    return row


def _rows(conn: Connection, rueckfrage_id: UUID) -> list[Mapping[str, Any]]:
    query = select(RueckfragePunkt.__table__).where(
        RueckfragePunkt.tenant_id == tenant_of(conn), RueckfragePunkt.rueckfrage_id == rueckfrage_id
    )
    return [dict(row) for row in conn.execute(query.order_by(RueckfragePunkt.position)).mappings()]


def _view(conn: Connection, file: OpenFile, row: Mapping[str, Any]) -> RueckfrageView:
    return RueckfrageView(
        id=row["id"],
        vorgang_id=file.id,
        status=RueckfrageStatus(row["status"]),
        asked_at=row["asked_at"],
        reminded_at=row["reminded_at"],
        punkte=tuple(_punkt(file, one) for one in _rows(conn, row["id"])),
        frist=fristen.view(conn, row["frist_id"]),
    )


def _punkt(file: OpenFile, row: Mapping[str, Any]) -> Punkt:
    return Punkt(
        id=row["id"],
        position=row["position"],
        kind=PunktKind(row["kind"]),
        text=_text_of(file, row),
        status=PunktStatus(row["status"]),
        answer=_opened(file, row, "answer") if row["answer"] else "",
        dokument_id=row["dokument_id"],
        settled_at=row["settled_at"],
    )


def _text_of(file: OpenFile, row: Mapping[str, Any]) -> str:
    return _opened(file, row, "text")


def _opened(file: OpenFile, row: Mapping[str, Any], column: str) -> str:
    return str(
        decrypt_cell(
            file.key, RueckfragePunkt, column, tenant_id=row["tenant_id"], row_id=row["id"], stored=row[column]
        )
    )


def _count_open(punkte: Sequence[Punkt], kind: PunktKind) -> Decimal:
    return Decimal(sum(one.kind is kind and one.status is PunktStatus.OFFEN for one in punkte))


def _told(punkte: Sequence[Punkt], last_word: Value) -> str:
    """What became of each item, for whoever goes on with the case."""
    said = {
        PunktStatus.OFFEN: "keine Antwort",
        PunktStatus.ERFUELLT: "Datei in der Akte",
        PunktStatus.VERZICHTET: "verzichtet",
    }
    told = [f"{one.position}. {one.text} – {one.answer or said[one.status]}" for one in punkte]
    return "\n".join([*told, *([str(last_word)] if last_word else [])])
