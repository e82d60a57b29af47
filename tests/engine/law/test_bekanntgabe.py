from datetime import UTC, date, datetime

import pytest

from engine.law import Consent, Facts, LawUnknown, NextStep, consent, foreign_norms, remedy_period, served
from engine.law.bekanntgabe import ServiceRule, service_rules
from engine.law.tables import read
from engine.law.values import Channel, Verfahrensrecht
from tests.shared_data import shared

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def _served(code, channel, at=NOW, **facts):
    return served(code, channel, Facts(**facts), at=at)


def test_a_tax_letter_is_served_on_the_fourth_day_or_the_working_day_after():
    plain = _served("AO/KAG", "brief", posted_on=date(2026, 11, 23))
    moved = _served("AO/KAG", "brief", posted_on=date(2026, 12, 22))

    assert plain.served_on == date(2026, 11, 27)
    assert moved.served_on == moved.earliest_on == date(2026, 12, 28)
    assert "Zweiter Weihnachtstag" in moved.reason
    assert "§ 108 Abs. 3 AO" in moved.reason


def test_nothing_is_served_before_the_posting_is_recorded():
    outcome = _served("AO/KAG", "brief")

    assert outcome.served_on is None
    assert outcome.next_step is NextStep.RECORD_POSTING
    assert "Ab-Vermerk" in outcome.reason


def test_a_returned_letter_is_not_served_and_asks_for_the_address():
    outcome = _served("AO/KAG", "brief", posted_on=date(2026, 11, 16), returned_on=date(2026, 11, 20))

    assert outcome.served_on is None
    assert outcome.next_step is NextStep.FIND_ADDRESS


def test_a_later_proven_arrival_counts_and_an_earlier_one_does_not():
    late = _served("AO/KAG", "brief", posted_on=date(2026, 11, 16), received_on=date(2026, 11, 25))
    early = _served("AO/KAG", "brief", posted_on=date(2026, 11, 16), received_on=date(2026, 11, 17))

    assert late.served_on == date(2026, 11, 25)
    assert "später belegt" in late.reason
    assert early.served_on == date(2026, 11, 20)


def test_a_disputed_letter_without_proof_is_not_served():
    outcome = _served("AO/KAG", "brief", posted_on=date(2026, 11, 16), disputed=True)

    assert outcome.served_on is None
    assert outcome.next_step is NextStep.PROVE_OR_REPEAT


def test_a_hessian_letter_shows_both_readings_while_the_land_law_is_open():
    outcome = _served("HVwVfG", "brief", posted_on=date(2026, 11, 23))

    assert (outcome.earliest_on, outcome.served_on) == (date(2026, 11, 26), date(2026, 11, 27))
    assert outcome.is_open
    assert {reading.rule_id for reading in outcome.readings} == {"brief-3", "brief-4"}
    assert outcome.rule_id == "brief-4"
    assert "offen" in outcome.reason
    assert outcome.open_points


def test_the_remedy_period_is_safe_after_the_earliest_and_over_after_the_latest_reading():
    outcome = _served("HVwVfG", "brief", posted_on=date(2026, 11, 23))

    frist = remedy_period(outcome, verfahrensrecht="HVwVfG")

    assert (frist.safe_on, frist.ends_on) == (date(2026, 12, 28), date(2026, 12, 28))
    wider = remedy_period(_served("HVwVfG", "brief", posted_on=date(2026, 12, 7)), verfahrensrecht="HVwVfG")
    assert (wider.safe_on, wider.ends_on) == (date(2027, 1, 11), date(2027, 1, 11))
    open_end = remedy_period(_served("HVwVfG", "brief", posted_on=date(2026, 11, 3)), verfahrensrecht="HVwVfG")
    assert (open_end.safe_on, open_end.ends_on) == (date(2026, 12, 7), date(2026, 12, 9))
    assert open_end.is_open
    assert "07.12.2026" in open_end.reason


