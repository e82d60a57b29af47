"""`amtsweg serve` and `amtsweg worker` are killed while cases run: nothing is lost, nothing happens twice.

`AMTSWEG_KILLS` says how often, over both databases; `make kill` does it 2,000 times. A kill counts when the process had
a changing request to answer or a job to do at the moment of its death.
"""

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from logging import getLogger
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import and_, or_, text, update

from engine import catalog, tokens
from engine.house import House
from engine.tokens import Scope
from storage.db import Database
from storage.models.job import Job
from tests.houses import PROCESSES, TENANT, make_house
from tests.kill.people import PROCEDURE, People
from tests.kill.served import POINTS, Served

KILLS = int(os.environ.get("AMTSWEG_KILLS", "60")) // 2
MAX_SECONDS = max(30, KILLS * 3)
AT_LEAST = min(KILLS, 15)
"""On a machine that is busy with other things, time may be over first."""
FINISHED_WITHIN_S = 180
USERS = 4
RARE = {"web server": 25, "everything": 50}
"""Every how many kills: they cost a start of the server. The others hit a web process, a worker or a fail point."""
SHORTEST_REST_S, LONGEST_REST_S = 2.0, 10.0
"""Between two kills of workers."""
LONGEST_PAUSE_S = 0.6
HISTORY = {"start": 1, "complete_task": 4, "complete_job": 4, "fire_timer": 1}
"""Every case has exactly these steps, whatever was tried how often."""

log = getLogger("amtsweg.kill")
pytestmark = pytest.mark.kill


