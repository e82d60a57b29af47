"""When a decision counts as served (Bekanntgabe), for every channel, from the dated table `bekanntgabe.toml`.

The remedy period and finality hang on one service, not on the decision: each addressee and each attempt is its own
`Facts`. Where the law is open, every reading is computed; the office relies on the latest day, a citizen is told the
earliest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from engine.law.citations import jurisdiction_of
from engine.law.fristen import Period, Unit, berlin_date, counted_end
from engine.law.tables import in_force, read
from engine.law.values import Channel, LawUnknown, Verfahrensrecht, german_date, german_day, german_weekday
from engine.law.workdays import holiday_name, next_working_day


class Consent(StrEnum):
    """What a channel needs from the addressee before it may be used."""

    NONE = "none"
    REQUIRED = "required"
    PRESUMED = "presumed"
    OPT_OUT = "opt_out"


class NextStep(StrEnum):
    """What somebody has to do so that the service takes effect, or instead of it."""

    RECORD_POSTING = "absendung_erfassen"
    SEND = "absenden"
    PROVIDE = "bereitstellen"
    NOTIFY = "benachrichtigen"
    AWAIT_DOWNLOAD = "abruf_abwarten"
    RECORD_RECEIPT = "empfang_erfassen"
    PUBLISH = "bekannt_machen"
    SEND_LETTER = "brief"
    FIND_ADDRESS = "anschrift_ermitteln"
    PROVE_OR_REPEAT = "zugang_nachweisen"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one service; dates are Berlin calendar days, None means: not (yet) known.

    `consent`: True = given, False = refused, revoked or paper asked for, None = nothing declared. `received_on` is a
    receipt that is proven (Empfangsbekenntnis, Urkunde, a later arrival). `returned_on` is the day a letter came back.
    `disputed` means: the addressee disputes access or notice and the office cannot prove it. `notified_on` is the day
    the notice was sent; without one nothing is served on channels that need it. `own_day_on` is the day that an
    Allgemeinverfügung names for itself.
    `declared_electronically`: the matter came in through the portal; only then the tax law of 2027 makes electronic
    service the rule without consent.
    """

    posted_on: date | None = None
    sent_on: date | None = None
    provided_on: date | None = None
    notified_on: date | None = None
    fetched_on: date | None = None
    received_on: date | None = None
    returned_on: date | None = None
    published_on: date | None = None
    own_day_on: date | None = None
    consent: bool | None = None
    disputed: bool = False
    declared_electronically: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the law: the day of service under it."""

    rule_id: str
    served_on: date
    norm: str
    reason: str


@dataclass(frozen=True, slots=True)
class Bekanntgabe:
    """The outcome for one service: served on a day, not served, or something is still needed.

    `served_on` is the day the office relies on (may lie in the future: a letter posted yesterday), None = not served
    (yet). `earliest_on` differs from it only where readings differ. `next_step` says what is needed, `next_by` until
    when the addressee can still act. `open_points` are questions for the city's legal office.
    """

    channel: Channel
    verfahrensrecht: Verfahrensrecht
    served_on: date | None
    earliest_on: date | None
    norm: str
    reason: str
    readings: tuple[Reading, ...] = ()
    next_step: NextStep | None = None
    next_by: date | None = None
    open_points: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return bool(self.open_points) or self.served_on != self.earliest_on

    @property
    def rule_id(self) -> str | None:
        """The rule of the reading that the office relies on; None if not served."""
        relied_on = [one.rule_id for one in self.readings if one.served_on == self.served_on]
        return relied_on[0] if relied_on else None

    def to_json(self) -> dict[str, object]:
        """Plain strings, lists and None: what the file keeps as the proof of the rule applied."""
        return {
            "rule": self.rule_id,
            "channel": self.channel.value,
            "verfahrensrecht": self.verfahrensrecht.value,
            "served_on": self.served_on.isoformat() if self.served_on else None,
            "earliest_on": self.earliest_on.isoformat() if self.earliest_on else None,
            "norm": self.norm,
            "reason": self.reason,
            "readings": [
                {"rule": r.rule_id, "served_on": r.served_on.isoformat(), "norm": r.norm, "reason": r.reason}
                for r in self.readings
            ],
            "next_step": self.next_step.value if self.next_step else None,
            "next_by": self.next_by.isoformat() if self.next_by else None,
            "open_points": list(self.open_points),
        }


def served(
    verfahrensrecht: Verfahrensrecht | str,
    channel: Channel | str,
    facts: Facts,
    *,
    jurisdiction: str = "DE-HE",
    at: datetime,
) -> Bekanntgabe:
    """Say whether and when a decision is served by this channel under these facts, seen from the moment `at` (aware).

    The rule is the one in force on the day the decision left the office (posted, sent, provided, published), today
    if it has not left yet. Raises LawUnknown for a combination without a rule.
    """
    code, way = Verfahrensrecht(verfahrensrecht), Channel(channel)
    today = berlin_date(at)
    rules = service_rules(code, way, jurisdiction=jurisdiction, on=_left_office_on(facts) or today)
    main = rules[0]
    refusal = _refusal(main, facts)
    if refusal is not None:
        return _not_served(code, way, main, refusal)
    if facts.own_day_on is not None and main.own_day:
        return _own_day(code, way, main, facts)
    missing = _missing(main, facts, today, jurisdiction)
    if missing is not None:
        return _not_served(code, way, main, missing)
    readings = tuple(reading for rule in rules for reading in _readings(rule, facts, jurisdiction))
    return _fold(code, way, readings, rules)


def consent(
    verfahrensrecht: Verfahrensrecht | str, channel: Channel | str, *, jurisdiction: str = "DE-HE", on: date
) -> Consent:
    """Say what the addressee must have declared for a channel on that day; raises LawUnknown without a rule."""
    return service_rules(verfahrensrecht, channel, jurisdiction=jurisdiction, on=on)[0].consent


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """One row of the table for one Verfahrensrecht; the table's header explains the columns."""

    id: str
    verfahrensrecht: Verfahrensrecht
    channel: Channel
    jurisdiction: str
    event: str
    period: Period | None
    shift: str
    norm: str
    source: str
    valid_from: date | None = None
    valid_to: date | None = None
    shift_norm: str = ""
    consent: Consent = Consent.NONE
    notify: str = "none"
    withdraw: Period | None = None
    disputed: str | None = None
    early: bool = False
    own_day: bool = False
    review: str | None = None


