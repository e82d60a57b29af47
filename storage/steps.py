"""One step of an instance: loaded, filled in by the use case, written as a whole or not at all.

    with db.step() as step:
        row = step.load(instance_id)
        ...                                # decrypt row.state, execute, encrypt
        step.save(state=.., status=.., at=.., actor_id=.., command=.., moves=.., payload=..)
        step.open_task("w3", element=.., name=..)
        step.close_wait("w2", "task")

Leaving the block writes everything in one statement (PostgreSQL) or one short transaction (SQLite); only `also` makes
it a longer transaction. If the block raises, or `save` was not called, nothing is written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal, Self
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Engine, Executable

from storage.akte import events
from storage.akte.events import Event, Head, StepRef
from storage.chain import GENESIS, link
from storage.crypto import DataKey
from storage.models.akte_event import AkteEvent
from storage.models.base import Base
from storage.models.dokument import Dokument
from storage.models.form_values import FormValues
from storage.models.idempotency import IdempotencyKey
from storage.models.incident import Incident
from storage.models.job import Job
from storage.models.message import MessageWait
from storage.models.task import Task, TaskCandidate
from storage.raw_pool import RawPool
from storage.unavailable import unavailable
from storage.writes import Clash, Contention, Dialect, HeadMove, InstanceRow, Lease, Row, Writes, table_of

WaitKind = Literal["task", "job", "timer", "message"]
Status = Literal["active", "suspended", "completed", "terminated", "error", "canceled"]
ACTIVE: Status = "active"
INTERNAL = "internal"
_LATER_THAN_EVERY_DUE_DATE = timedelta(days=365_000)
_RACED_TABLES = frozenset({"akte_event", "dokument", "bestandsobjekt_state"})
"""Numbered per Vorgang or object: another instance that writes to the same was faster."""


class NoInstance(LookupError):
    """The tenant has no such instance."""


class LostRace(Exception):
    """Somebody else changed the instance or its Vorgang since it was loaded; nothing was written: run again."""


class LeaseLost(Exception):
    """The job that this step completes is gone, or leased to another worker; nothing was written: let it be."""


class DuplicateKey(Exception):
    """The request was answered before; nothing was written now. `response` is the first answer."""

    def __init__(self, response: Mapping[str, Any]) -> None:
        super().__init__("idempotency_key_used")
        self.response = response


class KeyReused(Exception):
    """The idempotency key was used before with another body; nothing was written."""


@lru_cache(maxsize=10_000)
def row_id(instance_id: UUID, wait: str) -> UUID:
    """Return the id of the task, job or message wait that belongs to a wait of an instance."""
    return uuid5(instance_id, wait)


def sort_key(due_at: datetime | None, opened_at: datetime) -> datetime:
    """Return what lists of tasks are ordered by: the due date; tasks without one follow after all, oldest first."""
    return due_at or opened_at + _LATER_THAN_EVERY_DUE_DATE


def link_of(row: Row) -> bytes:
    """Compute the link of a row of `step`: its successor's `previous_hash`, or the instance's `head_hash`."""
    return _link(row, _canonical(row["moves"]))


def _canonical(moves: Mapping[str, Any]) -> str:
    """Sorted like this, texts, integers, booleans and lists under ASCII keys are in their RFC 8785 form."""
    return orjson.dumps(moves, option=orjson.OPT_SORT_KEYS).decode()


def _link(row: Row, moves: str) -> bytes:
    header = {
        "chain": "instance",
        "tenant": row["tenant_id"],
        "instance": str(row["instance_id"]),
        "seq": row["seq"],
        "at": events.plain(row["at"]),
        "actor": row["actor_id"],
        "command": row["command"],
        "moves": moves,
        "state_sha256": row["state_sha256"].hex(),
    }
    return link(row["previous_hash"], header, row["payload"])


class Step:
    """The parts of one step; made by `Database.step`.

    Order: `load` or `create`, then `save`, then any of the others. Ids of tasks, jobs and message waits are
    `row_id(instance, wait)`; times of rows are the `at` of `save`.
    """

    def __init__(self, tenant_id: str, dialect: Dialect, pool: RawPool[Any], transactions: Engine) -> None:
        self.tenant_id = tenant_id
        self._dialect = dialect
        self._pool = pool
        self._transactions = transactions
        self._loaded: InstanceRow | None = None
        self._writes: Writes | None = None
        self._key: tuple[str, bytes, Row] | None = None
        self._events: list[tuple[DataKey, Event]] = []
        self._also: list[tuple[Executable, Any]] = []

    def __enter__(self) -> Self:
        with unavailable:
            self._handle = self._pool.take()
        return self

    def __exit__(self, _kind: object, failure: BaseException | None, _traceback: object) -> None:
        with unavailable:
            try:
                if failure is None:
                    self._write()
                elif isinstance(failure, Exception):
                    self._raise_if_answered(failure)
            finally:
                self._pool.give_back(self._handle)

    def load(self, instance_id: UUID) -> InstanceRow:
        """Read the instance without a lock; raises NoInstance."""
        with unavailable:
            row = self._dialect.load(self._handle, self.tenant_id, instance_id)
        if row is None:
            raise NoInstance(instance_id)
        self._loaded = row
        return row

    def create(
        self,
        instance_id: UUID,
        *,
        deployment_id: UUID,
        procedure_key: str,
        key_id: UUID,
        at: datetime,
        vorgang_id: UUID | None = None,
        business_key: str | None = None,
        akte_head: Head | None = None,
    ) -> InstanceRow:
        """Begin a new instance; `akte_head` is where the chain of its Vorgang ends (`events.empty` for a new one)."""
        self._loaded = InstanceRow(
            id=instance_id,
            tenant_id=self.tenant_id,
            version=0,
            state=b"",
            status=ACTIVE,
            head_hash=GENESIS,
            deployment_id=deployment_id,
            procedure_key=procedure_key,
            vorgang_id=vorgang_id,
            business_key=business_key,
            key_id=key_id,
            started_at=at,
            akte_seq=akte_head.seq if akte_head else None,
            akte_hash=akte_head.hash if akte_head else None,
            wrapped_key=None,
            master_key_id=None,
        )
        return self._loaded

    def save(
        self,
        *,
        state: bytes,
        status: Status,
        at: datetime,
        actor_id: str,
        command: str,
        moves: Mapping[str, Any],
        payload: bytes,
    ) -> None:
        """Set the new state and its row of history.

        `state` and `payload` (the command with its values, decisions) are encrypted; `moves` is clear: texts,
        integers, booleans and lists of them under ASCII keys; names but no values.
        """
        loaded, moves_text = self._instance(), _canonical(moves)
        step = {
            "tenant_id": self.tenant_id,
            "instance_id": loaded.id,
            "seq": loaded.version + 1,
            "at": at,
            "actor_id": actor_id,
            "command": command,
            "moves": moves_text,
            "payload": payload,
            "state_sha256": sha256(state).digest(),
            "previous_hash": loaded.head_hash,
        }
        instance = {
            "tenant_id": self.tenant_id,
            "id": loaded.id,
            "version": loaded.version + 1,
            "status": status,
            "procedure_key": loaded.procedure_key,
            "deployment_id": loaded.deployment_id,
            "vorgang_id": loaded.vorgang_id,
            "business_key": loaded.business_key,
            "key_id": loaded.key_id,
            "state": state,
            "head_hash": _link(step, moves_text),
            "started_at": loaded.started_at,
            "changed_at": at,
            "ended_at": None if status in (ACTIVE, "suspended") else at,
        }
        self._writes = Writes(self.tenant_id, loaded.version, instance, step)

    def open_task(
        self,
        wait: str,
        *,
        element: str,
        name: str,
        kind: Literal["user", "manual"] = "user",
        form_key: str | None = None,
        lane: str | None = None,
        priority: int = 50,
        assignee: str | None = None,
        candidate_groups: Sequence[str] = (),
        candidate_users: Sequence[str] = (),
        due_at: datetime | None = None,
        follow_up_at: datetime | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> UUID:
        """Put a task into the inbox and return its id; with an `assignee` it is claimed from the start."""
        instance, at = self._instance(), self._at()
        task_id, sort_at = row_id(instance.id, wait), sort_key(due_at, at)
        row = {
            "tenant_id": self.tenant_id,
            "id": task_id,
            "instance_id": instance.id,
            "vorgang_id": instance.vorgang_id,
            "procedure_key": instance.procedure_key,
            "business_key": instance.business_key,
            "wait": wait,
            "element": element,
            "name": name,
            "kind": kind,
            "form_key": form_key,
            "lane": lane,
            "priority": priority,
            "assignee": assignee,
            "claimed_at": None if assignee is None else at,
            "opened_at": at,
            "due_at": due_at,
            "follow_up_at": follow_up_at,
            "sort_at": sort_at,
            "properties": properties or {},
        }
        self.insert(Task, row)
        candidates = [*(f"group:{group}" for group in candidate_groups), *(f"user:{user}" for user in candidate_users)]
        for candidate in dict.fromkeys(candidates):
            self.insert(
                TaskCandidate,
                {
                    "tenant_id": self.tenant_id,
                    "candidate": candidate,
                    "claimed": assignee is not None,
                    "sort_at": sort_at,
                    "task_id": task_id,
                },
            )
        return task_id

    def close_wait(self, wait: str, kind: WaitKind) -> None:
        """Remove the task, job, timer or message wait, be it stored or opened in this very step."""
        wait_id = row_id(self._instance().id, wait)
        if kind == "task":
            self._remove(TaskCandidate, "task_id", wait_id)
        model = {"task": Task, "job": Job, "timer": Job, "message": MessageWait}[kind]
        self._remove(model, "id", wait_id)

    def add_job(
        self,
        kind: str,
        *,
        wait: str | None = None,
        due_at: datetime | None = None,
        topic: str | None = None,
        queue: str = INTERNAL,
        element: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        payload: bytes | None = None,
    ) -> UUID:
        """Leave work for a worker, due at once unless `due_at`; return the job's id, the idempotency key of its call.

        `arguments` are clear, so ids only; values go encrypted into `payload`. Without a `wait` (a thrown message, a
        letter to render) the id stems from the version and the number of the job in this step.
        """
        instance, at = self._instance(), self._at()
        number = len(self._started().inserts.get(table_of(Job), ()))
        job_id = row_id(instance.id, wait or f"{instance.version + 1}/{number}")
        row = {
            "tenant_id": self.tenant_id,
            "id": job_id,
            "queue": queue,
            "kind": kind,
            "topic": topic,
            "instance_id": instance.id,
            "vorgang_id": instance.vorgang_id,
            "wait": wait,
            "element": element,
            "arguments": arguments or {},
            "payload": payload,
            "created_at": at,
            "due_at": due_at or at,
            "run_at": due_at or at,
            "attempts": 0,
            "lease_owner": None,
        }
        self.insert(Job, row)
        return job_id

    def expect_message(self, wait: str, *, element: str, name: str, key: str) -> None:
        """Wait for the message `name` with the correlation key `key`."""
        instance = self._instance()
        row = {
            "tenant_id": self.tenant_id,
            "id": row_id(instance.id, wait),
            "instance_id": instance.id,
            "wait": wait,
            "element": element,
            "name": name,
            "key": key,
        }
        self.insert(MessageWait, row)

    def finish_job(self, job_id: UUID, *, lease_owner: str) -> None:
        """Complete a claimed job with this step; leaving the block raises LeaseLost if somebody else has it now."""
        self._started().lease = Lease(job_id, lease_owner)
        self._remove(Job, "id", job_id)

    def take_message(self, message_id: UUID) -> None:
        """Deliver a stored message with this step; a message is delivered once, else the step is a LostRace."""
        self._started().message_id = message_id

    def idempotency(self, key: str, body_sha256: bytes, response: Mapping[str, Any]) -> None:
        """Remember the request. May be called before `load`, and again when the response is known.

        When the key was used before, leaving the block raises DuplicateKey or KeyReused, even if the block itself
        failed because the first request had done the work already. `key` must be unique per sender.
        """
        self._key = (key, body_sha256, response)

    def form_values(
        self, values_id: UUID, *, form_key: str, payload: bytes, key_id: UUID, task_id: UUID | None = None
    ) -> None:
        """Keep what the actor of this step sent with a form, encrypted with the key `key_id`."""
        instance, step = self._instance(), self._started().step
        row = {
            "tenant_id": self.tenant_id,
            "id": values_id,
            "instance_id": instance.id,
            "vorgang_id": instance.vorgang_id,
            "task_id": task_id,
            "form_key": form_key,
            "actor_id": step["actor_id"],
            "submitted_at": step["at"],
            "payload": payload,
            "key_id": key_id,
        }
        self.insert(FormValues, row)

    def document(self, row: Row) -> None:
        """File a document: a whole row of `dokument`, whose object is already stored."""
        self.insert(Dokument, row)

    def akte_event(self, key: DataKey, event: Event) -> None:
        """Record an event in the chain of the instance's Vorgang; it names this step and its hash."""
        self._events.append((key, event))

    def incident(
        self, incident_id: UUID, *, code: str, cause: str, element: str | None = None, job_id: UUID | None = None
    ) -> None:
        """Record that a person must look at this instance."""
        instance = self._instance()
        row = {
            "tenant_id": self.tenant_id,
            "id": incident_id,
            "code": code,
            "cause": cause,
            "instance_id": instance.id,
            "vorgang_id": instance.vorgang_id,
            "job_id": job_id,
            "element": element,
            "occurred_at": self._at(),
            "resolved_at": None,
            "resolved_by": None,
        }
        self.insert(Incident, row)

    def insert(self, model: type[Base], row: Row) -> None:
        """Add a whole row of any table to the step's statement."""
        self._started().inserts.setdefault(table_of(model), []).append(row)

    def also(self, statement: Executable, parameters: Any = None) -> None:
        """Run another statement in the same transaction, before the rows of the step, in the order of the calls.

        It costs round trips: for what has to exist before the step (a new Vorgang), and for updates.
        """
        self._also.append((statement, parameters))

    def _instance(self) -> InstanceRow:
        if self._loaded is None:
            raise RuntimeError("load or create comes first")
        return self._loaded

    def _started(self) -> Writes:
        if self._writes is None:
            raise RuntimeError("save comes before the other parts")
        return self._writes

    def _at(self) -> datetime:
        at: datetime = self._started().step["at"]
        return at

    def _remove(self, model: type[Base], column: str, value: UUID) -> None:
        """What this very step inserts is not there for a DELETE of the same statement: take it out again."""
        writes, table = self._started(), table_of(model)
        inserted = writes.inserts.get(table, [])
        kept = [row for row in inserted if row[column] != value]
        if len(kept) == len(inserted):
            writes.deletes.setdefault(table.c[column], []).append(value)
        elif kept:
            writes.inserts[table] = kept
        else:
            del writes.inserts[table]

    def _finished(self) -> Writes | None:
        """Return all the step writes; None if `save` was not called."""
        if self._writes is None:
            return None
        if self._key is not None:
            key, body_sha256, response = self._key
            row = {
                "tenant_id": self.tenant_id,
                "key": key,
                "body_sha256": body_sha256,
                "response": response,
                "created_at": self._at(),
            }
            self.insert(IdempotencyKey, row)
        if self._events:
            self._seal_events()
        return self._writes

    def _seal_events(self) -> None:
        instance, writes = self._instance(), self._started()
        before = instance.akte_head
        if before is None:
            raise RuntimeError("an instance without a Vorgang has no file to record events in")
        head = before
        ref = StepRef(instance.id, writes.step["seq"], writes.instance["head_hash"])
        for key, event in self._events:
            rows = events.seal(head, key, [event], step=ref)
            head = events.head_after(head, rows)
            for row in rows:
                self.insert(AkteEvent, row._asdict())
        writes.head_move = HeadMove(before, head)

    def _write(self) -> None:
        writes = self._finished()
        if writes is None:
            return
        try:
            written = self._write_with_others(writes) if self._also else self._write_alone(writes)
        except (Clash, Contention) as error:
            self._raise_if_answered(error)
            if isinstance(error, Clash) and error.table not in _RACED_TABLES:
                raise
            raise LostRace from error
        if not written:
            self._raise_if_answered(None)
            raise self._why_not_written(writes)

    def _write_alone(self, writes: Writes) -> bool:
        return self._dialect.write_alone(self._handle, writes)

    def _write_with_others(self, writes: Writes) -> bool:
        with self._transactions.connect() as conn:
            for statement, parameters in self._also:
                conn.execute(statement, parameters)
            written = self._dialect.write(self._dialect.open_handle(conn.connection.driver_connection), writes)
            if written:
                conn.commit()
            return written

    def _why_not_written(self, writes: Writes) -> LostRace | LeaseLost:
        if writes.lease is None:
            return LostRace()
        held = self._dialect.holds_lease(self._handle, self.tenant_id, writes.lease)
        return LostRace() if held else LeaseLost()

    def _raise_if_answered(self, cause: Exception | None) -> None:
        """Raise what a repeated request gets, if this is one."""
        if self._key is None:
            return
        key, body_sha256, _ = self._key
        answer = self._dialect.answer(self._handle, self.tenant_id, key)
        if answer is None:
            return
        if answer.body_sha256 != body_sha256:
            raise KeyReused(key) from cause
        raise DuplicateKey(answer.response) from cause
