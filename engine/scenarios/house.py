"""The stage of `amtsweg check`: the real use cases on a throw-away SQLite database and folder store.

Only what reaches outside is replaced: letters are kept as pages instead of PDFs, and nobody is notified. Time is what
the scenario says.
"""

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from sqlalchemy import or_, select

from engine import accounts, catalog, instances, jobs, product, rueckfragen, takeovers, tasks
from engine.actors import Actor, ActorKind, TrustLevel, system
from engine.advance import Case, open_case
from engine.catalog import CITIZEN, Deployed, Procedure
from engine.connectors import Call, Connector, Result
from engine.errors import Conflict
from engine.feel.values import Value
from engine.house import Authority, House
from engine.kasse_port import Acknowledgement
from engine.letters import Attachment
from engine.runtime import commands
from engine.runtime.commands import Command
from engine.scenarios.stage import Moves, StageLetter, StageTask, plain_text
from storage.crypto import KEY_BYTES, MasterKey, place
from storage.db import Database, migrate
from storage.models.incident import Incident
from storage.models.job import Job
from storage.models.step import StepRow
from storage.models.vorgang import Kanal
from storage.objects.folder import FolderStore

TENANT: Final = "pruefung"
_CITY: Final = {"city": "Musterstadt", "street": "Rathausplatz 1", "place": "64283 Musterstadt"}


@contextmanager
def stages() -> Iterator[Callable[[Procedure], "HouseStage"]]:
    """Give a function that sets up an empty stage for one case; everything is thrown away at the end."""
    with TemporaryDirectory(prefix="amtsweg-check-") as folder:
        template = Path(folder) / "template.db"
        migrate(f"sqlite:///{template}")
        opened: list[HouseStage] = []

        def open_stage(procedure: Procedure) -> HouseStage:
            place_of = Path(folder) / str(len(opened))
            (place_of / "objects").mkdir(parents=True)
            shutil.copyfile(template, place_of / "amtsweg.db")
            opened.append(HouseStage(procedure, place_of))
            return opened[-1]

        try:
            yield open_stage
        finally:
            for stage in opened:
                stage.close()


