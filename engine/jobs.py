"""Work for later: timers that are due, calls of connectors, continuations, messages to deliver.

A worker claims jobs with a lease and does them after the commit that left them. What a job does to the database happens
in one step together with the end of the job; what it does outside carries the job's id, because it can happen again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from logging import getLogger
from typing import Final
from uuid import UUID, uuid4

from engine import antrag_copies, messages
from engine.actors import Actor, system
from engine.advance import Advanced, Case, advance, open_case, open_values
from engine.bpmn.timers import after, parse_cycle
from engine.connectors import BpmnError, Call, Result
from engine.errors import Conflict, EngineError
from engine.files import key_of_instance
from engine.house import House
from engine.runtime.commands import Command, CompleteJob, FailJob, FireTimer
from engine.runtime.errors import ExecutionFailed
from storage import jobs as stored
from storage.jobs import ClaimedJob
from storage.steps import LeaseLost, Step

log = getLogger("amtsweg.jobs")

LEASE: Final = timedelta(minutes=5)
QUICK: Final = frozenset({"timer", "continue", "message"})
"""Kinds of jobs that write to the database and nothing else: a worker takes many at a time."""
SLOW: Final = frozenset({"external", "antrag_lesbar"})
"""Kinds that draw letters or call others: a worker takes one, as others can do the next meanwhile. Many would outlast
their leases, and all would wait for the leases' end if the worker died."""
MAX_TRIES: Final = 100
MAX_DEATHS: Final = 20
"""How many workers may die while they do a job, beyond its tries: mostly it is not the job that killed them."""
MAX_CAUSES: Final = 5


class WorkersDied(Exception):
    """Nobody who did the job lived to say how it ended."""


def run_due(house: House, *, at: datetime, owner: str = "", limit: int = 50) -> int:
    """Do some of what is due at `at`; return how many jobs were claimed, 0 when nothing is due.

    Nothing is raised for a job that fails: it is tried again later, and after the third time an incident names the
    real cause. `owner` names the worker and is unique among all of them.
    """
    owner = owner or uuid4().hex
    messages.deliver_stored(house, at=at, limit=limit)
    claimed = _claim(house, QUICK, owner=owner, at=at, limit=limit)
    if len(claimed) < limit:
        claimed += _claim(house, SLOW, owner=owner, at=at, limit=1)
    for job in claimed:
        _do(house, job, owner=owner, at=at)
    return len(claimed)


def _claim(house: House, kinds: Collection[str], *, owner: str, at: datetime, limit: int) -> list[ClaimedJob]:
    topics = house.connectors.keys()
    return stored.claim(house.db, owner=owner, at=at, lease=LEASE, limit=limit, kinds=kinds, topics=topics)


def _do(house: House, job: ClaimedJob, *, owner: str, at: datetime) -> None:
    try:
        _refuse_deadly(job, at)
        _KINDS[job.kind](house, job, owner, at)
    except LeaseLost:
        log.warning("job_lease_lost", extra={"job": str(job.id), "kind": job.kind})
    except Exception as error:
        _fail(house, job, error, owner=owner, at=at)


def _refuse_deadly(job: ClaimedJob, at: datetime) -> None:
    """Raises WorkersDied for a job that was begun far more often than it failed."""
    if job.attempts > len(_waits(job, at)) + 1 + MAX_DEATHS:
        raise WorkersDied(f"begun {job.attempts - 1} times and never ended; look for what kills the worker (memory?)")


def _fire_timer(house: House, job: ClaimedJob, owner: str, at: datetime) -> None:
    _finish(house, job, owner, lambda wait, case: FireTimer(wait=wait, at=at, bindings=case.deployed.bindings))


def _go_on(house: House, job: ClaimedJob, owner: str, at: datetime) -> None:
    _finish(house, job, owner, lambda wait, case: CompleteJob(wait=wait, at=at, bindings=case.deployed.bindings))


def _call_connector(house: House, job: ClaimedJob, owner: str, at: datetime) -> None:
    """Call the handler without any transaction, then complete the job with what it gave back."""
    connector = house.connectors[job.topic or ""]
    call = _call_of(house, job, at)
    try:
        result = connector(call)
    except BpmnError as error:
        code, given = error.error_code, error.variables
        _finish(house, job, owner, lambda wait, _case: FailJob(wait=wait, at=at, error_code=code, variables=given))
        return
    _finish(
        house,
        job,
        owner,
        lambda wait, case: CompleteJob(wait=wait, at=at, variables=result.variables, bindings=case.deployed.bindings),
        result,
    )


