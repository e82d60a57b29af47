"""Starting: what somebody sends becomes a Vorgang with its Akte, its parties, its documents and a running instance.

The answers are stored as an object first; then one transaction writes every row, or none.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Connection, select

from engine import catalog, same_person
from engine.actors import Actor, ActorKind, TrustLevel
from engine.advance import begin
from engine.errors import Invalid, NotAllowed
from engine.errors import KeyReused as RequestKeyReused
from engine.feel.values import Value
from engine.files import key_of_akte
from engine.house import House
from engine.law import berlin_date
from engine.runtime.commands import Start
from forms.model import Field, walk
from forms.stored import dump_values, receipt_json
from forms.validate import Given, Result, UploadedFile, validate_values
from storage.akte import antraege, documents, parties, vermerke, vorgaenge
from storage.akte.aktenplan import ensure_position
from storage.akte.antraege import Receipt
from storage.akte.changes import add_to_step
from storage.akte.documents import NewDokument
from storage.akte.numbers import CheckDigit, NumberRange, draw
from storage.akte.parties import NewParty
from storage.akte.rows import Change
from storage.akte.vorgaenge import Draft, NewAkte, NewVorgang, OpenedAkte, OpenedVorgang
from storage.crypto import DataKey, place
from storage.keys import load_key
from storage.models.akte import Geheimnis
from storage.models.dokument import Richtung, ScanState
from storage.models.idempotency import IdempotencyKey
from storage.models.party import Einwilligung, PartyKind, Rolle
from storage.models.vorgang import Art, Kanal
from storage.models.vorgang import TrustLevel as StoredTrust
from storage.models.vorgang import Verfahrensrecht as StoredLaw
from storage.steps import DuplicateKey, KeyReused

PORTAL_ABRUF = "portal_abruf"
BRIEF = "brief"


@dataclass(frozen=True, slots=True)
class Sender:
    """How a matter came in. `received_at` is when it reached the office, None: now.

    `files` are rows of `entwurf_file` by id; with a `draft` its id and key become those of the Vorgang.
    `accepts_gaps`: what is missing or wrong keeps nobody from handing it in; it is left out, and a note says so.
    """

    kanal: Kanal
    received_at: datetime | None = None
    draft: Draft | None = None
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    accepts_gaps: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """What the sender keeps, and where it went."""

    vorgang_id: UUID
    instance_id: UUID
    aktenzeichen: str
    access_code: str
    sha256: str
    sent_at: datetime

    def to_json(self) -> dict[str, str]:
        return {
            "vorgang_id": str(self.vorgang_id),
            "instance_id": str(self.instance_id),
            "aktenzeichen": self.aktenzeichen,
            "access_code": self.access_code,
            "sha256": self.sha256,
            "sent_at": self.sent_at.isoformat(),
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Started":
        return Started(
            vorgang_id=UUID(document["vorgang_id"]),
            instance_id=UUID(document["instance_id"]),
            aktenzeichen=document["aktenzeichen"],
            access_code=document["access_code"],
            sha256=document["sha256"],
            sent_at=datetime.fromisoformat(document["sent_at"]),
        )


def start(
    house: House,
    deployed: catalog.Deployed,
    values: Mapping[str, Value],
    *,
    by: Actor,
    at: datetime,
    sender: Sender,
    idempotency_key: str,
) -> Started:
    """Take in an Antrag, Anzeige or Meldung and start its process; the same key again gives the same receipt.

    `values` are the clean ones of the form (`forms.validate`). Raises Invalid with a sentence per field, NotAllowed
    where the session's trust level is too low, KeyReused (a Conflict) where the key was used with other values.
    """
    _check_trust(deployed, by)
    checked = _checked(deployed, values, sender, at)
    filing = Filing(house, deployed, checked, by, at, sender)
    body = sha256(dump_values(checked.values)).digest()
    key = _request_key(by, idempotency_key)
    try:
        return _file(filing, key, body)
    except DuplicateKey as error:
        return _opened_receipt(house, error.response)
    except KeyReused as error:
        raise RequestKeyReused("idempotency_key_reused") from error


def receipt_of(house: House, *, by: Actor, idempotency_key: str) -> Started | None:
    """Return the receipt that this request got before, None if it was never answered."""
    query = select(IdempotencyKey.response).where(
        IdempotencyKey.tenant_id == house.tenant_id, IdempotencyKey.key == _request_key(by, idempotency_key)
    )
    with house.db.read() as conn:
        response = conn.execute(query).scalar_one_or_none()
    return None if response is None else _opened_receipt(house, response)


def _request_key(by: Actor, idempotency_key: str) -> str:
    return f"start:{by.id}:{idempotency_key}"


@dataclass(frozen=True, slots=True)
class Filing:
    """One act of taking in, with what all its parts need."""

    house: House
    deployed: catalog.Deployed
    result: Result
    by: Actor
    at: datetime
    sender: Sender

    @property
    def received_at(self) -> datetime:
        return self.sender.received_at or self.at


def _file(filing: Filing, key: str, body: bytes) -> Started:
    house, at, by = filing.house, filing.at, filing.by
    _raise_if_answered(house, key, body)
    akte, opened = open_records(filing)
    instance_id = uuid4()
    answers = _answers(filing, opened)
    papers = [answers, *_uploads(filing, opened)]
    people = parties_of(filing, opened)
    receipt = antraege.receipt(answers, number=opened.aktenzeichen, access_code=opened.access_code)
    started = _started(opened, instance_id, receipt)
    with house.db.step() as step:
        step.idempotency(key, body, _sealed_receipt(started, opened.key))
        for statement in akte.statements:
            step.also(statement)
        begin(
            house,
            step,
            filing.deployed,
            instance_id,
            Start(
                program=filing.deployed.procedure.process.hash,
                at=at,
                variables=_variables(filing, opened),
                bindings=filing.deployed.bindings,
            ),
            key=opened.key,
            by=by,
            vorgang_id=opened.id,
            business_key=opened.aktenzeichen,
            akte_head=opened.head,
        )
        vorgaenge.add_to_step(step, opened)
        add_to_step(step, opened.key, [*people, *papers, *_antraege(filing, answers, opened), *_gaps(filing, opened)])
        if "bekanntgabe_kanal" in filing.result.values:
            step.insert(Einwilligung, _consent(filing, opened, people[0]))
        values_id = uuid4()
        step.form_values(
            values_id,
            form_key=filing.deployed.procedure.facts.start.form,
            payload=opened.key.encrypt(
                dump_values(filing.result.values), aad=place("form_values", house.tenant_id, values_id)
            ),
            key_id=opened.key.id,
        )
        step.add_job("antrag_lesbar", arguments={"dokument": str(answers.row["id"])})
    return started


def _raise_if_answered(house: House, key: str, body: bytes) -> None:
    """A double click is answered before numbers are drawn and objects stored; the step itself settles a real race."""
    query = select(IdempotencyKey.body_sha256, IdempotencyKey.response)
    query = query.where(IdempotencyKey.tenant_id == house.tenant_id, IdempotencyKey.key == key)
    with house.db.read() as conn:
        row = conn.execute(query).one_or_none()
    if row is None:
        return
    if row.body_sha256 != body:
        raise KeyReused(key)
    raise DuplicateKey(row.response)


def _sealed_receipt(started: Started, key: DataKey) -> dict[str, str]:
    """The receipt holds the access code, which is never at rest in clear: it is encrypted with the Vorgang's key."""
    sealed = key.encrypt(orjson.dumps(started.to_json()), aad=place("receipt", str(key.id)))
    return {"key_id": str(key.id), "receipt": b64encode(sealed).decode("ascii")}


