"""Making a decision known: in the Postfach or by letter, with the dates that the law attaches to it.

Rows that a step changes are read while it is open: who was faster moves the chain's head, and the step runs again.

Remedy and finality hang on each Bekanntgabe. The three connectors record an attempt, its posting, and the end of the
remedy period; `engine.law` says what follows from the facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, func, select

from engine import law
from engine.accounts import who_requested
from engine.connectors import Call, Result
from engine.errors import Conflict, NotFound
from engine.feel.values import Value
from engine.files import OpenFile, address_lines, open_file
from engine.house import House
from engine.law import Facts, Frist
from storage.akte.cells import encrypt_cell
from storage.akte.changes import add_to_step
from storage.akte.parties import Party
from storage.akte.rows import Change, alteration, insertion, read_row
from storage.db import tenant_of
from storage.models.nachricht import Nachricht, NachrichtDokument, NachrichtRichtung
from storage.models.party import Einwilligung
from storage.models.verwaltungsakt import (
    Bekanntgabe,
    BekanntgabeKanal,
    BekanntgabeStatus,
    Benachrichtigung,
    Verwaltungsakt,
    VerwaltungsaktStatus,
)
from storage.models.vorgang import Kanal
from storage.steps import Step

BRIEF: Final = "brief"
PORTAL_ABRUF: Final = "portal_abruf"


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt to make one decision known to one party, as `provide` begins it."""

    house: House
    call: Call
    file: OpenFile
    akt: Mapping[str, Any]
    party: Party
    number: int
    consent: bool | None

    @property
    def id(self) -> UUID:
        return uuid5(self.call.job_id, "bekanntgabe")

    @property
    def today(self) -> date:
        return law.berlin_date(self.call.at)

    def by_portal(self) -> Facts:
        """The facts of a service through the Postfach whose notification goes out today."""
        return Facts(
            provided_on=self.today,
            notified_on=self.today,
            consent=self.consent,
            declared_electronically=self.file.row["kanal"] in _ELECTRONIC,
        )

    def recorded(self, columns: Mapping[str, Any], kind: str, payload: Mapping[str, Any]) -> Change:
        """The row of the attempt with its event."""
        row = {
            "tenant_id": self.house.tenant_id,
            "id": self.id,
            "vorgang_id": self.file.id,
            "verwaltungsakt_id": self.akt["id"],
            "party_id": self.party.id,
            "attempt": self.number,
            "created_at": self.call.at,
        }
        return insertion(
            Bekanntgabe,
            row | dict(columns),
            kind=kind,
            at=self.call.at,
            actor_id="system:worker",
            payload={"versuch": self.number, **payload},
        )


def provide(house: House, call: Call) -> Result:
    """Begin an attempt: make the decision available in the Postfach and notify, or hand it to the Poststelle.

    The connector `bekanntgabe.bereitstellen`. Its output `kanal` is the channel really used: without an account, a
    notification address or the consent that the day requires, a letter has to be sent, whatever was wished.
    """
    file, akt = _open(house, call, UUID(str(call.inputs["verwaltungsakt"])))
    party = file.addressee(on=law.berlin_date(call.at))
    with house.db.read() as conn:
        attempt = _Attempt(
            house,
            call,
            file,
            akt,
            party,
            number=_next_attempt(conn, akt["id"], party.id),
            consent=_consent_of(conn, file.id),
        )
    if call.inputs["kanal"] == PORTAL_ABRUF and _may_use_portal(attempt):
        return _provide_in_portal(attempt)
    return _hand_to_poststelle(attempt)