def service_rules(
    verfahrensrecht: Verfahrensrecht | str, channel: Channel | str, *, jurisdiction: str = "DE-HE", on: date
) -> Sequence[ServiceRule]:
    """Return the rules in force, the majority's first; more than one means that the law is open."""
    code, way = Verfahrensrecht(verfahrensrecht), Channel(channel)
    rows = [row for row in _RULES if row.verfahrensrecht is code and row.channel is way]
    found = in_force(rows, jurisdiction=jurisdiction, on=on)
    if not found:
        raise LawUnknown("bekanntgabe", verfahrensrecht=code.value, channel=way.value, jurisdiction=jurisdiction, on=on)
    return found


class _Refusal(NamedTuple):
    reason: str
    step: NextStep
    by: date | None = None


def _refusal(rule: ServiceRule, facts: Facts) -> _Refusal | None:
    """Why this service cannot take effect at all, whatever else happens."""
    if facts.returned_on is not None:
        return _Refusal(
            f"Der Brief kam am {german_date(facts.returned_on)} zurück. Er ist nicht zugegangen und gilt nicht als "
            "bekannt gegeben. Ermitteln Sie die Anschrift und geben Sie den Bescheid erneut bekannt.",
            NextStep.FIND_ADDRESS,
        )
    if rule.consent is Consent.REQUIRED and facts.consent is not True:
        return _Refusal(
            "Für diesen Weg fehlt die Einwilligung. Senden Sie den Bescheid als Brief.", NextStep.SEND_LETTER
        )
    if rule.consent is Consent.PRESUMED and facts.consent is False:
        return _Refusal(
            "Die Bekanntgabe über das Postfach wurde ausgeschlossen. Senden Sie den Bescheid als Brief.",
            NextStep.SEND_LETTER,
        )
    if rule.consent is Consent.OPT_OUT and facts.consent is False:
        return _Refusal(
            "Die Zusendung auf Papier wurde beantragt. Senden Sie den Bescheid als Brief.",
            NextStep.SEND_LETTER,
        )
    if rule.consent is Consent.OPT_OUT and facts.consent is None and not facts.declared_electronically:
        return _Refusal(
            "Die Erklärung kam nicht elektronisch, und eine Einwilligung fehlt. Senden Sie den Bescheid als Brief.",
            NextStep.SEND_LETTER,
        )
    if facts.disputed and rule.disputed is None and facts.received_on is None:
        return _Refusal(
            "Der Zugang wird bestritten und ist nicht nachgewiesen. Weisen Sie den Zugang nach oder geben Sie den "
            "Bescheid erneut bekannt.",
            NextStep.PROVE_OR_REPEAT,
        )
    return None