def _opened_receipt(house: House, response: Mapping[str, Any]) -> Started:
    with house.db.read() as conn:
        key = load_key(conn, house.master_key, UUID(response["key_id"]))
    opened = key.decrypt(b64decode(response["receipt"]), aad=place("receipt", str(key.id)))
    return Started.from_json(orjson.loads(opened))


def _check_trust(deployed: catalog.Deployed, by: Actor) -> None:
    """The office itself may type what it was told; a program outside it knows no more than a stranger."""
    needed = deployed.procedure.facts.minimum_trust
    is_office = by.kind is ActorKind.TOKEN and deployed.procedure.facts.office.key in by.roles
    outside = by.kind in (ActorKind.CITIZEN, ActorKind.ANONYMOUS, ActorKind.TOKEN) and not is_office
    if outside and by.trust_level < needed:
        raise NotAllowed("trust_level_too_low", needed=needed.name.lower(), reached=by.trust_level.name.lower())


def _checked(deployed: catalog.Deployed, values: Mapping[str, Value], sender: Sender, at: datetime) -> Result:
    files = {name: uploaded_file(row) for name, row in sender.files.items()}
    result = validate_values(deployed.procedure.start_form, values, Given(now=at, files=files))
    if result.errors and not sender.accepts_gaps:
        raise Invalid("form_invalid", result.errors)
    return result