def posted(house: House, call: Call) -> Result:
    """Record "abgesandt am" and what follows from it; the connector `bekanntgabe.versandt`."""
    attempt_id = UUID(str(call.inputs["bekanntgabe"]))
    posted_on = call.inputs["abgesandt_am"]
    if not isinstance(posted_on, date):
        raise Conflict("posting_date_missing")
    with house.db.read() as conn:
        akt_id = _read(conn, attempt_id)["verwaltungsakt_id"]
        requested_by = who_requested(conn, call.instance_id, call.wait)
    file, akt = _open(house, call, akt_id)
    served = _served(file, akt["kind"], BekanntgabeKanal.BRIEF, Facts(posted_on=posted_on), call)
    columns = {
        "status": BekanntgabeStatus.BEKANNT_GEGEBEN.value,
        "abgesandt_am": posted_on,
        "abgesandt_by": requested_by,
        "abgesandt_recorded_at": call.at,
        **served.columns(),
    }

    def write(step: Step) -> None:
        with house.db.read() as conn:
            change = alteration(
                Bekanntgabe,
                _read(conn, attempt_id),
                columns,
                kind="bekanntgabe.abgesandt",
                at=call.at,
                actor_id=requested_by,
                payload={
                    "abgesandt_am": str(posted_on),
                    "berechnung": served.service.to_json(),
                    "frist": _frist_json(served.frist),
                },
            )
            known = _made_known(house, conn, akt_id, call)
        add_to_step(step, file.key, [change, *known])

    return Result(variables=served.outputs(attempt_id, BRIEF), writes=[write])


def period_over(house: House, call: Call) -> Result:
    """Record that the remedy period is over ("Frist abgelaufen"); finality is noted by a person, later.

    The connector `frist.abgelaufen`. A decision that was challenged meanwhile stays so.
    """
    akt_id = UUID(str(call.inputs["verwaltungsakt"]))
    file, _akt = _open(house, call, akt_id)

    def write(step: Step) -> None:
        with house.db.read() as conn:
            attempts = _attempts(conn, akt_id)
        served = BekanntgabeStatus.BEKANNT_GEGEBEN.value
        over = [
            alteration(
                Bekanntgabe,
                current,
                {"frist_abgelaufen_at": call.at},
                kind="bekanntgabe.frist_abgelaufen",
                at=call.at,
                actor_id="system:worker",
                payload={"frist_ende": str(current["frist_ende"])},
            )
            for current in attempts
            if current["status"] == served and current["frist_abgelaufen_at"] is None
        ]
        add_to_step(step, file.key, over)

    return Result(writes=[write])


def _hand_to_poststelle(attempt: _Attempt) -> Result:
    """Nothing is served yet: the dates follow when somebody has recorded the posting."""
    house, file = attempt.house, attempt.file
    address = encrypt_cell(
        file.key,
        Bekanntgabe,
        "address",
        tenant_id=house.tenant_id,
        row_id=attempt.id,
        value=list(address_lines(attempt.party)),
    )
    columns = {
        "kanal": BekanntgabeKanal.BRIEF.value,
        "status": BekanntgabeStatus.VORBEREITET.value,
        "notification": Benachrichtigung.KEINE.value,
        "address": address,
    }
    change = attempt.recorded(columns, "bekanntgabe.vorbereitet", {"kanal": BRIEF})
    outputs: dict[str, Value] = {
        "bekanntgabe": str(attempt.id),
        "kanal": BRIEF,
        "bekanntgegeben_am": None,
        "frist_ende": None,
        "frist_timer": None,
    }
    return Result(variables=outputs, writes=[lambda step: add_to_step(step, file.key, [change])])