def _finish(
    house: House,
    job: ClaimedJob,
    owner: str,
    command: Callable[[str, Case], Command],
    result: Result | None = None,
) -> None:
    """Move the instance and end the job in one step; a wait that is gone meanwhile ends the job alone."""
    wait = job.wait
    if wait is None or job.instance_id is None:
        raise ValueError("a job of an instance has a wait")

    def write(step: Step, _done: Advanced) -> None:
        step.finish_job(job.id, lease_owner=owner)
        for one in result.writes if result else ():
            one(step)

    try:
        advance(house, job.instance_id, lambda case, _step: command(wait, case), by=_worker(house), write=write)
    except Conflict as error:
        if error.code != "wait_gone":
            raise
        stored.drop(house.db, job.id, owner=owner)


def _call_of(house: House, job: ClaimedJob, at: datetime) -> Call:
    if job.instance_id is None or job.wait is None:
        raise ValueError("a call of a connector belongs to an instance")
    with house.db.step() as step:  # reads only: nothing is saved
        case = open_case(house, step, job.instance_id)
    inputs = open_values(case.key, house.tenant_id, job.instance_id, job.wait, job.payload) if job.payload else {}
    return Call(
        job_id=job.id,
        tenant_id=house.tenant_id,
        instance_id=job.instance_id,
        wait=job.wait,
        vorgang_id=job.vorgang_id,
        topic=job.topic or "",
        inputs=inputs,
        at=at,
    )


def _deliver(house: House, job: ClaimedJob, owner: str, at: datetime) -> None:
    """Send what an instance threw; the job's id is the message's, so a second try delivers nothing twice."""
    if job.instance_id is None or job.payload is None:
        raise ValueError("a thrown message comes from an instance")
    with house.db.read() as conn:
        key = key_of_instance(house, conn, job.instance_id)
    sent = open_values(key, house.tenant_id, job.instance_id, job.arguments["sent"], job.payload)
    variables = sent["variables"]
    messages.correlate(
        house,
        job.topic or "",
        key=str(sent["key"]),
        variables=variables if isinstance(variables, dict) else {},
        message_id=str(job.id),
        by=_worker(house),
        at=at,
    )
    stored.drop(house.db, job.id, owner=owner)


def _make_readable(house: House, job: ClaimedJob, owner: str, at: datetime) -> None:
    """Add the readable copy of an Antrag to its file."""
    if job.vorgang_id is None:
        raise ValueError("an Antrag belongs to a Vorgang")
    antrag_copies.make(house, job.vorgang_id, UUID(job.arguments["dokument"]), job_id=job.id, at=at)
    stored.drop(house.db, job.id, owner=owner)


def _fail(house: House, job: ClaimedJob, error: Exception, *, owner: str, at: datetime) -> None:
    """Try again later, or give up with the real cause; causes name types and codes, never values of a case."""
    code = _code(error)
    about = {"job": str(job.id), "kind": job.kind, "attempt": job.attempts, "error": code}
    # A model that cannot go on with these values fails again in the same way: no more tries.
    waits = () if isinstance(error, ExecutionFailed) else _waits(job, at)
    failure = stored.fail(house.db, job, owner=owner, at=at, cause=_cause(error), code=code, waits=waits)
    if failure is not None and failure.incident_id is not None:
        log.error("incident", extra={**about, "incident": str(failure.incident_id)})
    else:
        log.warning("job_failed", extra=about)


def _waits(job: ClaimedJob, at: datetime) -> Sequence[timedelta]:
    """The waits between tries: by the model's own cycle (`failedJobRetryTimeCycle`), else the house's."""
    cycle = parse_cycle(str(job.arguments.get("retry", "")))
    again = after(at, cycle.duration) if cycle else None
    if cycle is None or again is None:
        return stored.WAITS
    tries = len(stored.WAITS) + 1 if cycle.times is None else cycle.times
    return [again - at] * min(tries - 1, MAX_TRIES)


def _code(error: Exception) -> str:
    return error.code if isinstance(error, EngineError) else type(error).__name__


def _cause(error: Exception) -> str:
    """The chain of errors down to the first, as operators need it."""
    causes: list[str] = []
    one: BaseException | None = error
    while one is not None and len(causes) < MAX_CAUSES:
        causes.append(f"{type(one).__name__}: {one}")
        one = one.__cause__
    return " <- ".join(causes)


def _worker(house: House) -> Actor:
    return system("worker", tenant_id=house.tenant_id)


_KINDS: Mapping[str, Callable[[House, ClaimedJob, str, datetime], None]] = {
    "timer": _fire_timer,
    "continue": _go_on,
    "external": _call_connector,
    "message": _deliver,
    "antrag_lesbar": _make_readable,
}
