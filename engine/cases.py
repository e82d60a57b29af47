"""Reading a Vorgang: who may see what of it, where it stands, its papers, decisions and messages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, select

from engine import accounts, applicants, catalog, submissions
from engine.actors import Actor, ActorKind
from engine.advance import read_state
from engine.bpmn.nodes import Kind, Node
from engine.dmn.trace import stored_sentences
from engine.errors import Infected, NotFound
from engine.feel.values import Value, from_json
from engine.files import OpenFile, open_file
from engine.house import House
from engine.law import berlin_date
from engine.stages import StageLine, active_elements, instances_of, stages, steps_of
from engine.submissions import Submission
from forms.stored import load_values
from storage import queries
from storage.akte import documents, parties, vorgaenge, zugriffe
from storage.akte.cells import decrypt_cell
from storage.akte.documents import DokumentView
from storage.crypto import place
from storage.db import tenant_of
from storage.models.akte import Geheimnis
from storage.models.dokument import Fassung, Richtung, ScanState
from storage.models.form_values import FormValues
from storage.models.instance import Instance
from storage.models.job import Job
from storage.models.task import TaskCandidate
from storage.models.verwaltungsakt import Bekanntgabe, BekanntgabeStatus, Verwaltungsakt
from storage.models.vorgang import VorgangRow
from storage.models.zugriff import ZugriffKind
from storage.queries import TaskRow, candidates_of


class View(StrEnum):
    """How much of a Vorgang somebody sees."""

    FULL = "full"
    """The office in charge, and the parties: everything that is theirs to see."""
    TASK = "task"
    """Another office with a task in it: the task and the papers it names."""
    STAGE = "stage"
    """Number and code only: the stage and the next step, no name, amount or paper (§ 30 AO, § 35 SGB I)."""


class WaitKind(StrEnum):
    PERSON = "person"
    DAY = "day"
    MESSAGE = "message"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Service:
    """One Bekanntgabe as a case page shows it, with the norm and the reason of its dates.

    `attempt` counts from 1 for each addressee. `notification` is the state of the mail that says that something lies
    in the Postfach. `posted_on` with `posted_by` is the Ab-Vermerk; `returned_on` the day on which a letter came back.
    """

    id: UUID
    addressee: str
    attempt: int
    channel: str
    status: str
    provided_at: datetime | None
    notification: str
    notified_at: datetime | None
    posted_on: date | None
    posted_by: str
    returned_on: date | None
    returned_reason: str
    final_on: date | None
    final_revoked_on: date | None
    final_revoked_reason: str
    made_known_on: date | None
    remedy_ends_on: date | None
    norm: str
    reason: str
    period_over_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A Verwaltungsakt with its services; `tenor` is what it was decided from, by the names of the letter's data."""

    id: UUID
    kind: str
    status: str
    signed_at: datetime | None
    signed_by: str
    document_id: UUID | None
    services: tuple[Service, ...]
    tenor: Mapping[str, Value] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A step as people read it; `who` is a name, `elements` are the labels of what was done."""

    at: datetime
    who: str
    command: str
    elements: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Where a token waits now: for a person, a day, a message or a step that the house does by itself.

    `who` is the lane of the model, `holder` the actor id of who has claimed the task; `since` None: not known.
    """

    element: str
    name: str
    kind: WaitKind
    who: str
    holder: str | None
    since: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Case:
    """A Vorgang as somebody may see it; what `view` does not cover is empty."""

    id: UUID
    view: View
    aktenzeichen: str
    procedure: catalog.Procedure
    art: str
    received_at: datetime
    channel: str
    is_over: bool
    stages: tuple[StageLine, ...]
    applicant: str
    documents: tuple[DokumentView, ...]
    decisions: tuple[Decision, ...]
    instance_ids: tuple[UUID, ...]
    active_elements: frozenset[str]

    @property
    def stage(self) -> StageLine | None:
        return next((one for one in self.stages if one.is_current), None)


def get(house: House, vorgang_id: UUID, *, by: Actor, at: datetime, language: str = catalog.GERMAN) -> Case:
    """Return the Vorgang as far as the actor may see it; raises NotFound, also for a foreign one."""
    with house.db.read() as conn:
        view = _view_of(conn, vorgang_id, by, at)
        if view is None:
            raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)
        return _case(house, conn, vorgang_id, view, language, by)


