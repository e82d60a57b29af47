"""Words and small values that every part of the law package uses."""

import re
from datetime import date
from enum import StrEnum


class Verfahrensrecht(StrEnum):
    """Which procedural code a procedure follows; a property of the procedure, not of the case.

    Reads every usual spelling: `Verfahrensrecht("AO via HessKAG")`, `("AO/KAG")`, `("SGB X")`, `("HVwVfG")`.
    """

    HVWVFG = "hvwvfg"
    AO_KAG = "ao_kag"
    SGB_X = "sgb_x"
    VWVFG = "vwvfg"

    @classmethod
    def _missing_(cls, value: object) -> "Verfahrensrecht | None":
        return _SPELLINGS.get(re.sub(r"[^a-z]", "", str(value).lower()))


_SPELLINGS = {
    "hvwvfg": Verfahrensrecht.HVWVFG,
    "ao": Verfahrensrecht.AO_KAG,
    "aokag": Verfahrensrecht.AO_KAG,
    "aohesskag": Verfahrensrecht.AO_KAG,
    "aoviakag": Verfahrensrecht.AO_KAG,
    "aoviahesskag": Verfahrensrecht.AO_KAG,
    "kag": Verfahrensrecht.AO_KAG,
    "hesskag": Verfahrensrecht.AO_KAG,
    "sgbx": Verfahrensrecht.SGB_X,
    "vwvfg": Verfahrensrecht.VWVFG,
}


class Channel(StrEnum):
    """How a decision reaches somebody; a property of each single service."""

    BRIEF = "brief"
    BRIEF_AUSLAND = "brief_ausland"
    PORTAL_ABRUF = "portal_abruf"
    NUTZERKONTO_POSTFACH = "nutzerkonto_postfach"
    ELEKTRONISCH = "elektronisch"
    ZUSTELLUNG_EMPFANGSBEKENNTNIS = "zustellung"
    ZUSTELLUNG_ELEKTRONISCH = "zustellung_elektronisch"
    ZUSTELLUNG_EINSCHREIBEN = "zustellung_einschreiben"
    ZUSTELLUNG_URKUNDE = "zustellung_urkunde"
    OEFFENTLICH = "oeffentlich"


class LawUnknown(LookupError):
    """The tables hold no rule for this question; nothing is guessed.

    `topic` says which table was asked, `key` what was asked.
    """

    def __init__(self, topic: str, /, **key: object) -> None:
        shown = ", ".join(f"{name}={value}" for name, value in key.items())
        super().__init__(f"no rule for {topic}: {shown}")
        self.topic = topic
        self.key = key


_WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")


def german_date(day: date) -> str:
    return f"{day.day:02}.{day.month:02}.{day.year}"


def german_weekday(day: date) -> str:
    return _WEEKDAYS[day.weekday()]


def german_day(day: date) -> str:
    """For example "Montag, 07.12.2026"."""
    return f"{german_weekday(day)}, {german_date(day)}"
