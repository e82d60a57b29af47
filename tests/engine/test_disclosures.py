"""Telling somebody outside the office: with recipient, norm, purpose and content, in the chain, by the office alone."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine import instances, integrity, secrecy
from engine.errors import Invalid, NotFound
from engine.files import key_of_vorgang
from engine.house import House
from engine.instances import Sender, Started
from storage.akte import history
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

SOON = AT + timedelta(minutes=5)
TOLD = {
    "recipient": "Ordnungsamt, Herr Stein",
    "norm": "§ 30 Abs. 4 Nr. 1 AO",
    "purpose": "Prüfung der Gefährlichkeit",
    "content": "Rasse und Chipnummer des Hundes Bello",
}


@pytest.fixture
def started(house: House) -> Started:
    sender = Sender(Kanal.PORTAL)
    return instances.start(house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key="k")


def test_a_disclosure_is_in_the_file_and_its_chain_once(house: House, started: Started, tmp_path: Path) -> None:
    clerk, vorgang_id = staff(house, "schulz", "steueramt"), started.vorgang_id

    for _ in range(2):
        secrecy.disclose(house, vorgang_id, TOLD, by=clerk, at=SOON, idempotency_key="a")

    (found,) = secrecy.of_vorgang(house, vorgang_id, by=clerk, at=SOON)
    assert (found.who, found.at) == ("Schulz", SOON)
    assert {name: getattr(found, name) for name in TOLD} == TOLD
    with house.db.read() as conn:
        events = history.read(conn, key_of_vorgang(house, conn, vorgang_id), vorgang_id)
        stored = conn.execute(text("SELECT content FROM offenlegung")).scalar_one()
    assert [one.payload["norm"] for one in events if one.kind == "vorgang.offengelegt"] == [TOLD["norm"]]
    assert b"Bello" not in bytes(stored)
    assert integrity.check(house, vorgang_id, tmp_path / "anchors", by=clerk, at=SOON).clean


@pytest.mark.parametrize("missing", list(secrecy.FIELDS))
def test_without_recipient_norm_purpose_or_content_nothing_is_recorded(
    house: House, started: Started, missing: str
) -> None:
    clerk = staff(house, "schulz", "steueramt")

    for wrong in (" ", "x" * (secrecy.TEXT_MAX + 1)):
        with pytest.raises(Invalid) as refused:
            secrecy.disclose(house, started.vorgang_id, TOLD | {missing: wrong}, by=clerk, at=SOON, idempotency_key="a")
        assert list(refused.value.errors) == [missing]
    assert secrecy.of_vorgang(house, started.vorgang_id, by=clerk, at=SOON) == []


def test_nobody_but_the_office_discloses_or_reads_disclosures(house: House, started: Started) -> None:
    for stranger in (citizen(), staff(house, "stein", "ordnungsamt"), staff(house, "admin", "betrieb")):
        with pytest.raises(NotFound):
            secrecy.disclose(house, started.vorgang_id, TOLD, by=stranger, at=SOON, idempotency_key="a")
        with pytest.raises(NotFound):
            secrecy.of_vorgang(house, started.vorgang_id, by=stranger, at=SOON)