def _provide_in_portal(attempt: _Attempt) -> Result:
    """The mail only says that something lies there; without it nothing is served, so it goes out first."""
    call, file = attempt.call, attempt.file
    attempt.house.notify(address=str(attempt.party.details["benachrichtigung_email"]), message_id=str(attempt.id))
    served = _served(file, attempt.akt["kind"], BekanntgabeKanal.PORTAL_ABRUF, attempt.by_portal(), call)
    status = BekanntgabeStatus.BEKANNT_GEGEBEN if served.service.served_on else BekanntgabeStatus.BEREITGESTELLT
    columns = {
        "kanal": BekanntgabeKanal.PORTAL_ABRUF.value,
        "status": status.value,
        "notification": Benachrichtigung.VERSANDT.value,
        "bereitgestellt_at": call.at,
        "notified_at": call.at,
        **served.columns(),
    }
    payload = {"kanal": PORTAL_ABRUF, "berechnung": served.service.to_json(), "frist": _frist_json(served.frist)}
    recorded = attempt.recorded(columns, "bekanntgabe.bereitgestellt", payload)

    def write(step: Step) -> None:
        known: list[Change] = []
        if served.service.served_on:
            with attempt.house.db.read() as conn:
                known = _made_known(attempt.house, conn, attempt.akt["id"], call)
        add_to_step(step, file.key, [recorded, *known])
        _put_into_postfach(step, attempt)

    return Result(variables=served.outputs(attempt.id, PORTAL_ABRUF), writes=[write])


def _put_into_postfach(step: Step, attempt: _Attempt) -> None:
    house, file, at = attempt.house, attempt.file, attempt.call.at
    message_id = uuid5(attempt.call.job_id, "nachricht")

    def sealed(column: str, text: str) -> bytes:
        return encrypt_cell(file.key, Nachricht, column, tenant_id=house.tenant_id, row_id=message_id, value=text)

    message = {
        "tenant_id": house.tenant_id,
        "id": message_id,
        "vorgang_id": file.id,
        "party_id": attempt.party.id,
        "account": attempt.party.account,
        "richtung": NachrichtRichtung.AN_PARTEI.value,
        "subject": sealed("subject", f"Ihr Bescheid zum Aktenzeichen {file.row['aktenzeichen']}"),
        "text": sealed("text", "Ihr Bescheid liegt bei dieser Nachricht. Lesen Sie darin, was Sie tun müssen."),
        "due_on": None,
        "sent_at": at,
        "sent_by": attempt.akt["signed_by"],
        "read_at": None,
        "notification": Benachrichtigung.VERSANDT.value,
        "notification_job_id": None,
        "notified_at": at,
        "notification_error": None,
    }
    step.insert(Nachricht, message)
    enclosed = {
        "tenant_id": house.tenant_id,
        "nachricht_id": message_id,
        "dokument_id": attempt.akt["dokument_id"],
    }
    step.insert(NachrichtDokument, enclosed)


def _may_use_portal(attempt: _Attempt) -> bool:
    """Whether the law lets this decision go by the Postfach on this day, and the person can be told of it."""
    party, facts = attempt.party, attempt.file.procedure.facts
    if party.account is None or not party.details.get("benachrichtigung_email"):
        return False
    service = law.served(
        facts.code, PORTAL_ABRUF, attempt.by_portal(), jurisdiction=facts.jurisdiction, at=attempt.call.at
    )
    return service.next_step is not law.NextStep.SEND_LETTER


@dataclass(frozen=True, slots=True)
class _Served:
    """What the law makes of an attempt; without a remedy, or before it is served, no period runs."""

    service: law.Bekanntgabe
    frist: Frist | None = None
    remedy: law.RemedyKind | None = None

    def columns(self) -> dict[str, Any]:
        frist = self.frist
        return {
            "rule": self.service.rule_id,
            "norm": self.service.norm,
            "reason": self.service.reason,
            "bekanntgegeben_am": self.service.served_on,
            "remedy": self.remedy.value if self.remedy else None,
            "frist_ende": frist.safe_on if frist else None,
            "frist_ende_latest": frist.ends_on if frist else None,
        }

    def outputs(self, attempt_id: UUID, channel: str) -> dict[str, Value]:
        """The process waits for the end that no reading of the law puts later."""
        return {
            "bekanntgabe": str(attempt_id),
            "kanal": channel,
            "bekanntgegeben_am": self.service.served_on,
            "frist_ende": self.frist.ends_on if self.frist else None,
            "frist_timer": self.frist.over_at if self.frist else None,
        }