def by_number(house: House, number: str, code: str, *, at: datetime, language: str = catalog.GERMAN) -> Case:
    """Return stage and next step to whoever has number and access code; raises NotFound, the same for both.

    The caller limits how often somebody may try. The access is recorded.
    """
    with house.db.begin() as conn:
        vorgang_id = vorgaenge.find_by_code(conn, number, code)
        if vorgang_id is None:
            raise NotFound("number_or_code_wrong")
        zugriffe.record(
            conn,
            ZugriffKind.AUSKUNFT,
            vorgang_id,
            subject_kind="vorgang",
            subject_id=vorgang_id,
            at=at,
            actor_id="anonymous",
        )
        return _case(house, conn, vorgang_id, View.STAGE, language, None)


def find(house: House, number: str, *, by: Actor, at: datetime) -> UUID | None:
    """Return the Vorgang with this Aktenzeichen, None also for a foreign one.

    Small letters and blanks do not matter, and the check digit may be left out.
    """
    query = select(VorgangRow.id).where(
        VorgangRow.tenant_id == house.tenant_id, VorgangRow.aktenzeichen.in_(_numbers(number))
    )
    with house.db.read() as conn:
        found = conn.execute(query).scalars().all()
        return next((one for one in found if _view_of(conn, one, by, at) is not None), None)


def look_up(house: House, number: str, *, by: Actor, at: datetime, language: str = catalog.GERMAN) -> Case | None:
    """Return the Vorgang with this Aktenzeichen as far as the secrecy of its procedure lets the actor know of it.

    An office without a part in it gets the stage, which is recorded; of a tax or social case it gets None (§ 30 AO,
    § 35 SGB I): that takes the access code.
    """
    known = find(house, number, by=by, at=at)
    if known is not None:
        return get(house, known, by=by, at=at, language=language)
    if by.kind not in (ActorKind.STAFF, ActorKind.TOKEN):
        return None
    query = select(VorgangRow.id).where(
        VorgangRow.tenant_id == house.tenant_id,
        VorgangRow.aktenzeichen.in_(_numbers(number)),
        VorgangRow.geheimnis == Geheimnis.ALLGEMEIN.value,
    )
    with house.db.begin() as conn:
        vorgang_id = conn.execute(query.limit(1)).scalar_one_or_none()
        if vorgang_id is None:
            return None
        zugriffe.record(
            conn,
            ZugriffKind.AUSKUNFT,
            vorgang_id,
            subject_kind="vorgang",
            subject_id=vorgang_id,
            at=at,
            actor_id=by.id,
        )
        return _case(house, conn, vorgang_id, View.STAGE, language, None)


def open_document(
    house: House, vorgang_id: UUID, dokument_id: UUID, *, by: Actor, at: datetime
) -> tuple[DokumentView, bytes]:
    """Return a document and its content after recording the access; raises NotFound, and Infected for everybody."""
    with house.db.read() as conn:
        view = _view_of(conn, vorgang_id, by, at)
        if view not in (View.FULL, View.TASK):
            raise NotFound("document_unknown", document_id=dokument_id)
        file = open_file(house, conn, vorgang_id)
        paper = next((one for one in _papers(conn, file, view, by) if one.id == dokument_id), None)
        if paper is None:
            raise NotFound("document_unknown", document_id=dokument_id)
        if paper.scan_state is ScanState.BEFALLEN:
            raise Infected("document_infected", document_id=dokument_id)
        try:
            opened = documents.open_document(conn, house.objects, file.key, vorgang_id, dokument_id)
        except documents.DokumentUnknown as error:
            raise NotFound("document_unknown", document_id=dokument_id) from error
    with house.db.begin() as conn:
        zugriffe.record(
            conn,
            ZugriffKind.HERUNTERLADEN,
            vorgang_id,
            subject_kind="dokument",
            subject_id=dokument_id,
            at=at,
            actor_id=by.id,
        )
    return opened


