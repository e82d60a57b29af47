"""Who writes to whom about what: the fixed parts around a letter's body."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Sender:
    """The office as the letterhead shows it; `place` is postcode and town."""

    city: str
    office: str
    street: str
    place: str
    phone: str | None = None
    email: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """Everything of a letter that is neither its body nor law.

    `addressee` are the lines of the address field, name first, at most six. `signatory` is the person whose name stands
    under the letter (§ 37 Abs. 3 HVwVfG, § 119 Abs. 3 AO); `clerk` the one to ask. `day` is the letter's Berlin date.
    """

    sender: Sender
    addressee: tuple[str, ...]
    aktenzeichen: str
    day: date
    kassenzeichen: str | None = None
    clerk: str | None = None
    signatory: str | None = None