def uploaded_file(row: Mapping[str, Any]) -> UploadedFile:
    """Return an upload of a draft as forms name it; `row` is that of `entwurf_file` with its `plain_name`."""
    return UploadedFile(
        id=str(row["id"]),
        name=row["plain_name"],
        size_bytes=row["size_bytes"],
        media_type=row["media_type"],
        sha256=row["sha256"].hex(),
        scan_state=row["scan_state"],
    )


def open_records(filing: Filing) -> tuple[OpenedAkte, OpenedVorgang]:
    """Draw the numbers in a transaction of their own (a gap harms nobody) and prepare Akte and Vorgang."""
    house, by, at = filing.house, filing.by, filing.at
    facts = filing.deployed.procedure.facts
    year = berlin_date(filing.received_at).year
    prefix = facts.numbers["aktenzeichen"]
    with house.db.begin() as conn:
        position = ensure_position(
            conn,
            facts.akte.aktenplan,
            title=facts.akte.aktenplan_title,
            retention_years=facts.retention.years,
            retention_source=facts.retention.source,
            on=berlin_date(at),
        )
        akte = _known_akte(filing, conn)
        akte_number = "" if akte else draw(conn, _akte_numbers(prefix), tenant_id=house.tenant_id, year=year)
        number = draw(conn, _vorgang_numbers(prefix), tenant_id=house.tenant_id, year=year)
    akte = akte or vorgaenge.open_akte(
        house.master_key,
        NewAkte(
            aktenzeichen=akte_number,
            kind=facts.akte.of,
            subject=_subject(filing),
            office=facts.office.key,
            geheimnis=Geheimnis(facts.geheimnis.value),
            aktenplan_position_id=position,
        ),
        tenant_id=house.tenant_id,
        at=at,
        by=by.id,
    )
    opened = vorgaenge.open_vorgang(
        house.master_key,
        _new_vorgang(filing, number),
        tenant_id=house.tenant_id,
        akte_id=akte.id,
        at=at,
        by=by.id,
        draft=filing.sender.draft,
    )
    return akte, opened


def _known_akte(filing: Filing, conn: Connection) -> OpenedAkte | None:
    """The Akte that is there already for this matter (the person's Steuerfall); nothing of it is written."""
    house, procedure, values = filing.house, filing.deployed.procedure, filing.result.values
    account = filing.by.id if filing.by.kind is ActorKind.CITIZEN else None
    akte_id = same_person.akte_of(house, conn, procedure, values, account=account)
    return None if akte_id is None else OpenedAkte(akte_id, key_of_akte(house, conn, akte_id), ())


def _new_vorgang(filing: Filing, number: str) -> NewVorgang:
    facts, by = filing.deployed.procedure.facts, filing.by
    return NewVorgang(
        aktenzeichen=number,
        procedure_key=facts.key,
        deployment_id=filing.deployed.deployment_id,
        art=Art(facts.art.value),
        kanal=filing.sender.kanal,
        typed_by=by.id,
        declared_by=by.id if by.kind is ActorKind.CITIZEN else None,
        eingegangen_am=filing.received_at,
        office=facts.office.key,
        geheimnis=Geheimnis(facts.geheimnis.value),
        verfahrensrecht=_LAW[facts.code.value],
        jurisdiction=facts.jurisdiction,
        trust_level=_trust(by),
        trust_source=by.id.split("|")[0] if by.kind is ActorKind.CITIZEN else None,
        retention_class=facts.retention.class_,
        retention_years=facts.retention.years,
        search=same_person.marks(filing.house, filing.result.values),
    )