def answers(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> Mapping[str, Any]:
    """Return the values that were sent with the start form; raises NotFound."""
    with house.db.read() as conn:
        file = open_in_full(house, conn, vorgang_id, by=by, at=at)
        query = select(FormValues.id, FormValues.payload).where(
            FormValues.tenant_id == house.tenant_id,
            FormValues.vorgang_id == vorgang_id,
            FormValues.task_id.is_(None),
        )
        row = conn.execute(query.order_by(FormValues.submitted_at).limit(1)).one()
    return load_values(file.key.decrypt(row.payload, aad=place("form_values", house.tenant_id, row.id)))


def submitted(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> list[Submission]:
    """Return everything that was sent with forms, the start form first; raises NotFound."""
    with house.db.read() as conn:
        if _view_of(conn, vorgang_id, by, at) is not View.FULL:
            raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)
        return submissions.of_vorgang(house, conn, vorgang_id)


def waits(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> list[Wait]:
    """Return where the tokens of the Vorgang wait, in words; raises NotFound."""
    with house.db.read() as conn:
        file = open_in_full(house, conn, vorgang_id, by=by, at=at)
        tasks = {(task.instance_id, task.wait): task for task in queries.of_vorgang(conn, vorgang_id)}
        timers = _timers(conn, vorgang_id)
        nodes = {node.id: node for program in file.procedure.programs.values() for node in program.nodes}
        found = []
        for row in instances_of(conn, [vorgang_id]):
            state = read_state(row["tenant_id"], row["id"], row["state"], file.key)
            for wait in state.places:
                node = nodes[state.waits[wait].element]
                found.append(_wait(node, tasks.get((row["id"], wait)), timers.get((row["id"], wait))))
        return found


def diagram(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> bytes:
    """Return the BPMN file by which the Vorgang runs; raises NotFound."""
    with house.db.read() as conn:
        procedure = open_in_full(house, conn, vorgang_id, by=by, at=at).procedure
    name = f'id="{procedure.key}"'.encode()
    return next(data for path, data in sorted(procedure.files.items()) if path.endswith(".bpmn") and name in data)


def history(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> list[HistoryLine]:
    """Return what was done, oldest first, with the reasons of every decision; raises NotFound.

    Parties get no reasons: what they learn of them stands in the Bescheid.
    """
    with house.db.read() as conn:
        file = open_in_full(house, conn, vorgang_id, by=by, at=at)
        instances = instances_of(conn, [vorgang_id])
        rows = steps_of(conn, [row["id"] for row in instances])
        names = accounts.names_of(conn, {row.actor_id for row in rows})
    labels = _labels(file.procedure)
    return [
        HistoryLine(
            at=row.at,
            who=names[row.actor_id],
            command=row.command,
            elements=tuple(labels[one] for one in row.moves.get("completed", ()) if labels.get(one)),
            reasons=() if by.kind is ActorKind.CITIZEN else tuple(_sentences(_payload(file, row))),
        )
        for row in rows
    ]


def open_in_full(house: House, conn: Connection, vorgang_id: UUID, *, by: Actor, at: datetime) -> OpenFile:
    """Load and decrypt a Vorgang for somebody who may see all of it; raises NotFound for everybody else."""
    if _view_of(conn, vorgang_id, by, at) is not View.FULL:
        raise NotFound("vorgang_unknown", vorgang_id=vorgang_id)
    return open_file(house, conn, vorgang_id)


def _numbers(typed: str) -> list[str]:
    """The Aktenzeichen that somebody may have meant."""
    wanted = "".join(typed.split()).upper()
    return [wanted, *(f"{wanted}-{digit}" for digit in range(10))] if wanted else []


def _view_of(conn: Connection, vorgang_id: UUID, by: Actor, at: datetime) -> View | None:
    """Parties and the office in charge see all of it; another office what its task is about; everybody else nothing."""
    if by.kind is ActorKind.CITIZEN:
        return View.FULL if parties.roles_of(conn, by.id, vorgang_id, on=berlin_date(at)) else None
    query = select(VorgangRow.office).where(VorgangRow.tenant_id == tenant_of(conn), VorgangRow.id == vorgang_id)
    office = conn.execute(query).scalar_one_or_none()
    if office is None or by.kind is ActorKind.ANONYMOUS:
        return None
    if is_in_charge(by, office):
        return View.FULL
    return View.TASK if _has_task(conn, vorgang_id, by) else None


def is_in_charge(by: Actor, office: str) -> bool:
    """Say whether the actor works for the office that is in charge of a Vorgang, in whatever role."""
    return by.kind is ActorKind.SYSTEM or any(role == office or role.startswith(f"{office}-") for role in by.roles)


def _has_task(conn: Connection, vorgang_id: UUID, by: Actor) -> bool:
    mine = set(candidates_of(by.roles, by.id))
    ids = [task.id for task in queries.of_vorgang(conn, vorgang_id)]
    query = select(TaskCandidate.candidate).where(
        TaskCandidate.tenant_id == tenant_of(conn), TaskCandidate.task_id.in_(ids)
    )
    return any(candidate in mine for candidate in conn.execute(query).scalars())


def _papers(conn: Connection, file: OpenFile, view: View, by: Actor | None) -> tuple[DokumentView, ...]:
    if view is View.STAGE or by is None:
        return ()
    filed = documents.list_documents(conn, file.key, file.id)
    if by.kind is ActorKind.CITIZEN:
        hidden = _not_yet_issued(conn, file.id)
        return tuple(one for one in filed if _is_for_parties(one) and one.id not in hidden)
    if view is View.FULL:
        return tuple(filed)
    named = _papers_of_tasks(conn, file, by)
    return tuple(one for one in filed if one.id in named)


def _is_for_parties(document: DokumentView) -> bool:
    """What came in and went out; drafts, internal notes and what was filed by mistake are the office's."""
    return (
        document.richtung is not Richtung.INTERN
        and document.fassung is Fassung.REINSCHRIFT
        and document.storniert_at is None
    )


def _not_yet_issued(conn: Connection, vorgang_id: UUID) -> frozenset[UUID]:
    """The documents of decisions that nobody has sent or provided yet: until then a decision can still change."""
    query = select(Verwaltungsakt.dokument_id, Bekanntgabe.status).outerjoin(
        Bekanntgabe,
        (Bekanntgabe.tenant_id == Verwaltungsakt.tenant_id) & (Bekanntgabe.verwaltungsakt_id == Verwaltungsakt.id),
    )
    query = query.where(
        Verwaltungsakt.tenant_id == tenant_of(conn),
        Verwaltungsakt.vorgang_id == vorgang_id,
        Verwaltungsakt.dokument_id.is_not(None),
    )
    rows = conn.execute(query).all()
    unsent = (None, BekanntgabeStatus.VORBEREITET.value)
    issued = {row.dokument_id for row in rows if row.status not in unsent}
    return frozenset(row.dokument_id for row in rows) - issued


def _papers_of_tasks(conn: Connection, file: OpenFile, by: Actor) -> frozenset[UUID]:
    """The documents that the inputs of somebody's open tasks name."""
    mine = set(candidates_of(by.roles, by.id))
    states = {
        row["id"]: read_state(row["tenant_id"], row["id"], row["state"], file.key)
        for row in instances_of(conn, [file.id])
    }
    named: set[str] = set()
    for task in queries.of_vorgang(conn, file.id):
        query = select(TaskCandidate.candidate).where(
            TaskCandidate.tenant_id == tenant_of(conn), TaskCandidate.task_id == task.id
        )
        state = states[task.instance_id]
        if task.wait in state.places and mine & set(conn.execute(query).scalars()):
            inputs = state.activations[state.places[task.wait]].variables
            named |= {value for value in inputs.values() if isinstance(value, str)}
    return frozenset(one.id for one in documents.list_documents(conn, file.key, file.id) if str(one.id) in named)


def _wait(node: Node, task: TaskRow | None, due_at: datetime | None) -> Wait:
    kinds = {Kind.USER: WaitKind.PERSON, Kind.CATCH_TIMER: WaitKind.DAY, Kind.CATCH_MESSAGE: WaitKind.MESSAGE}
    return Wait(
        element=node.id,
        name=node.name,
        kind=kinds.get(node.kind, WaitKind.HOUSE),
        who=node.lane or "",
        holder=task.assignee if task else None,
        since=task.opened_at if task else None,
        due_at=task.due_at if task else due_at,
    )


def _timers(conn: Connection, vorgang_id: UUID) -> dict[tuple[UUID, str], datetime]:
    query = select(Job.instance_id, Job.wait, Job.due_at).where(
        Job.tenant_id == tenant_of(conn), Job.kind == "timer", Job.instance_id == Instance.id
    )
    query = query.where(Instance.tenant_id == tenant_of(conn), Instance.vorgang_id == vorgang_id)
    return {(row.instance_id, row.wait): row.due_at for row in conn.execute(query) if row.instance_id and row.wait}


def _case(house: House, conn: Connection, vorgang_id: UUID, view: View, language: str, by: Actor | None) -> Case:
    file = open_file(house, conn, vorgang_id)
    instances = instances_of(conn, [vorgang_id])
    active = active_elements(file.key, instances)
    steps = steps_of(conn, [row["id"] for row in instances])
    is_over = bool(instances) and not active
    return Case(
        id=vorgang_id,
        view=view,
        aktenzeichen=file.row["aktenzeichen"],
        procedure=file.procedure,
        art=file.row["art"],
        received_at=file.row["eingegangen_am"],
        channel=file.row["kanal"],
        is_over=is_over,
        stages=stages(file.procedure, steps, active, language=language),
        applicant=applicants.name_of(file.parties) if view is not View.STAGE else "",
        documents=_papers(conn, file, view, by),
        decisions=tuple(_decisions(conn, file)) if view is View.FULL else (),
        instance_ids=tuple(row["id"] for row in instances),
        active_elements=active,
    )


def _payload(file: OpenFile, row: Any) -> dict[str, Any]:
    aad = place("step", row.tenant_id, row.instance_id, row.seq)
    payload: dict[str, Any] = orjson.loads(file.key.decrypt(row.payload, aad=aad))
    return payload


def _sentences(payload: Mapping[str, Any]) -> Iterator[str]:
    for decided in payload.get("decided", ()):
        yield from stored_sentences(decided["trace"])


def _labels(procedure: catalog.Procedure) -> dict[str, str]:
    """What was done, by element id; a gateway does nothing."""
    return {
        node.id: node.name
        for program in procedure.programs.values()
        for node in program.nodes
        if node.name and node.kind not in (Kind.EXCLUSIVE, Kind.PARALLEL, Kind.INCLUSIVE, Kind.EVENT_GATEWAY)
    }


def _decisions(conn: Connection, file: OpenFile) -> list[Decision]:
    akte = select(Verwaltungsakt.__table__).where(
        Verwaltungsakt.tenant_id == tenant_of(conn), Verwaltungsakt.vorgang_id == file.id
    )
    attempts = select(Bekanntgabe.__table__).where(
        Bekanntgabe.tenant_id == tenant_of(conn), Bekanntgabe.vorgang_id == file.id
    )
    rows = conn.execute(akte.order_by(Verwaltungsakt.prepared_at)).all()
    services = conn.execute(attempts.order_by(Bekanntgabe.created_at, Bekanntgabe.attempt)).all()
    people = {row.signed_by for row in rows if row.signed_by} | {one.abgesandt_by for one in services}
    names = accounts.names_of(conn, people - {None})
    addressees = {party.id: applicants.name_of([party]) for party in file.parties}
    return [
        Decision(
            id=row.id,
            kind=row.kind,
            status=row.status,
            signed_at=row.signed_at,
            signed_by=names.get(row.signed_by, ""),
            document_id=row.dokument_id,
            services=tuple(_service(one, addressees, names) for one in services if one.verwaltungsakt_id == row.id),
            tenor=_tenor(file, row),
        )
        for row in rows
    ]


def _tenor(file: OpenFile, row: Any) -> dict[str, Value]:
    stored = decrypt_cell(file.key, Verwaltungsakt, "tenor", tenant_id=row.tenant_id, row_id=row.id, stored=row.tenor)
    return {name: from_json(value) for name, value in stored.items()}


def _service(row: Any, addressees: Mapping[UUID, str], names: Mapping[str, str]) -> Service:
    return Service(
        id=row.id,
        addressee=addressees.get(row.party_id, ""),
        attempt=row.attempt,
        channel=row.kanal,
        status=row.status,
        provided_at=row.bereitgestellt_at,
        notification=row.notification,
        notified_at=row.notified_at,
        posted_on=row.abgesandt_am,
        posted_by=names.get(row.abgesandt_by or "", ""),
        returned_on=row.ruecklauf_am,
        returned_reason=row.ruecklauf_reason or "",
        final_on=row.bestandskraft_noted_on,
        final_revoked_on=row.bestandskraft_revoked_on,
        final_revoked_reason=row.bestandskraft_revoked_reason or "",
        made_known_on=row.bekanntgegeben_am,
        remedy_ends_on=row.frist_ende,
        norm=row.norm or "",
        reason=row.reason or "",
        period_over_at=row.frist_abgelaufen_at,
    )