def _missing(rule: ServiceRule, facts: Facts, today: date, jurisdiction: str) -> _Refusal | None:
    """What has still to happen before the rule can answer."""
    if rule.event in ("provided_on", "notified_on", "fetched_on") and facts.provided_on is None:
        return _STEPS["provided_on"]
    if rule.notify != "none" and facts.notified_on is None:
        return _STEPS["notified_on"]
    if rule.withdraw is not None and facts.notified_on is not None:
        # The ten days are a period, so they end on a working day (§ 31 Abs. 3 HVwVfG).
        last_day = next_working_day(counted_end(facts.notified_on, rule.withdraw), jurisdiction)
        return _download_missing(facts.fetched_on, facts.notified_on, last_day, today)
    event = _event(rule, facts)
    return _STEPS[event] if _day_of(facts, event) is None else None


def _download_missing(fetched_on: date | None, notified_on: date, last_day: date, today: date) -> _Refusal | None:
    if (fetched_on or today) > last_day:
        return _Refusal(
            f"Der Bescheid wurde nicht innerhalb von zehn Tagen nach der Benachrichtigung vom "
            f"{german_date(notified_on)} abgerufen. Die Bereitstellung ist beendet, der Bescheid ist nicht bekannt "
            "gegeben. Senden Sie ihn als Brief.",
            NextStep.SEND_LETTER,
        )
    if fetched_on is not None:
        return None
    return _Refusal(
        "Der Bescheid ist bereitgestellt und noch nicht abgerufen. Er gilt am Tag nach dem Abruf als bekannt gegeben. "
        f"Der Abruf ist bis {german_day(last_day)} möglich, danach folgt ein Brief.",
        NextStep.AWAIT_DOWNLOAD,
        last_day,
    )


def _readings(rule: ServiceRule, facts: Facts, jurisdiction: str) -> list[Reading]:
    """The days of service under one rule: one, or two where its shift or a late notice is open."""
    event = _event(rule, facts)
    base = _day_of(facts, event)
    if base is None:
        raise ValueError(f"{rule.id} needs {event}")
    if event != rule.event:
        # Access cannot be proven: the day of the first download itself counts, nothing is added.
        return [_on_the_day(rule, event, base)]
    if rule.period is None:
        return [_on_the_day(rule, event, base)]
    shifts = {"none": (False,), "working_day": (True,), "open": (False, True)}[rule.shift]
    starts = [(event, base)]
    if rule.notify == "same_day" and facts.notified_on is not None and facts.notified_on > base:
        starts.append(("notified_on", facts.notified_on))
    return [
        _counted(rule, rule.period, start, jurisdiction, received_on=facts.received_on, shifted=shifted)
        for start in starts
        for shifted in shifts
    ]