def _served(file: OpenFile, kind: str, channel: BekanntgabeKanal, facts: Facts, call: Call) -> _Served:
    code, jurisdiction = file.procedure.facts.code, file.procedure.facts.jurisdiction
    service = law.served(code, channel.value, facts, jurisdiction=jurisdiction, at=call.at)
    remedy = file.procedure.facts.remedy_of(kind)
    if service.served_on is None or remedy is None:
        return _Served(service)
    frist = law.remedy_period(service, verfahrensrecht=code, jurisdiction=jurisdiction, kind=remedy)
    return _Served(service, frist, remedy)


def _frist_json(frist: Frist | None) -> dict[str, str] | None:
    if frist is None:
        return None
    return {
        "ende": str(frist.ends_on),
        "sicher_bis": str(frist.safe_on),
        "norm": frist.norm,
        "grund": frist.reason,
    }


def _made_known(house: House, conn: Connection, akt_id: UUID, call: Call) -> list[Change]:
    """The decision's own state; read while the step is open, so that a change in between makes it a lost race."""
    akt = read_row(conn, Verwaltungsakt, house.tenant_id, akt_id)
    if akt is None or akt["status"] != VerwaltungsaktStatus.FREIGEGEBEN.value:
        return []
    return [
        alteration(
            Verwaltungsakt,
            akt,
            {"status": VerwaltungsaktStatus.BEKANNT_GEGEBEN.value},
            kind="verwaltungsakt.bekannt_gegeben",
            at=call.at,
            actor_id="system:worker",
            payload={},
        )
    ]


def _open(house: House, call: Call, akt_id: UUID) -> tuple[OpenFile, Mapping[str, Any]]:
    if call.vorgang_id is None:
        raise ValueError("a Bekanntgabe needs a Vorgang")
    with house.db.read() as conn:
        akt = read_row(conn, Verwaltungsakt, house.tenant_id, akt_id)
        if akt is None or akt["vorgang_id"] != call.vorgang_id:
            raise NotFound("verwaltungsakt_unknown", verwaltungsakt=akt_id)
        return open_file(house, conn, call.vorgang_id), akt


def _read(conn: Connection, attempt_id: UUID) -> Mapping[str, Any]:
    row = read_row(conn, Bekanntgabe, tenant_of(conn), attempt_id)
    if row is None:
        raise NotFound("bekanntgabe_unknown", bekanntgabe=attempt_id)
    return row


def _attempts(conn: Connection, akt_id: UUID) -> list[Mapping[str, Any]]:
    query = select(Bekanntgabe.__table__)
    query = query.where(Bekanntgabe.tenant_id == tenant_of(conn), Bekanntgabe.verwaltungsakt_id == akt_id)
    return [dict(row) for row in conn.execute(query).mappings()]


def _next_attempt(conn: Connection, akt_id: UUID, party_id: UUID) -> int:
    query = select(func.max(Bekanntgabe.attempt)).where(
        Bekanntgabe.tenant_id == tenant_of(conn),
        Bekanntgabe.verwaltungsakt_id == akt_id,
        Bekanntgabe.party_id == party_id,
    )
    return (conn.execute(query).scalar_one_or_none() or 0) + 1


def _consent_of(conn: Connection, vorgang_id: UUID) -> bool | None:
    """True: given. False: refused, revoked. None: nothing declared; what that means depends on the day (§ 122a AO)."""
    query = select(Einwilligung.choice, Einwilligung.revoked_at).where(
        Einwilligung.tenant_id == tenant_of(conn),
        Einwilligung.vorgang_id == vorgang_id,
        Einwilligung.kind == "bekanntgabe_portal_abruf",
    )
    row = conn.execute(query.order_by(Einwilligung.chosen_at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    if row.revoked_at is not None:
        return False
    return _CHOICES.get(row.choice)


_CHOICES: Final[Mapping[str, bool]] = {"ja": True, "nein": False}
_ELECTRONIC: Final = frozenset({Kanal.PORTAL.value, Kanal.BOT.value, Kanal.API.value})
"""Doors by which a matter is declared electronically (§ 122a AO as of 2027)."""
