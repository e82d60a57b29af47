import re
from datetime import UTC, date, datetime

import pytest

from engine.law import (
    Abgabe,
    Instruction,
    LawUnknown,
    Office,
    RemedyKind,
    Verfahrensrecht,
    final_noted_at,
    foreign_norms,
    legal_blocks,
    no_suspension,
    remedy_instruction,
    remedy_period,
)

TODAY = date(2026, 11, 24)
OFFICE = Office(
    name="Magistrat der Wissenschaftsstadt Darmstadt, Kassen- und Steueramt",
    address="Grafenstraße 30, 64283 Darmstadt",
)


def _text(block):
    return " ".join(block.paragraphs)


def test_one_month_runs_from_service():
    frist = remedy_period(date(2026, 11, 30), verfahrensrecht="AO/KAG")

    assert frist.ends_on == date(2026, 12, 30)
    assert frist.norm.startswith("§ 70 Abs. 1 VwGO")


def test_a_missing_or_wrong_instruction_gives_a_year():
    frist = remedy_period(date(2026, 10, 24), verfahrensrecht="HVwVfG", instruction=Instruction.MISSING_OR_WRONG)

    assert frist.ends_on == date(2027, 10, 25)
    assert "§ 58 Abs. 2 VwGO" in frist.norm
    assert "Jahresfrist" in frist.reason


def test_the_instruction_names_remedy_office_seat_period_and_open_forms():
    text = _text(remedy_instruction(OFFICE, verfahrensrecht="AO/KAG", on=TODAY))

    assert "innerhalb eines Monats nach seiner Bekanntgabe Widerspruch" in text
    assert OFFICE.line() in text
    assert "schriftlich oder zur Niederschrift" in text
    assert "elektronisch" not in text


def test_an_access_that_the_office_has_opened_is_named():
    office = Office(
        OFFICE.name, OFFICE.address, email="post@stadt.example", portal_url="https://stadt.example/widerspruch"
    )

    text = _text(remedy_instruction(office, verfahrensrecht="AO/KAG", on=TODAY))

    assert "qualifizierter elektronischer Signatur" in text
    assert "post@stadt.example" in text
    assert "https://stadt.example/widerspruch" in text


@pytest.mark.parametrize("code", list(Verfahrensrecht))
@pytest.mark.parametrize("kind", list(RemedyKind))
def test_no_instruction_names_a_date_or_another_legislators_act(code, kind):
    try:
        block = remedy_instruction(OFFICE, verfahrensrecht=code, on=TODAY, kind=kind)
    except LawUnknown:
        assert kind is RemedyKind.WIDERSPRUCH_SGG
        return
    text = f"{_text(block)} {block.norm}"

    assert not re.search(
        r"\d{1,2}\.\s?(\d{1,2}\.|Januar|Februar|März|April|Mai|Juni|Juli|August|Sept|Okt|Nov|Dez)", text
    )
    assert not re.search(r"\b20\d\d\b", text)
    assert re.search(r"innerhalb (eines|einer|von)", text)
    assert foreign_norms(text) == []


def test_public_charges_are_due_in_spite_of_a_remedy():
    for abgabe in Abgabe:
        block = no_suspension(abgabe, on=TODAY)

        assert block is not None
        assert "§ 80 Abs. 2 Satz 1 Nr. 1 VwGO" in _text(block)


def test_other_decisions_are_stopped_by_a_remedy():
    assert no_suspension(None, on=TODAY) is None


def test_the_blocks_of_a_letter_end_with_the_instruction():
    blocks = legal_blocks(OFFICE, verfahrensrecht="AO/KAG", on=TODAY, basis=["§ 1 Hundesteuersatzung"], abgabe="steuer")

    assert [block.key for block in blocks] == [
        "rechtsgrundlage",
        "keine_aufschiebende_wirkung",
        "rechtsbehelfsbelehrung",
    ]


def test_finality_is_noted_only_after_the_mail_delay():
    frist = remedy_period(date(2026, 11, 30), verfahrensrecht="AO/KAG")

    assert frist.over_at == datetime(2026, 12, 30, 23, tzinfo=UTC)
    assert final_noted_at(frist) == datetime(2027, 1, 7, 23, tzinfo=UTC)


def test_a_court_period_is_counted_after_the_courts_code():
    frist = remedy_period(date(2026, 11, 6), verfahrensrecht="HVwVfG", kind=RemedyKind.KLAGE)

    assert frist.ends_on == date(2026, 12, 7)
    assert frist.norm.startswith("§ 74 Abs. 1 Satz 2 VwGO; § 57 Abs. 2 VwGO i. V. m. § 222 ZPO")
    assert "§ 222 Abs. 2 ZPO" in frist.reason