def _on_the_day(rule: ServiceRule, event: str, day: date) -> Reading:
    reason = f"{_EVENTS[event].format(german_date(day))} Der Bescheid ist an diesem Tag bekannt gegeben ({rule.norm})."
    return Reading(rule_id=rule.id, served_on=day, norm=rule.norm, reason=reason)


def _counted(
    rule: ServiceRule,
    period: Period,
    start: tuple[str, date],
    jurisdiction: str,
    *,
    received_on: date | None,
    shifted: bool,
) -> Reading:
    event, base = start
    counted = counted_end(base, period)
    day = next_working_day(counted, jurisdiction) if shifted else counted
    reason = (
        f"{_EVENTS[event].format(german_date(base))} Der Bescheid gilt {_later(period)} als bekannt gegeben, "
        f"also am {german_day(counted)} ({rule.norm})."
    )
    if day != counted:
        cause = holiday_name(counted, jurisdiction) or german_weekday(counted)
        reason += f" Dieser Tag ist kein Werktag ({cause}), deshalb zählt {german_day(day)} ({rule.shift_norm})."
    if received_on is not None and (received_on > day or rule.early):
        when = "später" if received_on > day else "früher"
        reason += f" Der Zugang ist aber {when} belegt: {german_day(received_on)}. Dieser Tag zählt."
        day = received_on
    return Reading(rule_id=rule.id, served_on=day, norm=rule.norm, reason=reason)


def _fold(
    code: Verfahrensrecht, way: Channel, readings: tuple[Reading, ...], rules: Sequence[ServiceRule]
) -> Bekanntgabe:
    """One answer from all readings: the office relies on the latest day, the citizen on the earliest."""
    last = max(readings, key=lambda reading: reading.served_on)
    earliest = min(reading.served_on for reading in readings)
    differ = last.served_on != earliest
    reviews = tuple(dict.fromkeys(rule.review for rule in rules if rule.review and (differ or len(rules) == 1)))
    reason = last.reason
    if differ:
        reason += (
            f" Die Rechtslage ist offen: Nach anderer Auffassung ist der Bescheid schon am {german_day(earliest)} "
            "bekannt gegeben. Für Fristen der Bürgerinnen und Bürger gilt der frühere, für die Bestandskraft der "
            "spätere Tag als sicher."
        )
    return Bekanntgabe(
        channel=way,
        verfahrensrecht=code,
        served_on=last.served_on,
        earliest_on=earliest,
        norm=last.norm,
        reason=reason,
        readings=readings,
        open_points=reviews,
    )


def _own_day(code: Verfahrensrecht, way: Channel, rule: ServiceRule, facts: Facts) -> Bekanntgabe:
    if facts.published_on is None:
        return _not_served(code, way, rule, _STEPS["published_on"])
    if facts.own_day_on is None or facts.own_day_on <= facts.published_on:
        raise ValueError("the day named must be later than the day of publication")
    reason = (
        f"{_EVENTS['published_on'].format(german_date(facts.published_on))} Er bestimmt selbst den Tag der "
        f"Bekanntgabe: {german_day(facts.own_day_on)} ({rule.norm})."
    )
    reading = Reading(rule.id, facts.own_day_on, rule.norm, reason)
    return _fold(code, way, (reading,), (rule,))


def _not_served(code: Verfahrensrecht, way: Channel, rule: ServiceRule, refusal: _Refusal) -> Bekanntgabe:
    return Bekanntgabe(
        channel=way,
        verfahrensrecht=code,
        served_on=None,
        earliest_on=None,
        norm=rule.norm,
        reason=f"{refusal.reason} ({rule.norm})",
        next_step=refusal.step,
        next_by=refusal.by,
        open_points=(rule.review,) if rule.review else (),
    )


