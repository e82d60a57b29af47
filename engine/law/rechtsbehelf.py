"""The remedy against a decision: its period, its effect, and the instruction that a letter prints.

The instruction is generated from the table `rechtsbehelf.toml` and names a period, never a date: a missing or wrong
instruction gives a year instead of a month (§ 58 Abs. 2 VwGO).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.law.bekanntgabe import Bekanntgabe
from engine.law.fristen import Counting, Frist, Period, count_period, day_after, latest, period_end
from engine.law.tables import in_force, read
from engine.law.values import LawUnknown, Verfahrensrecht
from engine.law.workdays import add_working_days


class RemedyKind(StrEnum):
    """Which remedy a procedure has; the Land decides where the Widerspruch is dropped (HessAGVwGO § 16a annex)."""

    WIDERSPRUCH = "widerspruch"
    KLAGE = "klage"
    WIDERSPRUCH_SGG = "widerspruch_sgg"


class Instruction(StrEnum):
    """Whether the decision carried a right instruction about the remedy."""

    GIVEN = "given"
    MISSING_OR_WRONG = "missing_or_wrong"


class Abgabe(StrEnum):
    """What kind of public charge a decision demands."""

    STEUER = "steuer"
    GEBUEHR = "gebuehr"
    BEITRAG = "beitrag"


@dataclass(frozen=True, slots=True)
class Office:
    """Where a remedy is filed. `address` is one line; `email` and `portal_url` only if that access has been opened."""

    name: str
    address: str
    email: str | None = None
    portal_url: str | None = None

    def line(self) -> str:
        return f"{self.name}, {self.address}"


@dataclass(frozen=True, slots=True)
class Block:
    """A locked part of a letter: plain text, nobody edits it. `key` is stable."""

    key: str
    heading: str
    paragraphs: tuple[str, ...]
    norm: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """One row of the table for one Verfahrensrecht."""

    kind: RemedyKind
    verfahrensrecht: Verfahrensrecht
    jurisdiction: str
    period: Period
    norm: str
    wrong_period: Period
    wrong_norm: str
    basis: str
    sentence: str
    where: str
    forms: tuple[str, ...]
    source: str
    counting: Counting | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    review: str | None = None


def remedy(
    verfahrensrecht: Verfahrensrecht | str,
    *,
    jurisdiction: str = "DE-HE",
    on: date,
    kind: RemedyKind | str = RemedyKind.WIDERSPRUCH,
) -> Remedy:
    """Return the remedy of that kind; raises LawUnknown where the Verfahrensrecht does not know it."""
    code, wanted = Verfahrensrecht(verfahrensrecht), RemedyKind(kind)
    rows = [row for row in _REMEDIES if row.verfahrensrecht is code and row.kind is wanted]
    found = in_force(rows, jurisdiction=jurisdiction, on=on)
    if not found:
        raise LawUnknown("remedy", verfahrensrecht=code.value, kind=wanted.value, jurisdiction=jurisdiction, on=on)
    return found[0]


def remedy_period(
    bekanntgabe: Bekanntgabe | date,
    *,
    verfahrensrecht: Verfahrensrecht | str,
    jurisdiction: str = "DE-HE",
    kind: RemedyKind | str = RemedyKind.WIDERSPRUCH,
    instruction: Instruction = Instruction.GIVEN,
) -> Frist:
    """Return the period for the remedy against a decision served as `bekanntgabe` says (or on that day).

    One month; one year if the instruction is missing or wrong. Where readings of the law differ about the day of
    service, `ends_on` and `over_at` follow the latest and `safe_on` the earliest. Raises ValueError if not served.
    """
    days = _days_of_service(bekanntgabe)
    rule = remedy(verfahrensrecht, jurisdiction=jurisdiction, on=days[0], kind=kind)
    given = instruction is Instruction.GIVEN
    period, own_norm = (rule.period, rule.norm) if given else (rule.wrong_period, rule.wrong_norm)
    if rule.counting is None:
        ends = [period_end(day, period, verfahrensrecht=verfahrensrecht, jurisdiction=jurisdiction) for day in days]
    else:
        ends = [count_period(day, period, rule.counting, jurisdiction=jurisdiction) for day in days]
    return _with_norm(latest(ends), own_norm, wrong=not given)


def remedy_instruction(
    office: Office,
    *,
    verfahrensrecht: Verfahrensrecht | str,
    jurisdiction: str = "DE-HE",
    on: date,
    kind: RemedyKind | str = RemedyKind.WIDERSPRUCH,
) -> Block:
    """Return the Rechtsbehelfsbelehrung: remedy, office with seat, period, every form that is open; never a date."""
    rule = remedy(verfahrensrecht, jurisdiction=jurisdiction, on=on, kind=kind)
    forms = [_FORMS[key] for key in rule.forms if _is_offered(_FORMS[key], office)]
    contact = {"email": office.email or "", "portal_url": office.portal_url or ""}
    details = " ".join(form["detail"].format_map(contact) for form in forms if "detail" in form)
    paragraphs = [
        rule.sentence.format_map({"within": rule.period.within()}),
        rule.where.format_map({"forms": _or([form["text"] for form in forms]), "office": office.line()}),
        details,
    ]
    return Block(
        key="rechtsbehelfsbelehrung",
        heading="Rechtsbehelfsbelehrung",
        paragraphs=tuple(text for text in paragraphs if text),
        norm=rule.basis,
    )


def no_suspension(abgabe: Abgabe | str | None, *, jurisdiction: str = "DE-HE", on: date) -> Block | None:
    """Return the notice that a remedy does not stop payment, or None where it does stop the decision."""
    if abgabe is None:
        return None
    rows = [row for row in _NO_SUSPENSION if Abgabe(abgabe).value in row.abgabe]
    found = in_force(rows, jurisdiction=jurisdiction, on=on)
    if not found:
        return None
    row = found[0]
    paragraphs = tuple(text.format_map({"norm": row.norm}) for text in row.text)
    return Block(key="keine_aufschiebende_wirkung", heading=row.heading, paragraphs=paragraphs, norm=row.norm)


def legal_basis(norms: Sequence[str]) -> Block:
    """Return the block that names what the decision rests on: statutes and the Satzung with its version."""
    return Block(key="rechtsgrundlage", heading="Rechtsgrundlagen", paragraphs=tuple(norms), norm="; ".join(norms))


def legal_blocks(
    office: Office,
    *,
    verfahrensrecht: Verfahrensrecht | str,
    jurisdiction: str = "DE-HE",
    on: date,
    basis: Sequence[str],
    abgabe: Abgabe | str | None = None,
    kind: RemedyKind | str = RemedyKind.WIDERSPRUCH,
) -> tuple[Block, ...]:
    """Return the locked parts of a decision in the order of printing; the remedy instruction is last."""
    payment = no_suspension(abgabe, jurisdiction=jurisdiction, on=on)
    instruction = remedy_instruction(
        office, verfahrensrecht=verfahrensrecht, jurisdiction=jurisdiction, on=on, kind=kind
    )
    return (legal_basis(basis), *((payment,) if payment else ()), instruction)


def final_noted_at(frist: Frist | date, *, jurisdiction: str = "DE-HE") -> datetime:
    """Return when finality may be noted (UTC): after the period and a mail delay; a remedy may be in the post.

    A date is the last day of the period.
    """
    end = frist if isinstance(frist, date) else frist.ends_on
    found = in_force(_MAIL_DELAYS, jurisdiction=jurisdiction, on=end)
    if not found:
        raise LawUnknown("mail_delay", jurisdiction=jurisdiction, on=end)
    return day_after(add_working_days(end, found[0].working_days, jurisdiction))


def _days_of_service(bekanntgabe: Bekanntgabe | date) -> list[date]:
    if isinstance(bekanntgabe, date):
        return [bekanntgabe]
    if bekanntgabe.served_on is None:
        raise ValueError("not served: no remedy period runs")
    return sorted({reading.served_on for reading in bekanntgabe.readings})


def _with_norm(frist: Frist, own_norm: str, *, wrong: bool) -> Frist:
    why = "Die Rechtsbehelfsbelehrung fehlt oder ist unrichtig, deshalb gilt die Jahresfrist. " if wrong else ""
    return Frist(
        period=frist.period,
        begins_on=frist.begins_on,
        counted_end_on=frist.counted_end_on,
        ends_on=frist.ends_on,
        safe_on=frist.safe_on,
        over_at=frist.over_at,
        norm=f"{own_norm}; {frist.norm}",
        reason=f"{why}{frist.reason}",
    )


def _is_offered(form: dict[str, str], office: Office) -> bool:
    needs = form.get("needs")
    return needs is None or bool({"email": office.email, "portal_url": office.portal_url}[needs])


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} oder {words[-1]}"


@dataclass(frozen=True, slots=True)
class _NoSuspension:
    jurisdiction: str
    abgabe: list[str]
    norm: str
    heading: str
    text: list[str]
    source: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class _MailDelay:
    jurisdiction: str
    working_days: int
    source: str
    valid_from: date | None = None
    valid_to: date | None = None


_TABLE = read("rechtsbehelf")
_FORMS: dict[str, dict[str, str]] = {row["key"]: row for row in _TABLE["form"]}
_NO_SUSPENSION = tuple(_NoSuspension(**row) for row in _TABLE["no_suspension"])
_MAIL_DELAYS = tuple(_MailDelay(**row) for row in _TABLE["mail_delay"])
_REMEDIES = tuple(
    Remedy(
        kind=RemedyKind(row["kind"]),
        verfahrensrecht=Verfahrensrecht(code),
        jurisdiction=row["jurisdiction"],
        period=Period.parse(row["period"]),
        norm=row["norm"],
        wrong_period=Period.parse(row["wrong_period"]),
        wrong_norm=row["wrong_norm"],
        basis=row["basis"],
        sentence=row["sentence"],
        where=row["where"],
        forms=tuple(row["forms"]),
        source=row["source"],
        counting=Counting(**row["counting"]) if "counting" in row else None,
        valid_from=row.get("valid_from"),
        valid_to=row.get("valid_to"),
        review=row.get("review"),
    )
    for row in _TABLE["remedy"]
    for code in row["verfahrensrecht"]
)