def test_readings_that_agree_are_not_shown_as_open():
    outcome = _served("HVwVfG", "portal_abruf", provided_on=date(2026, 11, 20), notified_on=date(2026, 11, 20),
                      fetched_on=date(2026, 11, 21), consent=True)  # fmt: skip

    assert outcome.served_on == date(2026, 11, 22)
    assert not outcome.is_open


def test_a_download_without_consent_becomes_a_letter():
    outcome = _served("HVwVfG", "portal_abruf", provided_on=date(2026, 11, 20), notified_on=date(2026, 11, 20))

    assert outcome.served_on is None
    assert outcome.next_step is NextStep.SEND_LETTER


def test_a_download_waits_ten_days_and_then_becomes_a_letter():
    facts = {"provided_on": date(2026, 11, 10), "notified_on": date(2026, 11, 10), "consent": True}
    last_moment = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)

    waiting = _served("HVwVfG", "portal_abruf", at=last_moment, **facts)
    over = _served("HVwVfG", "portal_abruf", at=datetime(2026, 11, 20, 23, 0, tzinfo=UTC), **facts)

    assert (waiting.next_step, waiting.next_by) == (NextStep.AWAIT_DOWNLOAD, date(2026, 11, 20))
    assert (over.next_step, over.served_on) == (NextStep.SEND_LETTER, None)
    assert "nicht bekannt gegeben" in over.reason


def test_a_download_after_the_ten_days_does_not_serve():
    outcome = _served("HVwVfG", "portal_abruf", provided_on=date(2026, 11, 10), notified_on=date(2026, 11, 10),
                      fetched_on=date(2026, 11, 23), consent=True)  # fmt: skip

    assert outcome.next_step is NextStep.SEND_LETTER


def test_no_notice_means_no_service_on_every_channel_that_needs_one():
    for code, channel in (("AO/KAG", "portal_abruf"), ("SGB X", "portal_abruf"), ("HVwVfG", "nutzerkonto_postfach")):
        outcome = _served(code, channel, provided_on=date(2026, 11, 20), consent=True)

        assert (outcome.served_on, outcome.next_step) == (None, NextStep.NOTIFY), code


def test_a_tax_download_needs_consent_in_2026_and_none_from_2027():
    this_year = {"provided_on": date(2026, 12, 30), "notified_on": date(2026, 12, 30)}
    next_year = {"provided_on": date(2027, 1, 4), "notified_on": date(2027, 1, 4)}

    assert _served("AO/KAG", "portal_abruf", **this_year).next_step is NextStep.SEND_LETTER
    assert _served("AO/KAG", "portal_abruf", consent=True, **this_year).served_on == date(2027, 1, 4)
    assert _served("AO/KAG", "portal_abruf", **next_year).served_on == date(2027, 1, 8)
    assert _served("AO/KAG", "portal_abruf", consent=False, **next_year).next_step is NextStep.SEND_LETTER


def test_a_tax_matter_declared_on_paper_needs_consent_in_2027_too():
    facts = {"provided_on": date(2027, 1, 4), "notified_on": date(2027, 1, 4), "declared_electronically": False}

    assert _served("AO/KAG", "portal_abruf", **facts).next_step is NextStep.SEND_LETTER
    assert _served("AO/KAG", "portal_abruf", consent=True, **facts).served_on == date(2027, 1, 8)


def test_the_question_about_hesskag_and_122a_stays_open():
    outcome = _served("AO/KAG", "portal_abruf", provided_on=date(2027, 1, 4), notified_on=date(2027, 1, 4))

    assert outcome.is_open
    assert outcome.open_points == ("Verweist § 4 HessKAG auf § 122a AO?",)


def test_a_notice_later_than_the_provision_gives_both_days():
    outcome = _served("AO/KAG", "portal_abruf", provided_on=date(2027, 1, 4), notified_on=date(2027, 1, 6))

    assert (outcome.earliest_on, outcome.served_on) == (date(2027, 1, 8), date(2027, 1, 11))


