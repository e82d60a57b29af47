"""The law's clock: holidays, periods, service, norms and remedies, as dated tables with a reason in every answer.

Pure: no clock, no database, no network; the tables of `tables/` are read once at import. Usual path of a case:

    b = served("AO/KAG", "brief", Facts(posted_on=date(2026, 12, 18)), at=now)       # Bekanntgabe
    f = remedy_period(b, verfahrensrecht="AO/KAG")                                   # Frist: ends_on, over_at (UTC)
    blocks = legal_blocks(office, verfahrensrecht="AO/KAG", on=today, basis=[...], abgabe="steuer")
"""

from engine.law.bekanntgabe import Bekanntgabe, Consent, Facts, NextStep, Reading, consent, served
from engine.law.citations import Norm, foreign_norms, norm, norms
from engine.law.fristen import Beginning, Ending, Frist, Period, Unit, berlin_date, day_after, extend, period_end
from engine.law.rechtsbehelf import (
    Abgabe,
    Block,
    Instruction,
    Office,
    RemedyKind,
    final_noted_at,
    legal_basis,
    legal_blocks,
    no_suspension,
    remedy,
    remedy_instruction,
    remedy_period,
)
from engine.law.service_hours import ServiceHours, add_service_hours
from engine.law.values import Channel, LawUnknown, Verfahrensrecht, german_date, german_day
from engine.law.workdays import (
    add_working_days,
    count_working_days,
    holiday_name,
    holidays,
    is_working_day,
    next_working_day,
)

__all__ = [
    "Abgabe",
    "Beginning",
    "Bekanntgabe",
    "Block",
    "Channel",
    "Consent",
    "Ending",
    "Facts",
    "Frist",
    "Instruction",
    "LawUnknown",
    "NextStep",
    "Norm",
    "Office",
    "Period",
    "Reading",
    "RemedyKind",
    "ServiceHours",
    "Unit",
    "Verfahrensrecht",
    "add_service_hours",
    "add_working_days",
    "berlin_date",
    "consent",
    "count_working_days",
    "day_after",
    "extend",
    "final_noted_at",
    "foreign_norms",
    "german_date",
    "german_day",
    "holiday_name",
    "holidays",
    "is_working_day",
    "legal_basis",
    "legal_blocks",
    "next_working_day",
    "no_suspension",
    "norm",
    "norms",
    "period_end",
    "remedy",
    "remedy_instruction",
    "remedy_period",
    "served",
]