def _akte_numbers(prefix: str) -> NumberRange:
    return NumberRange(f"akte {prefix}", prefix + "-{jahr}-{nummer}", check=CheckDigit.NONE)


def _vorgang_numbers(prefix: str) -> NumberRange:
    """The number that people type into forms and read out on the telephone carries a check digit."""
    return NumberRange(f"vorgang {prefix}", prefix + "-{jahr}-{nummer}-{pruef}")


def _subject(filing: Filing) -> str:
    person = filing.result.values.get("person")
    name = ""
    if isinstance(person, dict):
        name = " ".join(str(person[part]) for part in ("vorname", "nachname") if person.get(part))
    return f"{filing.deployed.procedure.facts.title}: {name}" if name else filing.deployed.procedure.facts.title


def _answers(filing: Filing, opened: OpenedVorgang) -> Change:
    """Store the answers as they were sent; the SHA-256 of exactly these bytes is on the receipt."""
    house, procedure = filing.house, filing.deployed.procedure
    content = receipt_json(
        procedure=procedure.key,
        deployment=str(filing.deployed.deployment_id),
        form=filing.deployed.procedure.facts.start.form,
        received_at=filing.received_at,
        channel=filing.sender.kanal.value,
        values=filing.result.values,
    )
    new = NewDokument(
        richtung=Richtung.EINGANG,
        art=procedure.facts.art.value,
        name=f"{procedure.facts.title}.json",
        content=content,
        media_type="application/json",
        eingegangen_am=filing.received_at,
        verfasser=filing.by.id,
        scan_state=ScanState.ENTFAELLT,
    )
    return documents.file_document(
        house.objects,
        opened.key,
        new,
        tenant_id=house.tenant_id,
        vorgang_id=opened.id,
        at=filing.at,
        by=filing.by.id,
    )


def _uploads(filing: Filing, opened: OpenedVorgang) -> list[Change]:
    return [
        documents.file_upload(
            opened.key,
            {name: value for name, value in row.items() if name != "plain_name"},
            vorgang_id=opened.id,
            art="nachweis",
            eingegangen_am=filing.received_at,
            at=filing.at,
            by=filing.by.id,
        )
        for row in filing.sender.files.values()
    ]


def parties_of(filing: Filing, opened: OpenedVorgang) -> list[Change]:
    """The one who asks; where a charge is fixed, the same person is also its debtor until the office says otherwise."""
    facts, by = filing.deployed.procedure.facts, filing.by
    roles = [Rolle.ANTRAGSTELLER] + ([Rolle.STEUERSCHULDNER] if facts.abgabe else [])
    account = by.id if by.kind is ActorKind.CITIZEN else None
    return [
        parties.add(
            opened.key,
            NewParty(
                rolle=role,
                kind=PartyKind.PERSON,
                details=party_details(filing.result.values),
                valid_from=berlin_date(filing.received_at),
                account=account,
            ),
            tenant_id=filing.house.tenant_id,
            vorgang_id=opened.id,
            at=filing.at,
            by=by.id,
        )
        for role in roles
    ]