def test_the_postfach_serves_on_the_fourth_day_read_or_not():
    facts = {"provided_on": date(2026, 12, 23), "notified_on": date(2026, 12, 23)}

    assert _served("HVwVfG", "nutzerkonto_postfach", **facts).served_on == date(2026, 12, 27)
    assert _served("HVwVfG", "nutzerkonto_postfach", consent=False, **facts).next_step is NextStep.SEND_LETTER


def test_social_law_counts_from_the_notice_and_from_the_download_when_the_notice_is_disputed():
    facts = {"provided_on": date(2026, 11, 2), "notified_on": date(2026, 11, 3), "consent": True}

    assert _served("SGB X", "portal_abruf", **facts).served_on == date(2026, 11, 7)
    disputed = _served("SGB X", "portal_abruf", disputed=True, fetched_on=date(2026, 11, 19), **facts)
    assert disputed.served_on == date(2026, 11, 19)
    unread = _served("SGB X", "portal_abruf", disputed=True, **facts)
    assert (unread.served_on, unread.next_step) == (None, NextStep.AWAIT_DOWNLOAD)


def test_a_tax_letter_abroad_takes_a_month_and_an_administrative_one_proof():
    assert _served("AO/KAG", "brief_ausland", posted_on=date(2026, 11, 23)).served_on == date(2026, 12, 23)
    waiting = _served("HVwVfG", "brief_ausland", posted_on=date(2026, 11, 23))
    assert waiting.next_step is NextStep.RECORD_RECEIPT
    proven = _served("HVwVfG", "brief_ausland", posted_on=date(2026, 11, 23), received_on=date(2026, 12, 5))
    assert proven.served_on == date(2026, 12, 5)


def test_formal_service_counts_the_day_of_the_receipt():
    assert _served("AO/KAG", "zustellung", received_on=date(2026, 11, 21)).served_on == date(2026, 11, 21)
    assert _served("HVwVfG", "zustellung_urkunde").next_step is NextStep.RECORD_RECEIPT


def test_electronic_formal_service_is_a_fiction_unless_the_receipt_comes_earlier():
    assert _served("HVwVfG", "zustellung_elektronisch", sent_on=date(2026, 11, 2)).served_on == date(2026, 11, 6)
    receipt = _served("HVwVfG", "zustellung_elektronisch", sent_on=date(2026, 11, 2), received_on=date(2026, 11, 3))
    assert receipt.served_on == date(2026, 11, 3)
    assert "früher belegt" in receipt.reason


def test_public_announcement_takes_two_weeks_or_the_day_it_names():
    assert _served("HVwVfG", "oeffentlich", published_on=date(2026, 11, 2)).served_on == date(2026, 11, 16)
    own = _served("HVwVfG", "oeffentlich", published_on=date(2026, 11, 2), own_day_on=date(2026, 11, 3))
    assert own.served_on == date(2026, 11, 3)
    with pytest.raises(ValueError, match="later than"):
        _served("HVwVfG", "oeffentlich", published_on=date(2026, 11, 2), own_day_on=date(2026, 11, 2))


def test_the_old_three_days_apply_to_what_was_posted_before_2025():
    assert _served("AO/KAG", "brief", posted_on=date(2024, 12, 30)).served_on == date(2025, 1, 2)
    assert _served("SGB X", "brief", posted_on=date(2024, 12, 31)).served_on == date(2025, 1, 3)
    assert _served("SGB X", "brief", posted_on=date(2025, 1, 1)).served_on == date(2025, 1, 5)