def _event(rule: ServiceRule, facts: Facts) -> str:
    return rule.disputed if facts.disputed and rule.disputed else rule.event


def _left_office_on(facts: Facts) -> date | None:
    return facts.posted_on or facts.sent_on or facts.provided_on or facts.published_on


def _day_of(facts: Facts, event: str) -> date | None:
    day: date | None = getattr(facts, event)
    return day


def _later(period: Period) -> str:
    if period.unit is Unit.DAY:
        return "am Tag danach" if period.count == 1 else f"am {_ORDINALS[period.count]} Tag danach"
    return "einen Monat danach" if period == Period(1, Unit.MONTH) else f"{period.dative()} danach"


_ORDINALS = {2: "zweiten", 3: "dritten", 4: "vierten"}

_EVENTS: Mapping[str, str] = {
    "posted_on": "Der Brief wurde am {} zur Post gegeben.",
    "sent_on": "Der Bescheid wurde am {} elektronisch abgesandt.",
    "provided_on": "Der Bescheid wurde am {} zum Abruf bereitgestellt.",
    "notified_on": "Die Benachrichtigung über die Bereitstellung wurde am {} abgesandt.",
    "fetched_on": "Der Bescheid wurde am {} abgerufen.",
    "received_on": "Der Empfang ist für den {} belegt.",
    "published_on": "Der Bescheid wurde am {} ortsüblich bekannt gemacht.",
}

_STEPS: Mapping[str, _Refusal] = {
    "posted_on": _Refusal(
        "Noch ist nichts bekannt gegeben. Erfassen Sie, wann der Brief zur Post gegeben wurde (Ab-Vermerk).",
        NextStep.RECORD_POSTING,
    ),
    "sent_on": _Refusal("Der Bescheid ist noch nicht abgesandt.", NextStep.SEND),
    "provided_on": _Refusal("Der Bescheid ist noch nicht zum Abruf bereitgestellt.", NextStep.PROVIDE),
    "notified_on": _Refusal(
        "Die Benachrichtigung über die Bereitstellung fehlt. Ohne sie ist der Bescheid nicht bekannt gegeben.",
        NextStep.NOTIFY,
    ),
    "fetched_on": _Refusal(
        "Der Zugang der Benachrichtigung wird bestritten und ist nicht nachgewiesen. Der Bescheid gilt erst mit dem "
        "Abruf als bekannt gegeben.",
        NextStep.AWAIT_DOWNLOAD,
    ),
    "received_on": _Refusal(
        "Noch ist nichts bekannt gegeben. Erfassen Sie, für welchen Tag der Empfang belegt ist.",
        NextStep.RECORD_RECEIPT,
    ),
    "published_on": _Refusal("Der Bescheid ist noch nicht ortsüblich bekannt gemacht.", NextStep.PUBLISH),
}


def _rules() -> tuple[ServiceRule, ...]:
    return tuple(
        ServiceRule(
            id=row["id"],
            verfahrensrecht=Verfahrensrecht(code),
            channel=Channel(row["channel"]),
            jurisdiction=jurisdiction_of(Verfahrensrecht(code)),
            event=row["event"],
            period=Period.parse(row["period"]) if row["period"] else None,
            shift=row["shift"],
            norm=cite,
            source=row["source"],
            valid_from=row.get("valid_from"),
            valid_to=row.get("valid_to"),
            shift_norm=row.get("shift_norm_by", {}).get(code, row.get("shift_norm", "")),
            consent=Consent(row.get("consent", "none")),
            notify=row.get("notify", "none"),
            withdraw=Period.parse(row["withdraw"]) if "withdraw" in row else None,
            disputed=row.get("disputed"),
            early=row.get("early", False),
            own_day=row.get("own_day", False),
            review=row.get("review"),
        )
        for row in read("bekanntgabe")["rule"]
        for code, cite in row["norm"].items()
    )


_RULES = _rules()