def test_killed_at_any_moment_nothing_is_lost_and_nothing_happens_twice(
    database_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    house = make_house(Database(database_url, tenant_id=TENANT), tmp_path)
    deploy_with_short_period(house, tmp_path)
    served = Served(database_url, tmp_path, chance=random.Random(1))
    try:
        people = People(served.address, [secret(house, number) for number in range(USERS)])
        try:
            killed = kill_often(served, house, people, random.Random(2))
            finish(house, people)
            for key in people.api_keys():
                people.ask_again(key)
        finally:
            people.go_home()
        served.stop()
    finally:
        served.kill_all()

    record_property("kills", f"{database_url.partition(':')[0]}: {told(killed, people)}")
    assert not people.surprises, people.surprises
    assert killed.total() >= AT_LEAST, killed
    check(house, people)
    verified = served.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def deploy_with_short_period(house: House, folder: Path) -> None:
    """Deploy the product's procedure with a remedy period of two seconds, so that its timer fires in between."""
    copied = shutil.copytree(PROCESSES / PROCEDURE, folder / "procedures" / PROCEDURE)
    model = copied / "process.bpmn"
    before = model.read_text("utf-8")
    after = before.replace("=frist_timer</bpmn:timeDate>", '=now() + duration("PT2S")</bpmn:timeDate>')
    assert after != before
    model.write_text(after, "utf-8")
    procedure = catalog.load(catalog.read_folder(copied), folder=PROCEDURE, topics=house.connectors.keys())
    with house.db.begin() as conn:
        catalog.deploy(conn, procedure, by="system:test", at=datetime.now(UTC))


def secret(house: House, number: int) -> str:
    at = datetime.now(UTC)
    scopes, roles = [scope.value for scope in Scope], ["steueramt", "poststelle"]
    with house.db.begin() as conn:
        made = tokens.create(
            conn, f"Programm {number}", scopes=scopes, roles=roles, expires_at=at + timedelta(days=1), at=at
        )
    return made.secret


def kill_often(served: Served, house: House, people: People, chance: random.Random) -> Counter[str]:
    """Kill one after the other; only those that hit work in flight are counted."""
    killed: Counter[str] = Counter()
    end, workers = time.monotonic() + MAX_SECONDS, Rest(house)
    while killed.total() < KILLS and time.monotonic() < end and not people.surprises:
        may_kill_worker = workers.have_had_it()
        for command in ("serve", "worker") if may_kill_worker else ("serve",):
            served.arm(command, chance.choice(POINTS[command]))
        kind = _next_kind(killed, chance, may_kill_worker=may_kill_worker)
        hit, dead_workers = _kill(served, kind)
        killed[kind] += hit
        time.sleep(chance.uniform(0, LONGEST_PAUSE_S))
        for pid, where in served.fallen():
            killed[where] += 1
            dead_workers += [pid] if where.startswith("worker") else []
        end_leases(house, dead_workers)
        if dead_workers:
            served.disarm("worker")
            workers = Rest(house)
        people.finished = count(house, "SELECT count(*) FROM instance WHERE status = 'completed'")
        log.info("%s kills, %s cases finished: %s", killed.total(), people.finished, kind if hit else "missed")
    served.disarm()
    return killed


class Rest:
    """What workers need between two kills, or no case would ever end: time for a job, and to have done one."""

    def __init__(self, house: House) -> None:
        self._house, self._since = house, time.monotonic()
        self._done_before = self._done()

    def have_had_it(self) -> bool:
        lived_s = time.monotonic() - self._since
        return lived_s > LONGEST_REST_S or (lived_s > SHORTEST_REST_S and self._done() > self._done_before)

    def _done(self) -> int:
        return count(
            self._house,
            "SELECT (SELECT count(*) FROM step WHERE command IN ('complete_job', 'fire_timer'))"
            " + (SELECT count(*) FROM dokument)",
        )


def _next_kind(killed: Counter[str], chance: random.Random, *, may_kill_worker: bool) -> str:
    for rare, one_of in RARE.items():
        if killed.total() >= one_of * (killed[rare] + 0.5):
            return rare
    return chance.choice(["worker" if may_kill_worker else "web process", "nothing more"])


def _kill(served: Served, kind: str) -> tuple[bool, list[int]]:
    """Return whether the kill hit work, and which workers are dead."""
    match kind:
        case "web process":
            return served.kill_child(), []
        case "worker":
            return served.kill_worker()
        case "web server":
            return served.kill_server(), []
        case "everything":
            return served.kill_everything()
        case _:
            return False, []


def end_leases(house: House, dead_workers: Iterable[int]) -> None:
    """Let the time of a lease pass: for what the dead held, and for what waits for its next try."""
    dead = [Job.lease_owner.like(f"%-{pid}") for pid in dead_workers]
    waits = and_(Job.lease_owner.is_(None), Job.attempts > 0, Job.run_at.is_not(None))
    with house.db.begin() as conn:
        conn.execute(update(Job).where(Job.tenant_id == TENANT, or_(waits, *dead)).values(run_at=datetime.now(UTC)))


def finish(house: House, people: People) -> None:
    """Nobody is killed any more: everything that was begun comes to its end by itself."""
    people.no_more_cases.set()
    end = time.monotonic() + FINISHED_WITHIN_S
    while not people.surprises:
        end_leases(house, [])
        running = rows(house, "SELECT 1 FROM instance WHERE status <> 'completed' UNION ALL SELECT 1 FROM job")
        if people.everything_is_answered and not running:
            return
        assert time.monotonic() < end, f"the cases do not come to an end: {len(running)}"
        time.sleep(0.1)


def check(house: House, people: People) -> None:
    numbers = [row["aktenzeichen"] for row in rows(house, "SELECT aktenzeichen FROM vorgang")]
    acknowledged = [receipt["aktenzeichen"] for receipt in people.receipts.values()]
    assert set(acknowledged) <= set(numbers), "an acknowledged Antrag is lost"
    assert len(set(acknowledged)) == len(acknowledged), "two senders got the same case"
    assert len(numbers) == len(acknowledged), "an Antrag was taken in twice"

    assert rows(house, "SELECT cause FROM incident") == []
    assert rows(house, "SELECT id FROM job UNION ALL SELECT id FROM task") == []
    per_instance: dict[Any, Counter[str]] = {}
    for row in rows(house, "SELECT instance_id, command FROM step"):
        per_instance.setdefault(row["instance_id"], Counter())[row["command"]] += 1
    assert len(per_instance) == len(numbers)
    assert [one for one in per_instance.values() if one != HISTORY] == []
    unproven = "SELECT i.id FROM instance i WHERE i.version <> (SELECT count(*) FROM step s WHERE s.instance_id = i.id)"
    assert rows(house, unproven) == [], "a step has no history"

    for table in ("verwaltungsakt", "bekanntgabe"):
        per_case = Counter(row["vorgang_id"] for row in rows(house, f"SELECT vorgang_id FROM {table}"))  # noqa: S608
        assert set(per_case.values()) == {1}, f"{table}: twice in a case"
    per_case = Counter((row["vorgang_id"], row["art"]) for row in rows(house, "SELECT vorgang_id, art FROM dokument"))
    assert set(per_case.values()) == {1}, "a document was filed twice"
    objects = rows(house, "SELECT object_key FROM dokument UNION ALL SELECT object_key FROM entwurf_file")
    missing = [row["object_key"] for row in objects if not house.objects.exists(row["object_key"])]
    assert missing == [], "a row names an object that is missing"


def told(killed: Counter[str], people: People) -> str:
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(killed.items()) if number)
    lost = ", ".join(f"{number} {name}" for name, number in sorted(people.lost_answers.items()))
    return f"{killed.total()} kills ({kinds}); {len(people.receipts)} cases; requests without an answer: {lost}"


def count(house: House, query: str) -> int:
    with house.db.read() as conn:
        return int(conn.execute(text(query)).scalar_one())


def rows(house: House, query: str) -> list[Any]:
    with house.db.read() as conn:
        return [dict(row) for row in conn.execute(text(query)).mappings()]
