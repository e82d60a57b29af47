"""Finality is noted after the mail delay, never towards somebody who challenged, and can be taken back."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from engine import bestandskraft
from engine.errors import Conflict, Invalid, NotFound
from engine.house import House
from storage.models.verwaltungsakt import Rechtsbehelf
from tests.engine.test_case import decided_case, rows, work_off
from tests.houses import citizen, staff

AFTER_THE_DELAY = datetime(2027, 1, 7, 23, 0, tzinfo=UTC)
"""Five working days after the last day of the remedy period, 30 December 2026."""
NOTED = (
    "SELECT b.bestandskraft_noted_on, v.status FROM bekanntgabe b JOIN verwaltungsakt v ON v.id = b.verwaltungsakt_id"
)


@pytest.fixture
def noting(house: House) -> House:
    """A house whose procedure notes finality where it notes the end of the period."""
    house.connectors["frist.abgelaufen"] = house.connectors["bestandskraft.vermerken"]
    return house


def bekanntgabe_id(house: House) -> UUID:
    return UUID(str(rows(house, "SELECT id FROM bekanntgabe")[0]["id"]))


def noted(house: House) -> tuple[str, str]:
    (row,) = rows(house, NOTED)
    return str(row["bestandskraft_noted_on"]), row["status"]


def test_after_the_mail_delay_the_decision_is_final(noting: House) -> None:
    decided_case(noting)
    work_off(noting, AFTER_THE_DELAY)
    assert noted(noting) == ("2027-01-08", "bestandskraeftig")


def test_while_a_remedy_may_be_in_the_post_nothing_is_final(noting: House) -> None:
    decided_case(noting)
    work_off(noting, datetime(2027, 1, 7, 22, 59, tzinfo=UTC))
    assert noted(noting) == ("None", "bekannt_gegeben")


def test_what_was_challenged_does_not_become_final(noting: House) -> None:
    started, clerk = decided_case(noting)
    remedy = {
        "tenant_id": noting.tenant_id,
        "id": uuid4(),
        "vorgang_id": started.vorgang_id,
        "bekanntgabe_id": bekanntgabe_id(noting),
        "kind": "widerspruch",
        "form": "schriftlich",
        "eingegangen_am": datetime(2026, 12, 30, 12, tzinfo=UTC),
        "recorded_at": datetime(2026, 12, 30, 12, tzinfo=UTC),
        "recorded_by": clerk.id,
        "wiedereinsetzung": False,
    }
    with noting.db.begin() as conn:
        conn.execute(insert(Rechtsbehelf).values(**remedy))

    work_off(noting, AFTER_THE_DELAY)

    assert noted(noting) == ("None", "bekannt_gegeben")


def test_a_noted_finality_is_revoked_once_with_its_reason(noting: House) -> None:
    started, clerk = decided_case(noting)
    one = bekanntgabe_id(noting)
    with pytest.raises(Conflict):
        bestandskraft.revoke(noting, started.vorgang_id, one, "zu früh", by=clerk, at=AFTER_THE_DELAY)
    work_off(noting, AFTER_THE_DELAY)
    with pytest.raises(Invalid):
        bestandskraft.revoke(noting, started.vorgang_id, one, " ", by=clerk, at=AFTER_THE_DELAY)

    bestandskraft.revoke(noting, started.vorgang_id, one, "Widerspruch lag in der Post", by=clerk, at=AFTER_THE_DELAY)

    assert noted(noting) == ("2027-01-08", "bekannt_gegeben")
    (row,) = rows(noting, "SELECT bestandskraft_revoked_on, bestandskraft_revoked_reason FROM bekanntgabe")
    assert str(row["bestandskraft_revoked_on"]) == "2027-01-08"
    assert row["bestandskraft_revoked_reason"] == "Widerspruch lag in der Post"
    with pytest.raises(Conflict):
        bestandskraft.revoke(noting, started.vorgang_id, one, "noch einmal", by=clerk, at=AFTER_THE_DELAY)


def test_only_the_office_in_charge_revokes(noting: House) -> None:
    started, _clerk = decided_case(noting)
    work_off(noting, AFTER_THE_DELAY)
    for someone in (citizen(), staff(noting, "ordnung", "ordnungsamt")):
        with pytest.raises(NotFound):
            bestandskraft.revoke(
                noting, started.vorgang_id, bekanntgabe_id(noting), "Grund", by=someone, at=AFTER_THE_DELAY
            )
