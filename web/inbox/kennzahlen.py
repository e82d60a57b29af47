"""`/inbox/kennzahlen`: how the office stands, for its head: tables, pictures of them, and the same as CSV."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from typing import Final

from flask import Blueprint, Response, render_template

from engine import kennzahlen
from engine.kennzahlen import AGES_DAYS, Figures
from web import access
from web.auth import current_actor
from web.formats import local
from web.inbox import notices
from web.site import house, now

blueprint = Blueprint("kennzahlen", __name__, url_prefix="/inbox/kennzahlen")

LEAD: Final = "leitung"
AGES: Final = (
    f"bis {AGES_DAYS[0]} Tage",
    *(f"{low + 1} bis {high} Tage" for low, high in pairwise(AGES_DAYS)),
    f"über {AGES_DAYS[-1]} Tage",
)
_COLUMNS: Final = (
    "Verfahren",
    "Offen",
    *(f"Offen {age}" for age in AGES),
    "Mit überfälliger Aufgabe",
    "Eingegangen in 12 Monaten",
    "Davon mit Rückfrage",
    "Entschieden in 12 Monaten",
    "Median bis zur Entscheidung in Tagen",
    "Fristen eingehalten",
    "Fristen versäumt",
)
_BAR_WIDTH: Final = 280
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a picture; `width` in its units, `y` the top."""

    label: str
    count: int
    width: int
    y: int


@blueprint.get("")
@access.staff(LEAD)
def index() -> str:
    at = now()
    figures = kennzahlen.of_offices(house(), by=current_actor(), at=at)
    ages = [sum(one.ages[place] for one in figures) for place in range(len(AGES))]
    return render_template(
        "inbox/kennzahlen.html",
        figures=figures,
        ages=list(zip(AGES, ages, strict=True)),
        age_bars=_bars(list(zip(AGES, ages, strict=True))),
        open_bars=_bars([(one.title, one.open) for one in figures]),
        bar_width=_BAR_WIDTH,
        at=at,
        since=at - kennzahlen.PERIOD,
        list_address=notices.list_address(),
    )


@blueprint.get("/kennzahlen.csv")
@access.staff(LEAD)
def as_csv() -> Response:
    """The same for a spreadsheet: semicolons and a byte order mark, as German ones expect."""
    at = now()
    lines = StringIO()
    writer = csv.writer(lines, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows(
        [safe_cell(cell) for cell in _row(one)] for one in kennzahlen.of_offices(house(), by=current_actor(), at=at)
    )
    response = Response("\ufeff" + lines.getvalue(), mimetype="text/csv")
    name = f"Kennzahlen {local(at):%Y-%m-%d}.csv"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def safe_cell(value: object) -> str:
    """Return what a spreadsheet shows and never computes: text that looks like a formula gets an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def _row(one: Figures) -> tuple[object, ...]:
    past = (one.received, one.asked, one.decided, one.median_days, one.kept, one.missed)
    return (one.title, one.open, *one.ages, one.overdue, *past)


def _bars(counts: Sequence[tuple[str, int]]) -> list[Bar]:
    most = max((count for _, count in counts), default=0) or 1
    return [
        Bar(label, count, width=count * _BAR_WIDTH // most, y=place * 44) for place, (label, count) in enumerate(counts)
    ]
