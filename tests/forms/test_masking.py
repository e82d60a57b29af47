"""An account number is never shown whole to somebody who does not need it."""

import pytest

from forms.masking import mask_pages, mask_text
from forms.summary import Answer, PageSummary, Section


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DE02 1203 0000 0000 2020 51", "DE02 **** 2051"),
        ("DE02120300000000202051", "DE02 **** 2051"),
        ("de02 1203 0000 0000 2020 51", "DE02 **** 2051"),
        ("Bitte von DE02 1203 0000 0000 2020 51 abbuchen", "Bitte von DE02 **** 2051 abbuchen"),
        ("DE02120300000000202051 und DE02120300000000202051", "DE02 **** 2051 und DE02 **** 2051"),
        ("(DE02120300000000202051).", "(DE02 **** 2051)."),
        ("DE03 1203 0000 0000 2020 51", "DE03 1203 0000 0000 2020 51"),
        ("HS-2026-000001-7", "HS-2026-000001-7"),
        ("276 098 106 123 456", "276 098 106 123 456"),
        ("", ""),
    ],
)
def test_every_account_number_in_a_text_is_shortened_and_nothing_else(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_a_summary_keeps_everything_but_the_account_number() -> None:
    iban = Answer(name="iban", label="IBAN", text="DE02 1203 0000 0000 2020 51", given=True)
    name = Answer(name="name", label="Name", text="Erika Muster", given=True)
    page = PageSummary(key="zahlung", title="Zahlung", sections=(Section(title="", answers=(iban, name)),))
    (masked,) = mask_pages([page])
    assert [one.text for one in masked.sections[0].answers] == ["DE02 **** 2051", "Erika Muster"]
    assert (masked.key, masked.title) == ("zahlung", "Zahlung")