def test_consent_is_asked_by_channel_and_date():
    assert consent("AO/KAG", "portal_abruf", on=date(2026, 12, 31)) is Consent.REQUIRED
    assert consent("AO/KAG", "portal_abruf", on=date(2027, 1, 1)) is Consent.OPT_OUT
    assert consent("HVwVfG", "nutzerkonto_postfach", on=date(2026, 12, 31)) is Consent.PRESUMED
    assert consent("AO/KAG", "brief", on=date(2026, 12, 31)) is Consent.NONE


def test_a_combination_without_a_rule_is_unknown():
    with pytest.raises(LawUnknown):
        _served("HVwVfG", "nutzerkonto_postfach", provided_on=date(2019, 5, 1))
    with pytest.raises(ValueError, match="quasi"):
        _served("quasi", "brief")


def test_no_remedy_period_runs_without_service():
    with pytest.raises(ValueError, match="not served"):
        remedy_period(_served("AO/KAG", "brief"), verfahrensrecht="AO/KAG")


def test_the_outcome_is_kept_as_plain_json():
    kept = _served("HVwVfG", "brief", posted_on=date(2026, 11, 23)).to_json()

    assert kept["served_on"] == "2026-11-27"
    assert len(kept["readings"]) == 4
    assert _served("AO/KAG", "brief").to_json()["next_step"] == "absendung_erfassen"


def _every_rule() -> list[ServiceRule]:
    days = [date(2026, 6, 1), date(2027, 6, 1)]
    found = []
    for code in Verfahrensrecht:
        for channel in Channel:
            for on in days:
                found += service_rules(code, channel, on=on)
    return found


def test_every_code_has_a_rule_for_every_channel_today_and_after_the_change():
    assert len(_every_rule()) >= len(Verfahrensrecht) * len(Channel) * 2


def test_no_hessian_rule_cites_the_federal_act():
    hessian = [rule for rule in _every_rule() if rule.jurisdiction == "DE-HE"]

    assert [rule.norm for rule in hessian if foreign_norms(f"{rule.norm} {rule.shift_norm}")] == []


def test_every_rule_names_its_source_and_known_columns():
    columns = set(ServiceRule.__dataclass_fields__) | {"shift_norm_by"}
    for row in read("bekanntgabe")["rule"]:
        assert row["source"], row["id"]
        assert set(row) <= columns, row["id"]
        assert row["event"] in Facts.__dataclass_fields__
        assert row["shift"] in {"none", "working_day", "open"}
        assert row["shift"] == "none" or row.get("shift_norm") or set(row["shift_norm_by"]) == set(row["norm"])


@pytest.mark.parametrize(
    ("law", "wording"),
    [
        ("VwVfG-BJNR012530976", "gilt am vierten Tag nach der Aufgabe zur Post als bekannt gegeben"),
        ("VwVfG-BJNR012530976", "gilt am Tag nach dem Abruf als bekannt gegeben"),
        ("VwVfG-BJNR012530976", "nicht innerhalb von zehn Tagen nach Absendung einer Benachrichtigung"),
        ("VwVfG-BJNR012530976", "gilt zwei Wochen nach der ortsüblichen Bekanntmachung als bekannt gegeben"),
        ("OZG-BJNR313800017", "gilt am vierten Tag nach der Bereitstellung zum Abruf als bekannt gegeben"),
        ("VwZG-BJNR235410005", "am vierten Tag nach der Absendung an den vom Empfänger hierfür eröffneten Zugang"),
        ("VwGO-BJNR000170960", "innerhalb eines Monats, nachdem der Verwaltungsakt dem Beschwerten bekanntgegeben"),
        ("VwGO-BJNR000170960", "nur innerhalb eines Jahres seit Zustellung, Eröffnung oder Verkündung zulässig"),
        ("VwGO-BJNR000170960", "bei der Anforderung von öffentlichen Abgaben und Kosten"),
    ],
)
def test_the_wording_behind_the_tables_still_stands_in_the_statute(law, wording):
    assert wording in shared(f"egov/law-texts-federal/laws/{law}.md").read_text("utf-8")