@dataclass(slots=True)
class _Desk:
    """Takes the letters instead of drawing them, and the notifications instead of mailing them."""

    letters: list[StageLetter] = field(default_factory=list)
    template: str = ""

    def render(self, html: str, *, title: str, at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:  # noqa: ARG002 -- the port's signature
        self.letters.append(StageLetter(self.template, plain_text(html)))
        return html.encode()

    def notify(self, *, address: str, message_id: str) -> None:
        """Nobody is notified of a case that does not exist."""

    def hand_over(self, sollstellung_id: UUID, record: bytes) -> None:
        """No Kasse gets the Sollstellung of a case that does not exist."""

    def acknowledgements(self) -> Sequence[Acknowledgement]:
        """Nobody answers either."""
        return ()

    def done(self, acknowledgement: Acknowledgement) -> None:
        """There is none."""

    def refuse(self, acknowledgement: Acknowledgement) -> None:
        """There is none."""

    def noting(self, connector: Connector) -> Connector:
        """The connector, with the name of the template kept beside the letters that it writes."""

        def call_noted(call: Call) -> Result:
            self.template = str(call.inputs.get("vorlage", ""))
            try:
                return connector(call)
            finally:
                self.template = ""

        return call_noted


class HouseStage:
    """One case in a house of its own."""

    def __init__(self, procedure: Procedure, folder: Path) -> None:
        self.procedure = procedure
        self._desk = _Desk()
        self._house = House(
            db=Database(f"sqlite:///{folder / 'amtsweg.db'}", tenant_id=TENANT),
            objects=FolderStore(folder / "objects"),
            master_key=MasterKey(secrets.token_bytes(KEY_BYTES)),
            authority=Authority(**_CITY, offices={procedure.facts.office.key: procedure.facts.office.name}),
            renderer=self._desk,
            notify=self._desk.notify,
            kasse=self._desk,
        )
        for topic, connector in product.connectors(self._house).items():
            self._house.connectors[topic] = self._desk.noting(connector)
        self._started: instances.Started | None = None
        self._citizen: Actor = system("scenario", tenant_id=TENANT)

    def close(self) -> None:
        self._house.db.close()

    def take_over(self, values: Mapping[str, Value], bestand: Sequence[Value], *, at: datetime) -> None:
        by = system("scenario", tenant_id=TENANT)
        takeovers.take_over(self._house, self._deploy(at), values, bestand, by=by, at=at.astimezone(UTC))

    def start(self, values: Mapping[str, Value], *, channel: Kanal, signed_in: bool, at: datetime) -> None:
        by = self._sender(channel, signed_in=signed_in)
        if by.kind is ActorKind.CITIZEN:
            self._citizen = by
        self._started = instances.start(
            self._house,
            self._deploy(at),
            values,
            by=by,
            at=at.astimezone(UTC),
            sender=instances.Sender(kanal=channel),
            idempotency_key=str(uuid4()),
        )

    def pass_time(self, at: datetime) -> None:
        """Raises Conflict with the real cause as soon as a job fails."""
        while (due := self._next_due(at)) is not None:
            jobs.run_due(self._house, at=due)
            self._raise_failures()

    def open_tasks(self) -> Sequence[StageTask]:
        started = self._case()
        with self._house.db.read() as conn:
            found = tasks.of_vorgang(
                conn, started.vorgang_id, by=system("scenario", tenant_id=TENANT), on=started.sent_at
            )
        case = self._open()
        return [
            StageTask(str(task.id), task.element, task.form_key, _groups(task.candidates), tasks.inputs_of(case, task))
            for task in found
        ]

    def complete(self, task: StageTask, values: Mapping[str, Value], *, by: str, at: datetime) -> None:
        actor = self._citizen if CITIZEN in task.candidate_groups else _staff(by, task.candidate_groups)
        with self._house.db.begin() as conn:
            accounts.remember(conn, actor, at=at.astimezone(UTC))
        tasks.complete(self._house, UUID(task.id), values, by=actor, at=at.astimezone(UTC))

    def answer(self, task: StageTask, texts: Sequence[str], *, at: datetime) -> None:
        task_id, by, moment = UUID(task.id), self._citizen, at.astimezone(UTC)
        asked = rueckfragen.of_task(self._house, tasks.work_on(self._house, task_id, by=by, at=moment))
        for punkt, text in zip(asked.punkte if asked else (), texts, strict=False):
            if text:
                rueckfragen.answer(self._house, task_id, punkt.id, text=text, upload=None, by=by, at=moment)

    def extend(self, task: StageTask, day: date, *, by: str, at: datetime) -> None:
        actor, moment = _staff(by, [self.procedure.facts.office.key]), at.astimezone(UTC)
        asked = UUID(str(task.inputs["rueckfrage"]))
        vorgang_id, why = self._case().vorgang_id, "Auf Bitte der Partei"
        rueckfragen.grant(self._house, vorgang_id, asked, day=day, why=why, by=actor, at=moment)

    def moves(self) -> Sequence[Moves]:
        return [
            Moves(
                row.moves.get("entered", ()),
                row.moves.get("flows", ()),
                [task[1] for task in row.moves.get("tasks", ())],
            )
            for row in self._history()
        ]

    def commands(self) -> Sequence[Command]:
        if self._started is None:
            return ()
        key = self._open().key
        found = []
        for row in self._history():
            opened = key.decrypt(row.payload, aad=place("step", TENANT, self._started.instance_id, row.seq))
            found.append(commands.from_json(orjson.loads(opened)["command"]))
        return found

    def variables(self) -> Mapping[str, Value]:
        return self._open().state.variables()

    def letters(self) -> Sequence[StageLetter]:
        return self._desk.letters

    def _sender(self, channel: Kanal, *, signed_in: bool) -> Actor:
        """Who types: at every door but the portal the staff, in the portal the citizen, with an account or without."""
        if channel is not Kanal.PORTAL:
            return _staff("", (self.procedure.facts.office.key,))
        if signed_in:
            return _person(CITIZEN, ActorKind.CITIZEN, TrustLevel.HOCH)
        return _person("anonymous", ActorKind.ANONYMOUS, TrustLevel.KEINS)

    def _deploy(self, at: datetime) -> Deployed:
        with self._house.db.begin() as conn:
            return catalog.deploy(conn, self.procedure, by="system:scenario", at=at.astimezone(UTC))

    def _next_due(self, at: datetime) -> datetime | None:
        """When the next job is due, so that each timer fires at its own time; None when nothing is due until `at`.

        A job that failed is tried again at once, so that its incident is seen where it arose.
        """
        due = or_(Job.run_at <= at.astimezone(UTC), Job.attempts > 0)
        query = select(Job.run_at).where(Job.tenant_id == TENANT, Job.run_at.is_not(None), due)
        with self._house.db.read() as conn:
            return conn.execute(query.order_by(Job.run_at).limit(1)).scalar_one_or_none()

    def _raise_failures(self) -> None:
        with self._house.db.read() as conn:
            cause = conn.execute(
                select(Incident.cause).where(Incident.tenant_id == TENANT).limit(1)
            ).scalar_one_or_none()
        if cause is not None:
            raise Conflict("job_failed", message=f"Ein Auftrag scheitert: {cause}")

    def _history(self) -> Sequence[Any]:
        if self._started is None:
            return ()
        query = select(StepRow.seq, StepRow.moves, StepRow.payload)
        query = query.where(StepRow.tenant_id == TENANT, StepRow.instance_id == self._started.instance_id)
        with self._house.db.read() as conn:
            return conn.execute(query.order_by(StepRow.seq)).all()

    def _open(self) -> Case:
        with self._house.db.step() as step:  # reads only: nothing is saved
            return open_case(self._house, step, self._case().instance_id)

    def _case(self) -> instances.Started:
        if self._started is None:
            raise Conflict("not_started")
        return self._started


def _person(name: str, kind: ActorKind, trust_level: TrustLevel) -> Actor:
    return Actor(id=f"scenario|{name}", kind=kind, tenant_id=TENANT, name=name, trust_level=trust_level)


def _staff(name: str, groups: Sequence[str]) -> Actor:
    who = name or groups[0]
    return Actor(id=f"scenario|{who}", kind=ActorKind.STAFF, tenant_id=TENANT, name=who, roles=frozenset(groups))


def _groups(candidates: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(one.removeprefix("group:") for one in candidates if one.startswith("group:")))
