"""Account numbers in what people read: shortened for everybody but the Kasse."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from forms.formats import read_iban
from forms.summary import PageSummary

_LIKELY: Final = re.compile(r"\b[A-Za-z]{2}[0-9]{2}(?:[ ]?[A-Za-z0-9]){11,40}\b")


def mask_iban(iban: str) -> str:
    """Return "DE02 **** 2051" for an IBAN without blanks."""
    return f"{iban[:4]} **** {iban[-4:]}"


def mask_text(text: str) -> str:
    """Return the text with every valid IBAN shortened, wherever it stands and however it is grouped."""
    return _LIKELY.sub(lambda found: _masked(found[0]), text)


def mask_pages(pages: Iterable[PageSummary]) -> tuple[PageSummary, ...]:
    """Return a summary of a form with every IBAN in its answers shortened."""
    return tuple(
        replace(
            page,
            sections=tuple(
                replace(section, answers=tuple(replace(one, text=mask_text(one.text)) for one in section.answers))
                for section in page.sections
            ),
        )
        for page in pages
    )


def _masked(found: str) -> str:
    """Words may follow that look like more of it: the longest beginning that is an IBAN counts."""
    words = found.split(" ")
    for count in range(len(words), 0, -1):
        iban = read_iban(" ".join(words[:count]))
        if iban is not None:
            return " ".join([mask_iban(iban), *words[count:]])
    return found
