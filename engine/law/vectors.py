"""Runs test vectors for service and periods: a CSV with a semicolon, one case a row, and what a lawyer expects.

Columns: id, regime, ereignis, ereignisdatum, bekanntgabe_oder_beginn, regel, fristlaenge, ende_ohne_verschiebung,
fristende, norm, bemerkung. Only regime, ereignis, ereignisdatum and fristlaenge are read as the question; the dates
are what the law package has to find by itself.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from engine.law.bekanntgabe import Facts, served, service_rules
from engine.law.fristen import Period, period_end
from engine.law.values import Channel, LawUnknown, Verfahrensrecht

NOT_SERVED = "nicht bekannt gegeben"
_MUCH_LATER = datetime(2100, 1, 1, tzinfo=UTC)  # every period that may still run is over
COLUMNS = ("id", "regime", "ereignis", "ereignisdatum", "bekanntgabe_oder_beginn", "fristlaenge",
           "ende_ohne_verschiebung", "fristende")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One expected value that came out otherwise; `computed` holds the reason if nothing could be computed."""

    id: str
    column: str
    expected: str
    computed: str


@dataclass(frozen=True, slots=True)
class Report:
    """How many rows agree in every date."""

    passed: int
    total: int
    differences: tuple[Difference, ...]


def run(text: str, *, jurisdiction: str = "DE-HE") -> Report:
    """Compute every row of a vector file; raises ValueError if columns are missing."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"columns missing: {', '.join(missing)}")
    rows = list(reader)
    differences = [_differences(row, jurisdiction) for row in rows]
    return Report(
        passed=sum(not found for found in differences),
        total=len(rows),
        differences=tuple(one for found in differences for one in found),
    )


def _differences(row: Mapping[str, str | None], jurisdiction: str) -> list[Difference]:
    name = _cell(row, "id")
    try:
        computed = _compute(row, jurisdiction)
    except (LawUnknown, ValueError) as error:
        return [Difference(name, "regime", _cell(row, "regime"), str(error))]
    expected = {column: _cell(row, column) for column in computed if _cell(row, column)}
    if not expected:
        return [Difference(name, "fristende", "", computed["fristende"])]
    return [
        Difference(name, column, wanted, computed[column])
        for column, wanted in expected.items()
        if not _agrees(wanted, computed[column])
    ]


def _agrees(wanted: str, computed: str) -> bool:
    return wanted == computed or (computed == NOT_SERVED and wanted.lower().startswith("nicht"))


def _compute(row: Mapping[str, str | None], jurisdiction: str) -> dict[str, str]:
    event_on = date.fromisoformat(_cell(row, "ereignisdatum"))
    words = f"{_cell(row, 'regime')} {_cell(row, 'ereignis')}".lower()
    code = _verfahrensrecht(words)
    channel = _channel(words)
    begins_on: date | None = event_on
    if channel is not None:
        begins_on = _served_on(words, code, channel, event_on, jurisdiction)
    if begins_on is None:
        return dict.fromkeys(("bekanntgabe_oder_beginn", "ende_ohne_verschiebung", "fristende"), NOT_SERVED)
    length = Period.parse(_cell(row, "fristlaenge"))
    frist = period_end(begins_on, length, verfahrensrecht=code, jurisdiction=jurisdiction)
    return {
        "bekanntgabe_oder_beginn": begins_on.isoformat(),
        "ende_ohne_verschiebung": frist.counted_end_on.isoformat(),
        "fristende": frist.ends_on.isoformat(),
    }


def _served_on(words: str, code: Verfahrensrecht, channel: Channel, event_on: date, jurisdiction: str) -> date | None:
    """The day under the reading that the row asks for (its number of days), else under the majority's, the first."""
    rule = service_rules(code, channel, jurisdiction=jurisdiction, on=event_on)[0]
    given = {rule.event, *(("provided_on", "notified_on") if rule.consent != "none" else ())}
    if re.search(r"kein abruf|nicht abgerufen", words):
        given.discard("fetched_on")
    facts = Facts(**dict.fromkeys(given, event_on), consent=True)  # type: ignore[arg-type]
    readings = served(code, channel, facts, jurisdiction=jurisdiction, at=_MUCH_LATER).readings
    days = re.search(r"(\d+) ?tage", words)
    wanted = [one for one in readings if days and one.rule_id.endswith(f"-{days[1]}")]
    return (wanted or readings)[0].served_on if readings else None


def _verfahrensrecht(words: str) -> Verfahrensrecht:
    for pattern, code in _CODES:
        if re.search(pattern, words):
            return code
    return Verfahrensrecht.VWVFG


def _channel(words: str) -> Channel | None:
    """None for a period without service (set by an office, or by a statute such as § 42a)."""
    for pattern, channel in _CHANNELS:
        if re.search(pattern, words):
            return channel
    return None


def _cell(row: Mapping[str, str | None], column: str) -> str:
    return (row.get(column) or "").strip()


_CODES = (
    (r"\bsgb", Verfahrensrecht.SGB_X),
    (r"\bao\b|abgaben|steuer|\bkag\b|122a", Verfahrensrecht.AO_KAG),
    (r"hvwvfg|landesrecht|hessen", Verfahrensrecht.HVWVFG),
)
_CHANNELS = (
    (r"genehmigungsfiktion|beh(ö|oe)rdliche frist|gesetzte frist", None),
    (r"ausland", Channel.BRIEF_AUSLAND),
    (r"urkunde", Channel.ZUSTELLUNG_URKUNDE),
    (r"einschreiben", Channel.ZUSTELLUNG_EINSCHREIBEN),
    (r"elektronische zustellung", Channel.ZUSTELLUNG_ELEKTRONISCH),
    (r"empfangsbekenntnis|zustellung", Channel.ZUSTELLUNG_EMPFANGSBEKENNTNIS),
    (r"(ö|oe)ffentlich|bekanntmachung", Channel.OEFFENTLICH),
    (r"postfach", Channel.NUTZERKONTO_POSTFACH),
    (r"abruf|bereitstellung|122a", Channel.PORTAL_ABRUF),
    (r"elektronisch|e-mail", Channel.ELEKTRONISCH),
    (r"post|brief", Channel.BRIEF),
)
