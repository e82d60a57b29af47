"""The realistic process through the real shell: four durable steps a case, everything counted in.

A case is started by a citizen, incomplete; a question is answered; a caseworker checks and decides, a decision table
computes, two branches run; a period ends. With every step: encrypted state and payload, history with its hash chain,
task with candidates, timer, form values, idempotency key, data key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID, uuid4

from engine import catalog, jobs
from engine.actors import Actor, ActorKind, system
from engine.advance import Advanced, advance, begin
from engine.catalog import Deployed
from engine.feel.values import Value
from engine.house import Authority, House
from engine.runtime.commands import CompleteTask, FireTimer, Start
from engine.runtime.effects import TaskOpened, TimerSet
from forms.stored import dump_values
from storage.crypto import MasterKey, place
from storage.db import Database
from storage.keys import new_key
from storage.models.data_key import DataKeyRow, KeyPurpose
from storage.objects.port import ObjectStore
from storage.steps import Step, row_id

PROCEDURE = Path(__file__).parent / "realistic"
STEPS = 4
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DUE = START + timedelta(hours=2)
"""After the period of the model."""
_AKTENZEICHEN = "00.00/2026-1"
_BODY = sha256(b"bench").digest()
_FORM: Mapping[str, Value] = {
    "vollstaendig": False,
    "anzahl": Decimal(2),
    "gefaehrlich": False,
    **{f"angabe_{n}": f"Angabe {n} der Messung" for n in range(1, 38)},
}
_SCOPE = ("vollstaendig", "anzahl", "gefaehrlich", "angabe_1", "angabe_2")


@dataclass(slots=True)
class Case:
    """One running case: what waits in it."""

    instance_id: UUID
    wait: str


class Desk:
    """Runs cases on a house."""

    def __init__(self, house: House, deployed: Deployed) -> None:
        self._house = house
        self._deployed = deployed
        self._citizen = Actor("bench|citizen", ActorKind.CITIZEN, house.tenant_id)
        self._clerk = Actor("bench|clerk", ActorKind.STAFF, house.tenant_id)
        self._worker = system("worker", tenant_id=house.tenant_id)

    def start(self) -> Case:
        """First step: the case waits for the answer to a question."""
        house, instance_id = self._house, uuid4()
        key, key_row = new_key(house.master_key, KeyPurpose.INSTANCE, tenant_id=house.tenant_id, at=START)
        variables = {name: _FORM[name] for name in _SCOPE} | {"aktenzeichen": _AKTENZEICHEN}
        command = Start(
            program=self._deployed.main.hash, at=START, variables=variables, bindings=self._deployed.bindings
        )
        with house.db.step() as step:
            step.idempotency(f"bench:{instance_id}", _BODY, {"instance": str(instance_id)})
            done = begin(
                house,
                step,
                self._deployed,
                instance_id,
                command,
                key=key,
                by=self._citizen,
                business_key="00.00/2026-1",
            )
            step.insert(DataKeyRow, key_row)
            values_id = uuid4()
            payload = key.encrypt(dump_values(_FORM), aad=place("form_values", house.tenant_id, values_id))
            step.form_values(values_id, form_key="antrag.form", payload=payload, key_id=key.id)
        return Case(instance_id, _task(done))

    def answer(self, case: Case) -> None:
        """Second step: the question is answered, the case waits for a decision."""
        case.wait = _task(self._complete(case, {"vollstaendig": True}, by=self._citizen))

    def decide(self, case: Case) -> None:
        """Third step: decided and computed, the case waits for the end of the period."""
        done = self._complete(case, {"anzahl": Decimal(2), "gefaehrlich": False}, by=self._clerk)
        case.wait = next(effect.wait for effect in done.effects if isinstance(effect, TimerSet))

    def end_due(self, *, owner: str, limit: int) -> None:
        """Fourth step of every case that is due, by the worker's own loop."""
        while jobs.run_due(self._house, at=DUE, owner=owner, limit=limit) == limit:
            pass

    def end(self, case: Case) -> None:
        """Fourth step of one case, as the worker writes it."""
        wait = case.wait
        advance(
            self._house,
            case.instance_id,
            lambda opened, _step: FireTimer(wait=wait, at=DUE, bindings=opened.deployed.bindings),
            by=self._worker,
            write=lambda step, _done: step.finish_job(row_id(case.instance_id, wait), lease_owner="bench"),
        )

    def _complete(self, case: Case, values: Mapping[str, Value], *, by: Actor) -> Advanced:
        wait, task_id = case.wait, row_id(case.instance_id, case.wait)

        def write(step: Step, done: Advanced) -> None:
            key = done.case.key
            step.idempotency(f"bench:{task_id}", _BODY, {"task": str(task_id)})
            payload = key.encrypt(dump_values(values), aad=place("form_values", step.tenant_id, task_id))
            step.form_values(task_id, form_key="pruefen.form", payload=payload, key_id=key.id, task_id=task_id)

        return advance(
            self._house,
            case.instance_id,
            lambda opened, _step: CompleteTask(
                wait=wait, at=START, variables=values, bindings=opened.deployed.bindings
            ),
            by=by,
            write=write,
        )


def open_desk(db: Database, objects: ObjectStore, master_key: bytes, deployed: Deployed | None = None) -> Desk:
    """Put a house together for the bench; without `deployed` its procedure is deployed into `db` first."""
    house = House(
        db=db,
        objects=objects,
        master_key=MasterKey(master_key),
        authority=Authority(city="Musterstadt", street="Rathausplatz 1", place="64283 Musterstadt", offices={}),
        renderer=_NoLetters(),
        notify=_notify_nobody,
    )
    return Desk(house, deployed or deploy(db))


def deploy(db: Database) -> Deployed:
    """Deploy the procedure of the bench, or return it as it is deployed."""
    procedure = catalog.load(catalog.read_folder(PROCEDURE), folder="dauerlauf")
    with db.begin() as conn:
        deployment_id = catalog.deploy(conn, procedure, by="system:bench", at=START).deployment_id
    with db.read() as conn:
        return catalog.deployed(conn, deployment_id)


def _task(done: Advanced) -> str:
    return next(effect.wait for effect in done.effects if isinstance(effect, TaskOpened))


class _NoLetters:
    """The measured process writes no letters."""

    def render(self, html: str, **_: Any) -> NoReturn:
        raise NotImplementedError(html)


def _notify_nobody(*, address: str, message_id: str) -> None:
    """The measured process notifies nobody."""
