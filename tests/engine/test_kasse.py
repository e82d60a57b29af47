"""The Kasse: each Sollstellung is handed over once, provable, and its answer comes back to the case."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from engine import kasse, mandate
from engine.actors import Actor
from engine.connectors import Call
from engine.errors import Conflict, NotAllowed, NotFound, Unavailable
from engine.feel.values import Value
from engine.files import open_file
from engine.house import House
from engine.instances import Started
from engine.kasse import Demand
from storage.akte import documents, verify
from storage.models.incident import Incident
from storage.models.sollstellung import SepaMandat
from storage.models.verwaltungsakt import Verwaltungsakt
from tests.engine.test_bestand import apply
from tests.engine.test_case import decided_case
from tests.houses import AT, make_house, staff

NOW = AT + timedelta(days=1)
IBAN = "DE02120300000000202051"
RATES: list[Value] = [
    {"betrag": Decimal("60.00"), "faellig_am": date(2027, 1, 15)},
    {"betrag": Decimal("60.50"), "faellig_am": date(2027, 7, 1), "von": date(2027, 1, 1), "bis": date(2027, 12, 31)},
]


@pytest.fixture
def case(house: House) -> Started:
    return decided_case(house)[0]


def order(house: House, case: Started, **changes: Value) -> Call:
    with house.db.read() as conn:
        akt = conn.execute(select(Verwaltungsakt.id)).scalar_one()
    inputs: dict[str, Value] = {
        "verwaltungsakt": str(akt),
        "kassenzeichen": "HS-2026-000001-7",
        "haushaltsstelle": "6110000.4032000",
        "raten": RATES,
    }
    topic = "kasse.sollstellung"
    return Call(uuid4(), house.tenant_id, case.instance_id, "w1", case.vorgang_id, topic, {**inputs, **changes}, NOW)


def hand_over(house: House, case: Started, **changes: Value) -> UUID:
    result = kasse.demand(house, order(house, case, **changes))
    apply(house, case, result)
    assert result.variables["stand"] == "uebergeben"
    return UUID(str(result.variables["sollstellung"]))


def records(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted((tmp_path / "kasse" / "ausgang").glob("*.json"))]


def answer(tmp_path: Path, name: str = "q1.json", **content: Any) -> None:
    folder = tmp_path / "kasse" / "eingang"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps({"format": "amtsweg.quittung/1"} | content))


def demands(house: House, case: Started, by: Actor) -> list[Demand]:
    with house.db.read() as conn:
        return kasse.of_vorgang(conn, open_file(house, conn, case.vorgang_id), by=by)


def incidents(house: House) -> list[Any]:
    with house.db.read() as conn:
        return list(conn.execute(select(Incident.code, Incident.cause, Incident.resolved_at)).all())


def test_the_record_says_who_owes_what_until_when_and_who_answers_for_it(
    house: House, case: Started, tmp_path: Path
) -> None:
    sollstellung = hand_over(house, case)
    (record,) = records(tmp_path)
    assert record["sollstellung"] == str(sollstellung)
    assert record["kassenzeichen"] == "HS-2026-000001-7"
    assert (record["summe_cent"], [one["betrag_cent"] for one in record["raten"]]) == (12050, [6000, 6050])
    assert [one["faellig_am"] for one in record["raten"]] == ["2027-01-15", "2027-07-01"]
    assert (record["schuldner"]["nachname"], record["schuldner"]["plz"]) == ("Muster", "64283")
    assert record["festgestellt"]["vermerk"] == "Sachlich und rechnerisch richtig"
    assert record["angeordnet"] == record["angeordnet"] | {"vermerk": "Zur Annahme angeordnet", "von": "Amt"}
    assert record["mandat"] is None


def test_a_refund_is_negative_and_ordered_to_be_paid_out(house: House, case: Started, tmp_path: Path) -> None:
    hand_over(house, case, raten=[{"betrag": Decimal("-45.00"), "faellig_am": date(2027, 8, 1)}])
    (record,) = records(tmp_path)
    assert (record["summe_cent"], record["angeordnet"]["vermerk"]) == (-4500, "Zur Auszahlung angeordnet")


def test_a_job_that_is_done_again_after_a_crash_hands_over_the_same_record_once(
    house: House, case: Started, tmp_path: Path
) -> None:
    call = order(house, case)
    kasse.demand(house, call)
    first = (tmp_path / "kasse" / "ausgang").glob("*.json")
    before = [(path.name, path.read_bytes()) for path in first]
    apply(house, case, kasse.demand(house, call))
    after = [(path.name, path.read_bytes()) for path in (tmp_path / "kasse" / "ausgang").glob("*.json")]
    assert before == after
    assert len(demands(house, case, staff(house, "amt", "steueramt"))) == 1


def test_the_answer_comes_back_to_the_case_and_twice_changes_nothing(
    house: House, case: Started, tmp_path: Path
) -> None:
    sollstellung, clerk = hand_over(house, case), staff(house, "amt", "steueramt")
    answer(tmp_path, sollstellung=str(sollstellung), stand="bestaetigt")
    assert kasse.take_answers(house, at=NOW) == 1
    answer(tmp_path, sollstellung=str(sollstellung), stand="bestaetigt")
    assert kasse.take_answers(house, at=NOW) == 0
    (shown,) = demands(house, case, clerk)
    assert (shown.status.value, shown.answered_at, shown.total_cents) == ("bestaetigt", NOW, 12050)
    assert list((tmp_path / "kasse" / "eingang").glob("*.json")) == []
    with house.db.read() as conn:
        assert verify.verify(conn, house.objects, tmp_path / "anchors.jsonl").findings == []


def test_a_refusal_is_seen_by_people_and_can_be_handed_over_again(house: House, case: Started, tmp_path: Path) -> None:
    sollstellung, clerk = hand_over(house, case), staff(house, "amt", "steueramt")
    before = records(tmp_path)
    answer(tmp_path, sollstellung=str(sollstellung), stand="abgelehnt", grund="Frau Muster ist nicht angelegt.")
    kasse.take_answers(house, at=NOW)
    (shown,) = demands(house, case, clerk)
    assert (shown.status.value, shown.reason) == ("abgelehnt", "Frau Muster ist nicht angelegt.")
    ((code, cause, resolved_at),) = incidents(house)
    assert (code, resolved_at, "Muster" in cause) == ("sollstellung_abgelehnt", None, False)

    with pytest.raises(NotAllowed):
        kasse.hand_over_again(house, sollstellung, by=staff(house, "fremd", "ordnungsamt"), at=NOW)
    kasse.hand_over_again(house, sollstellung, by=clerk, at=NOW)
    assert records(tmp_path) == before
    (shown,) = demands(house, case, clerk)
    assert (shown.status.value, shown.reason, incidents(house)[0][2]) == ("uebergeben", None, NOW)
    with pytest.raises(Conflict):
        kasse.hand_over_again(house, sollstellung, by=clerk, at=NOW)


@pytest.mark.parametrize(
    "content",
    [
        {"stand": "bestaetigt"},
        {"sollstellung": "x", "stand": "bestaetigt"},
        {"sollstellung": str(uuid4()), "stand": "vielleicht"},
        {"sollstellung": str(uuid4()), "stand": "abgelehnt"},
        {"sollstellung": str(uuid4()), "stand": "bestaetigt", "format": "anders"},
        {"sollstellung": str(uuid4()), "stand": "bestaetigt"},
    ],
)
def test_an_answer_to_nothing_is_put_aside_for_a_person(house: House, tmp_path: Path, content: dict[str, str]) -> None:
    answer(tmp_path, **content)
    assert kasse.take_answers(house, at=NOW) == 0
    assert [path.name for path in (tmp_path / "kasse" / "eingang" / "unlesbar").iterdir()] == ["q1.json"]


@pytest.mark.parametrize(
    "changes",
    [
        {"raten": []},
        {"raten": [{"betrag": Decimal("1.005"), "faellig_am": date(2027, 1, 1)}]},
        {"raten": [{"betrag": Decimal(1)}]},
        {"kassenzeichen": " "},
        {"haushaltsstelle": None},
    ],
)
def test_an_incomplete_order_is_refused_and_nothing_goes_out(
    house: House, case: Started, tmp_path: Path, changes: Mapping[str, Any]
) -> None:
    with pytest.raises(Conflict):
        kasse.demand(house, order(house, case, **changes))
    assert records(tmp_path) == []


def test_a_decision_of_another_case_is_not_found(house: House, case: Started) -> None:
    with pytest.raises(NotFound):
        kasse.demand(house, order(house, case, verwaltungsakt=str(uuid4())))


def test_without_a_kasse_the_job_fails_and_says_so(house: House, case: Started, tmp_path: Path) -> None:
    without = make_house(house.db, tmp_path, kasse=None)
    with pytest.raises(Unavailable, match="kasse_missing"):
        kasse.demand(without, order(house, case))
    assert kasse.take_answers(without, at=NOW) == 0


def test_an_account_number_is_whole_for_the_kasse_alone(house: House, case: Started, tmp_path: Path) -> None:
    sollstellung = hand_over(house, case, mandat=_mandat(house, case)["mandat"])
    assert records(tmp_path)[0]["mandat"]["iban"] == IBAN
    assert (tmp_path / "kasse" / "ausgang" / f"{sollstellung}.json").stat().st_mode & 0o077 == 0
    (for_office,) = demands(house, case, staff(house, "amt", "steueramt"))
    (for_kasse,) = demands(house, case, staff(house, "kasse", "steueramt", "kasse"))
    assert (for_office.iban, for_kasse.iban) == ("DE02 **** 2051", IBAN)
    with house.db.read() as conn:
        file = open_file(house, conn, case.vorgang_id)
        papers = documents.list_documents(conn, file.key, file.id)
        paper = next(one for one in papers if one.id == for_office.dokument_id)
        _, content = documents.open_document(conn, house.objects, file.key, file.id, paper.id)
    assert IBAN.encode() not in content
    assert json.loads(content)["mandat"]["iban"] == "DE02 **** 2051"


def _mandat(house: House, case: Started, **changes: Value) -> Mapping[str, Value]:
    inputs: dict[str, Value] = {
        "iban": "de02 1203 0000 0000 2020 51",
        "glaeubiger_id": "DE98ZZZ09999999999",
        "kassenzeichen": "HS-2026-000001-7",
        "wortlaut": "Ich ermächtige die Stadt, Zahlungen von meinem Konto einzuziehen.",
    }
    topic = "kasse.mandat"
    result = mandate.give(
        house,
        Call(uuid4(), house.tenant_id, case.instance_id, "w2", case.vorgang_id, topic, {**inputs, **changes}, NOW),
    )
    apply(house, case, result)
    return result.variables


def test_another_persons_account_is_not_debited_until_that_person_agrees(
    house: House, case: Started, tmp_path: Path
) -> None:
    given = _mandat(house, case, kontoinhaber="Max Muster")
    assert given["bestaetigt"] is False
    hand_over(house, case, mandat=given["mandat"])
    assert records(tmp_path)[0]["mandat"] is None


def test_a_mandate_is_a_document_of_its_own_without_the_whole_account_number(
    house: House, case: Started, tmp_path: Path
) -> None:
    given = _mandat(house, case, kontoinhaber="erika  muster")
    assert given == {"mandat": given["mandat"], "iban_maskiert": "DE02 **** 2051", "bestaetigt": True}
    with house.db.read() as conn:
        file = open_file(house, conn, case.vorgang_id)
        paper = next(one for one in documents.list_documents(conn, file.key, file.id) if one.art == "sepa_mandat")
        _, content = documents.open_document(conn, house.objects, file.key, file.id, paper.id)
        stored = conn.execute(select(SepaMandat.iban)).scalar_one()
        assert verify.verify(conn, house.objects, tmp_path / "anchors.jsonl").findings == []
    assert "Ich ermächtige die Stadt" in content.decode()
    assert "2051" in content.decode()
    assert "12030000" not in content.decode().replace(" ", "")
    assert b"12030000" not in stored


def test_a_wrong_account_number_is_refused(house: House, case: Started) -> None:
    with pytest.raises(Conflict, match="bad_iban"):
        _mandat(house, case, iban="DE03120300000000202051")


def test_what_was_handed_over_is_dated_in_utc(house: House, case: Started) -> None:
    hand_over(house, case)
    (shown,) = demands(house, case, staff(house, "amt", "steueramt"))
    assert shown.uebergeben_at == datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
