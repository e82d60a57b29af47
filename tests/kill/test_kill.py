"""Web and worker are killed at random and at named fail points while cases run: nothing is lost, nothing doubled.

`AMTSWEG_KILLS` says how often, over both databases; `make kill` does it 2,000 times.
"""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine import catalog, jobs
from engine.house import House
from storage.akte import verify
from storage.jobs import next_due_at
from tests.houses import deploy, staff
from tests.kill import victims

KILLS = int(os.environ.get("AMTSWEG_KILLS", "60")) // 2
CASES = max(20, KILLS // 2)
MAX_SECONDS = max(40, KILLS * 2)

pytestmark = pytest.mark.kill


def test_killed_at_any_moment_nothing_is_lost_and_nothing_happens_twice(database_url: str, tmp_path: Path) -> None:
    first = victims.open_house(database_url, tmp_path)
    deploy(first)
    first.db.close()
    acks, keys = tmp_path / "acks", [f"key-{number}" for number in range(CASES)]

    killed = kill_often(database_url, tmp_path, keys, acks)
    house = victims.open_house(database_url, tmp_path)
    finish(house, keys, acks)

    assert sum(killed.values()) >= min(KILLS, 20), killed
    check(house, keys, acks)


def kill_often(url: str, folder: Path, keys: list[str], acks: Path) -> Counter[str]:
    """Keep a web and a worker process running, and kill one of them after the other."""
    chance = random.Random(1)
    fork = multiprocessing.get_context("fork")
    killed: Counter[str] = Counter()
    running: dict[str, Any] = {}
    end = time.monotonic() + MAX_SECONDS
    seed = 0
    while sum(killed.values()) < KILLS and time.monotonic() < end:
        for role in ("web", "worker"):
            if role not in running:
                seed += 1
                point = chance.choice([None, *victims.FAIL_POINTS])
                arguments = (url, folder, keys, acks) if role == "web" else (url, folder)
                running[role] = fork.Process(target=getattr(victims, role), args=(*arguments, seed, point), daemon=True)
                running[role].start()
                running[role].point = point or "random"
        time.sleep(chance.uniform(0.02, 0.25))
        role = chance.choice(list(running))
        victim = running.pop(role)
        if victim.is_alive() and victim.point == "random":
            os.kill(victim.pid, signal.SIGKILL)
        victim.join(timeout=0.5)
        if victim.exitcode is None:
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
        assert victim.exitcode == -signal.SIGKILL, f"{role} died of its own: {victim.exitcode}"
        killed[victim.point] += 1
    for victim in running.values():
        victim.kill()
        victim.join()
    return killed


def finish(house: House, keys: list[str], acks: Path) -> None:
    """What the next web and worker processes do: senders without an answer send again, everything is worked off."""
    clerk = staff(house, "amt", "steueramt", "poststelle")
    with house.db.read() as conn:
        deployed = catalog.latest(conn, "hundesteuer_anmelden")
    for key in keys:
        if key not in victims.acknowledged(acks):
            started = victims.instances.start(
                house,
                deployed,
                victims.dog_values(),
                by=victims.citizen(),
                at=victims.AT,
                sender=victims.Sender(victims.Kanal.PORTAL),
                idempotency_key=key,
            )
            victims.acknowledge(acks, key, started.aktenzeichen)
    at = victims.LATER
    for _ in range(CASES * 50):
        if victims.complete_one(house, clerk) or jobs.run_due(house, at=at, owner="last"):
            continue
        with house.db.read() as conn:
            due = next_due_at(conn)
        if due is None:
            return
        at = max(at, due)
    pytest.fail("the cases do not come to an end")


def check(house: House, keys: list[str], acks: Path) -> None:
    answered = victims.acknowledged(acks)
    numbers = [row["aktenzeichen"] for row in rows(house, "SELECT aktenzeichen FROM vorgang")]
    assert set(answered) == set(keys)
    assert set(answered.values()) <= set(numbers), "an acknowledged Antrag is lost"
    assert len(numbers) == len(keys), "an Antrag was taken in twice"
    assert rows(house, "SELECT cause FROM incident") == []
    statuses = Counter(row["status"] for row in rows(house, "SELECT status FROM instance"))
    assert statuses == {"completed": len(keys)}
    assert rows(house, "SELECT id FROM job") == []

    steps = "SELECT i.id FROM instance i WHERE i.version <> (SELECT count(*) FROM step s WHERE s.instance_id = i.id)"
    assert rows(house, steps) == [], "a step has no history"
    timers = rows(house, "SELECT instance_id FROM step WHERE command = 'fire_timer'")
    assert Counter(row["instance_id"] for row in timers) == dict.fromkeys({row["instance_id"] for row in timers}, 1)
    assert len(timers) == len(keys), "a timer did not fire exactly once"
    per_case = Counter(row["vorgang_id"] for row in rows(house, "SELECT vorgang_id FROM verwaltungsakt"))
    assert set(per_case.values()) == {1}, "a decision was issued twice"

    with house.db.read() as conn:
        report = verify.verify(conn, house.objects, acks.with_name("anchors.jsonl"))
    assert report.clean, report.sentences()


def rows(house: House, query: str) -> list[Any]:
    with house.db.read() as conn:
        return [dict(row) for row in conn.execute(text(query)).mappings()]
