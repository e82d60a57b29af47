from datetime import date

import pytest

from engine.law import LawUnknown, Verfahrensrecht, foreign_norms, norm, norms

TODAY = date(2026, 11, 24)

# DOMAIN.md, "Law by Verfahrensrecht, jurisdiction and date".
_TABLE = {
    "anhoerung": ("§ 91 AO", "§ 28 HVwVfG", "§ 24 SGB X"),
    "fristen": ("§ 108 AO", "§ 31 HVwVfG", "§ 26 SGB X"),
    "begruendung": ("§ 121 AO", "§ 39 HVwVfG", "§ 35 SGB X"),
    "inhalt": ("§ 157 AO", "§ 37 HVwVfG", "§ 33 SGB X"),
    "ermittlung": ("§ 88 AO", "§ 24 HVwVfG", "§ 20 SGB X"),
    "fristverlaengerung": ("§ 109 AO", "§ 31 Abs. 7 HVwVfG", "§ 26 Abs. 7 SGB X"),
    "ausschluss": ("§ 82 AO", "§ 20 HVwVfG", "§ 16 SGB X"),
    "geheimnis": ("§ 30 AO", "§ 30 HVwVfG", "§ 35 SGB I"),
}


@pytest.mark.parametrize("topic", _TABLE)
def test_each_topic_has_the_norm_of_its_verfahrensrecht(topic):
    cited = tuple(norm(topic, code, on=TODAY).cite for code in ("AO/KAG", "HVwVfG", "SGB X"))

    assert cited == _TABLE[topic]


def test_a_tax_norm_names_the_law_through_which_the_code_applies():
    assert norm("inhalt", "AO/KAG", on=TODAY).full == "§ 157 AO i. V. m. § 4 HessKAG"
    assert norm("inhalt", "HVwVfG", on=TODAY).full == "§ 37 HVwVfG"


def test_a_topic_that_a_code_does_not_know_is_unknown():
    with pytest.raises(LawUnknown):
        norm("schaetzung", "HVwVfG", on=TODAY)
    with pytest.raises(LawUnknown):
        norm("inhalt", "HVwVfG", jurisdiction="DE-BY", on=TODAY)


def test_all_norms_of_a_code_come_by_topic():
    assert norms("SGB X", on=TODAY)["geheimnis"].note == "Sozialgeheimnis"


@pytest.mark.parametrize("code", [Verfahrensrecht.HVWVFG, Verfahrensrecht.AO_KAG])
def test_no_norm_of_a_hessian_procedure_cites_the_federal_act(code):
    printed = " ".join(f"{one.full} {one.note} {one.parts}" for one in norms(code, on=TODAY).values())

    assert foreign_norms(printed) == []


@pytest.mark.parametrize(
    "text",
    [
        "nach § 41 VwVfG",
        "§41VwVfG",
        "(VwVfG)",
        "§ 41 LVwVfG",
        "§ 28 BayVwVfG gilt",
        "des Verwaltungsverfahrensgesetzes",
        "das Verwaltungsverfahrensgesetz",
    ],
)
def test_another_legislators_act_is_found_in_a_hessian_text(text):
    assert foreign_norms(text)


@pytest.mark.parametrize(
    "text",
    [
        "nach § 41 HVwVfG",
        "des Hessischen Verwaltungsverfahrensgesetzes",
        "§ 70 VwGO",
        "Hessisches Verwaltungsverfahrensgesetz",
    ],
)
def test_the_hessian_act_may_be_cited(text):
    assert foreign_norms(text) == []


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("AO via HessKAG", Verfahrensrecht.AO_KAG),
        ("AO/KAG", Verfahrensrecht.AO_KAG),
        ("ao_kag", Verfahrensrecht.AO_KAG),
        ("SGB X", Verfahrensrecht.SGB_X),
        ("HVwVfG", Verfahrensrecht.HVWVFG),
    ],
)
def test_usual_spellings_of_a_verfahrensrecht_are_read(spelling, code):
    assert Verfahrensrecht(spelling) is code
