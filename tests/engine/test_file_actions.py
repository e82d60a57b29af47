"""Cancelling, re-filing and closing: with a reason, in the chain, and nothing is ever gone."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from engine import cases, file_actions, instances, integrity, jobs, tasks
from engine.actors import Actor
from engine.errors import Conflict, Invalid, NotFound
from engine.feel.values import Value
from engine.files import key_of_vorgang
from engine.house import House
from engine.instances import Sender, Started
from storage.akte import history, vorgaenge
from storage.akte.documents import DokumentView
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, file_paper, staff

SOON = AT + timedelta(minutes=5)
WHY = "Gehört zu einem anderen Hund."


@pytest.fixture
def clerk(house: House) -> Actor:
    return staff(house, "schulz", "steueramt")


def send(house: House, key: str = "k") -> Started:
    sender = Sender(Kanal.PORTAL)
    return instances.start(house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key=key)


def papers(house: House, vorgang_id: UUID, by: Actor) -> dict[str, DokumentView]:
    return {one.name: one for one in file_actions.overview(house, vorgang_id, by=by, at=SOON).documents}


def chain(house: House, vorgang_id: UUID) -> list[history.Entry]:
    with house.db.read() as conn:
        return history.read(conn, key_of_vorgang(house, conn, vorgang_id), vorgang_id)


def end(house: House, started: Started, clerk: Actor) -> None:
    """Close the Anzeige because the dog was not taken over, which ends the process."""
    with house.db.read() as conn:
        (task,) = tasks.of_vorgang(conn, started.vorgang_id, by=clerk, on=SOON)
    values: dict[str, Value] = {
        "ergebnis": "nicht_uebernommen",
        "abschluss_grund": "hund_nicht_uebernommen",
        "abschluss_text": "Sie haben den Hund zurückgegeben.",
    }
    work = tasks.work_on(house, task.id, by=clerk, at=SOON)
    known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
    tasks.complete(house, task.id, known | values, by=clerk, at=SOON)
    while jobs.run_due(house, at=SOON):
        pass


def test_a_cancelled_paper_stays_in_the_file_with_its_reason_and_out_of_the_citizens_sight(
    house: House, clerk: Actor, tmp_path: Path
) -> None:
    vorgang_id = send(house).vorgang_id
    paper = file_paper(house, vorgang_id, clerk)

    file_actions.cancel(house, vorgang_id, paper, reason=f" {WHY} ", by=clerk, at=SOON)

    shown = papers(house, vorgang_id, clerk)["Impfpass.pdf"]
    assert (shown.storniert_at, shown.storniert_reason, shown.storniert_by) == (SOON, WHY, clerk.id)
    assert cases.open_document(house, vorgang_id, paper, by=clerk, at=SOON)[1] == b"%PDF-1.4 x"
    assert paper not in {one.id for one in cases.get(house, vorgang_id, by=citizen(), at=SOON).documents}
    assert chain(house, vorgang_id)[-1].kind == "dokument.storniert"
    assert integrity.check(house, vorgang_id, tmp_path / "anchors", by=clerk, at=SOON).clean


def test_a_moved_paper_lies_in_both_files_and_both_chains_say_so(house: House, clerk: Actor, tmp_path: Path) -> None:
    here, there = send(house, "a"), send(house, "b")
    paper = file_paper(house, here.vorgang_id, clerk)

    target = file_actions.refile(
        house, here.vorgang_id, paper, target=there.aktenzeichen.lower(), reason=WHY, by=clerk, at=SOON
    )

    assert target == there.vorgang_id
    new = papers(house, there.vorgang_id, clerk)["Impfpass.pdf"]
    assert (new.moved_from_id, new.storniert_at) == (paper, None)
    assert papers(house, here.vorgang_id, clerk)["Impfpass.pdf"].storniert_reason == WHY
    assert cases.open_document(house, there.vorgang_id, new.id, by=clerk, at=SOON)[1] == b"%PDF-1.4 x"
    left, arrived = chain(house, here.vorgang_id)[-1], chain(house, there.vorgang_id)[-1]
    assert (left.kind, left.payload["nach"], left.payload["grund"]) == ("dokument.umgehaengt", str(target), WHY)
    assert (arrived.kind, arrived.payload["umgehaengt_von"]) == ("dokument.abgelegt", str(paper))
    for vorgang_id in (here.vorgang_id, there.vorgang_id):
        assert integrity.check(house, vorgang_id, tmp_path / "anchors", by=clerk, at=SOON).clean


def test_what_was_sent_stays_and_no_paper_is_cancelled_twice_or_without_a_reason(house: House, clerk: Actor) -> None:
    vorgang_id = send(house).vorgang_id
    paper = file_paper(house, vorgang_id, clerk)
    sent = next(iter(file_actions.overview(house, vorgang_id, by=clerk, at=SOON).fixed))

    with pytest.raises(Conflict, match="document_stays"):
        file_actions.cancel(house, vorgang_id, sent, reason=WHY, by=clerk, at=SOON)
    for wrong in (" ", "x" * (file_actions.REASON_MAX + 1)):
        with pytest.raises(Invalid):
            file_actions.cancel(house, vorgang_id, paper, reason=wrong, by=clerk, at=SOON)
    file_actions.cancel(house, vorgang_id, paper, reason=WHY, by=clerk, at=SOON)
    with pytest.raises(Conflict, match="document_cancelled"):
        file_actions.cancel(house, vorgang_id, paper, reason=WHY, by=clerk, at=SOON)


def test_a_paper_moves_only_to_another_vorgang_of_the_office(house: House, clerk: Actor) -> None:
    started = send(house)
    paper = file_paper(house, started.vorgang_id, clerk)

    for target in ("", "22.61/2026-999999", started.aktenzeichen):
        with pytest.raises(Invalid) as refused:
            file_actions.refile(house, started.vorgang_id, paper, target=target, reason=WHY, by=clerk, at=SOON)
        assert "ziel" in refused.value.errors


def test_nobody_else_touches_or_lists_the_file(house: House, clerk: Actor, tmp_path: Path) -> None:
    started, other = send(house, "a"), send(house, "b")
    paper = file_paper(house, started.vorgang_id, clerk)

    for stranger in (citizen(), staff(house, "stein", "ordnungsamt"), staff(house, "admin", "betrieb")):
        with pytest.raises(NotFound):
            file_actions.overview(house, started.vorgang_id, by=stranger, at=SOON)
        with pytest.raises(NotFound):
            file_actions.cancel(house, started.vorgang_id, paper, reason=WHY, by=stranger, at=SOON)
        with pytest.raises((NotFound, Invalid)):
            file_actions.refile(
                house, started.vorgang_id, paper, target=other.aktenzeichen, reason=WHY, by=stranger, at=SOON
            )
        with pytest.raises(NotFound):
            file_actions.close(house, started.vorgang_id, by=stranger, at=SOON)
        with pytest.raises(NotFound):
            integrity.check(house, started.vorgang_id, tmp_path / "anchors", by=stranger, at=SOON)


def test_a_vorgang_with_open_tasks_is_not_closed(house: House, clerk: Actor) -> None:
    started = send(house)

    with pytest.raises(Conflict, match="tasks_open"):
        file_actions.close(house, started.vorgang_id, by=clerk, at=SOON)

    assert file_actions.overview(house, started.vorgang_id, by=clerk, at=SOON).closed_at is None


def test_a_closed_vorgang_is_kept_from_the_end_of_the_year_and_changes_no_more(
    house: House, clerk: Actor, tmp_path: Path
) -> None:
    started = send(house)
    paper = file_paper(house, started.vorgang_id, clerk)
    end(house, started, clerk)

    file_actions.close(house, started.vorgang_id, by=clerk, at=SOON)

    shown = file_actions.overview(house, started.vorgang_id, by=clerk, at=SOON)
    assert (shown.closed_at, shown.closed_by, shown.hindrance) == (SOON, "Schulz", "vorgang_closed")
    assert shown.retained_until == vorgaenge.retention_end(SOON, shown.retention_years)
    assert shown.retained_until == date(2026 + (shown.retention_years or 0), 12, 31)
    for act in (
        lambda: file_actions.close(house, started.vorgang_id, by=clerk, at=SOON),
        lambda: file_actions.cancel(house, started.vorgang_id, paper, reason=WHY, by=clerk, at=SOON),
    ):
        with pytest.raises(Conflict, match="vorgang_closed"):
            act()
    assert integrity.check(house, started.vorgang_id, tmp_path / "anchors", by=clerk, at=SOON).clean


def test_a_change_behind_the_products_back_is_found_in_its_own_vorgang_only(
    house: House, clerk: Actor, tmp_path: Path
) -> None:
    touched, other = send(house, "a"), send(house, "b")
    paper = file_paper(house, touched.vorgang_id, clerk)
    with house.db.begin() as conn:
        conn.execute(text("UPDATE dokument SET art = 'gutachten' WHERE art = 'nachweis'"))

    found = integrity.check(house, touched.vorgang_id, tmp_path / "anchors", by=clerk, at=SOON)

    assert [one.where for one in found.findings] == [f"dokument:{paper}"]
    assert integrity.check(house, other.vorgang_id, tmp_path / "anchors", by=clerk, at=SOON).clean