def party_details(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return who and where, as the file keeps it: texts only, from the blocks `person` and `anschrift`."""
    details: dict[str, Any] = {}
    for block in ("person", "anschrift"):
        content = values.get(block)
        if isinstance(content, dict):
            details[block] = {name: str(value) for name, value in content.items() if value is not None}
    email = values.get("benachrichtigung_email")
    if email:
        details["benachrichtigung_email"] = str(email)
    return details


def _antraege(filing: Filing, answers: Change, opened: OpenedVorgang) -> list[Change]:
    facts, conditions = filing.deployed.procedure.facts, filing.deployed.procedure.conditions
    trust = _trust(filing.by)
    form_key = filing.deployed.procedure.facts.start.form
    whole = antraege.take_in(
        answers, receipt_number=opened.aktenzeichen, art=Art(facts.art.value), form_key=form_key, trust_level=trust
    )
    parts = [
        antraege.take_in(
            answers,
            receipt_number=opened.aktenzeichen,
            art=Art(part.art.value),
            form_key=form_key,
            trust_level=trust,
            part=part.step,
        )
        for part in facts.parts
        if conditions[part.step].evaluate(filing.result.values, now=filing.at).value is True
    ]
    return [whole, *parts]


def _consent(filing: Filing, opened: OpenedVorgang, party: Change) -> dict[str, Any]:
    """What was chosen for electronic service, with the wording that was shown and its time."""
    choice = "nein"
    if filing.result.values["bekanntgabe_kanal"] == PORTAL_ABRUF:
        choice = "ja" if filing.result.values.get("einwilligung_abruf") is True else "keine Erklärung"
    return {
        "tenant_id": filing.house.tenant_id,
        "id": uuid4(),
        "vorgang_id": opened.id,
        "party_id": party.row["id"],
        "kind": "bekanntgabe_portal_abruf",
        "choice": choice,
        "wording": _wording_shown(filing, "einwilligung_abruf"),
        "norm": "§ 122a AO" if filing.deployed.procedure.facts.code.value == "ao_kag" else "§ 41 Abs. 2a HVwVfG",
        "chosen_at": filing.at,
        "revoked_at": None,
    }


def _gaps(filing: Filing, opened: OpenedVorgang) -> list[Change]:
    """A note of what was missing when it came in, in the sentences that the form says."""
    if not filing.result.errors:
        return []
    text = "Unvollständig eingegangen. Es fehlt oder stimmt nicht:\n"
    text += "\n".join(dict.fromkeys(filing.result.errors.values()))
    note = vermerke.write(
        opened.key,
        vermerk_id=uuid4(),
        tenant_id=filing.house.tenant_id,
        vorgang_id=opened.id,
        kind="unvollstaendig",
        text=text,
        at=filing.at,
        by=filing.by.id,
    )
    return [note]


def _wording_shown(filing: Filing, field_key: str) -> str:
    """The label beside the box that was ticked or not, as the deployed form has it."""
    for component in walk(filing.deployed.procedure.start_form.children):
        if isinstance(component, Field) and component.path[-1] == field_key:
            return component.label
    return ""


def _variables(filing: Filing, opened: OpenedVorgang) -> dict[str, Value]:
    """The declared variables, computed from the form's values; nothing else of what was sent reaches the process."""
    values = filing.result.values
    vorgang: dict[str, Value] = {
        "aktenzeichen": opened.aktenzeichen,
        "eingegangen_am": berlin_date(filing.received_at),
        "kanal": filing.sender.kanal.value,
        "angemeldet": filing.by.kind is ActorKind.CITIZEN,
        "bekanntgabe_kanal": _service_channel(filing),
    }
    context: dict[str, Value] = {**values, "vorgang": vorgang}
    variables: dict[str, Value] = {"vorgang": vorgang}
    for name, expression in filing.deployed.procedure.start_variables.items():
        variables[name] = expression.evaluate(context, now=filing.at).value
    return variables


def _service_channel(filing: Filing) -> str:
    """The Postfach needs an account; whoever has none gets a letter, whatever the form says."""
    wanted = filing.result.values.get("bekanntgabe_kanal")
    return PORTAL_ABRUF if wanted == PORTAL_ABRUF and filing.by.kind is ActorKind.CITIZEN else BRIEF


def _started(opened: OpenedVorgang, instance_id: UUID, receipt: Receipt) -> Started:
    return Started(
        vorgang_id=opened.id,
        instance_id=instance_id,
        aktenzeichen=receipt.number,
        access_code=receipt.access_code,
        sha256=receipt.sha256,
        sent_at=receipt.sent_at,
    )


def _trust(by: Actor) -> StoredTrust:
    """How surely it is known who declares: what the office types for somebody is not vouched for by its own sign-in."""
    return StoredTrust.KEINS if by.is_staff else _TRUST[by.trust_level]


_TRUST = {
    TrustLevel.KEINS: StoredTrust.KEINS,
    TrustLevel.BASISREGISTRIERUNG: StoredTrust.BASISREGISTRIERUNG,
    TrustLevel.SUBSTANTIELL: StoredTrust.SUBSTANTIELL,
    TrustLevel.HOCH: StoredTrust.HOCH,
}
_LAW = {"ao_kag": StoredLaw.AO, "hvwvfg": StoredLaw.HVWVFG, "sgb_x": StoredLaw.SGB_X}
