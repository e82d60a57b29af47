"""SEPA mandates: given with a form, kept as a document of their own, the account number seen by the Kasse alone.

Whoever lets the office debit another person's account needs that person's word: such a mandate is recorded and not
used until its holder has confirmed it.
"""

from typing import Any, Final
from uuid import uuid5

from engine import law
from engine.connectors import Call, Result
from engine.errors import Conflict
from engine.files import OpenFile, address_lines, open_file
from engine.house import House
from engine.letters import Head, compose
from forms.formats import read_iban
from forms.masking import mask_iban
from storage.akte import documents, parties
from storage.akte.cells import encrypt_cell
from storage.akte.changes import add_to_step
from storage.akte.documents import NewDokument
from storage.akte.events import Event
from storage.akte.parties import NewParty, Party
from storage.akte.rows import Change
from storage.models.dokument import Richtung, ScanState
from storage.models.party import PartyKind, Rolle
from storage.models.sollstellung import SepaMandat
from storage.steps import Step

_WORKER: Final = "system:worker"
TEMPLATE: Final = """{% extends "brief.html" %}
{% block betreff %}SEPA-Lastschriftmandat {{ referenz }}{% endblock %}
{% block inhalt %}
<p>{{ wortlaut | zeilen }}</p>
<table>
  <caption>Mandat</caption>
  <thead><tr><th scope="col">Angabe</th><th scope="col">Inhalt</th></tr></thead>
  <tbody>
  {% for zeile in zeilen %}
  <tr><th scope="row">{{ zeile.titel }}</th><td>{{ zeile.inhalt }}</td></tr>
  {% endfor %}
  </tbody>
</table>
{% if not bestaetigt %}
<p>Das Konto gehört einer anderen Person. Bis sie zugestimmt hat, ziehen wir nichts ein.</p>
{% endif %}
{% endblock %}
"""


def give(house: House, call: Call) -> Result:
    """Record a mandate; the connector `kasse.mandat`.

    Inputs: `iban`, `glaeubiger_id`, `kassenzeichen` (the reference is made of it), `wortlaut` as it was shown, optional
    `kontoinhaber` (a name). Outputs: `mandat` (id), `iban_maskiert`, `bestaetigt`: false where the account is another
    person's, who has to confirm first.
    """
    if call.vorgang_id is None:
        raise ValueError("a mandate belongs to a Vorgang")
    iban = read_iban(str(call.inputs.get("iban") or ""))
    if iban is None:
        raise Conflict("bad_iban", message="Die IBAN stimmt nicht.")
    with house.db.read() as conn:
        file = open_file(house, conn, call.vorgang_id)
    mandat_id, given_on = uuid5(call.job_id, "mandat"), law.berlin_date(file.row["eingegangen_am"])
    debtor = file.addressee(on=law.berlin_date(call.at))
    holder = str(call.inputs.get("kontoinhaber") or "").strip()
    another = _another_holder(house, file, call, holder) if holder and not _is(debtor, holder) else None
    reference = f"{call.inputs['kassenzeichen']}-{str(mandat_id)[:4].upper()}"
    row: dict[str, Any] = {
        "tenant_id": house.tenant_id,
        "id": mandat_id,
        "vorgang_id": file.id,
        "kontoinhaber_id": another.row["id"] if another else debtor.id,
        "glaeubiger_id": str(call.inputs["glaeubiger_id"]),
        "mandatsreferenz": reference,
        "wording": str(call.inputs["wortlaut"]),
        "iban": encrypt_cell(file.key, SepaMandat, "iban", tenant_id=house.tenant_id, row_id=mandat_id, value=iban),
        "iban_masked": mask_iban(iban),
        "dokument_id": uuid5(call.job_id, "dokument"),
        "given_on": given_on,
        "confirmed_at": None if another else call.at,
        "revoked_at": None,
        "last_used_on": None,
    }
    paper = _paper(house, file, call, row, holder or _name(debtor))
    event = Event("mandat.erteilt", call.at, _WORKER, {"mandatsreferenz": reference, "iban": mask_iban(iban)})

    def write(step: Step) -> None:
        add_to_step(step, file.key, [*([another] if another else []), paper])
        step.insert(SepaMandat, row)
        step.akte_event(file.key, event)

    return Result(
        variables={"mandat": str(mandat_id), "iban_maskiert": mask_iban(iban), "bestaetigt": another is None},
        writes=[write],
    )


def _another_holder(house: House, file: OpenFile, call: Call, holder: str) -> Change:
    first, _, last = holder.rpartition(" ")
    new = NewParty(
        rolle=Rolle.KONTOINHABER,
        kind=PartyKind.PERSON,
        details={"person": {"vorname": first, "nachname": last}},
        valid_from=law.berlin_date(call.at),
    )
    return parties.add(file.key, new, tenant_id=house.tenant_id, vorgang_id=file.id, at=call.at, by=_WORKER)


def _is(party: Party, name: str) -> bool:
    return "".join(_name(party).split()).casefold() == "".join(name.split()).casefold()


def _name(party: Party) -> str:
    person = party.details.get("person", {})
    return " ".join(filter(None, (person.get("vorname"), person.get("nachname"))))


def _paper(house: House, file: OpenFile, call: Call, row: dict[str, Any], holder: str) -> Change:
    facts, today = file.procedure.facts, law.berlin_date(call.at)
    lines = (
        ("Gläubiger-Identifikationsnummer", row["glaeubiger_id"]),
        ("Mandatsreferenz", row["mandatsreferenz"]),
        ("Kontoinhaberin oder Kontoinhaber", holder),
        ("IBAN", row["iban_masked"]),
        ("Erteilt am", law.german_day(row["given_on"])),
    )
    letter = compose(
        TEMPLATE,
        name="mandat.html",
        head=Head(
            sender=house.authority.sender(facts.office.key),
            addressee=address_lines(file.addressee(on=today)),
            aktenzeichen=file.row["aktenzeichen"],
            day=today,
        ),
        data={
            "referenz": row["mandatsreferenz"],
            "wortlaut": row["wording"],
            "bestaetigt": row["confirmed_at"] is not None,
            "zeilen": [{"titel": title, "inhalt": content} for title, content in lines],
        },
        blocks=(),
        norms={},
        jurisdiction=facts.jurisdiction,
    )
    new = NewDokument(
        richtung=Richtung.EINGANG,
        art="sepa_mandat",
        name=f"{letter.title}.pdf",
        content=house.renderer.render(letter.html, title=letter.title, at=call.at),
        media_type="application/pdf",
        dokumentdatum=row["given_on"],
        eingegangen_am=file.row["eingegangen_am"],
        scan_state=ScanState.ENTFAELLT,
    )
    return documents.file_document(
        house.objects,
        file.key,
        new,
        tenant_id=house.tenant_id,
        vorgang_id=file.id,
        at=call.at,
        by=_WORKER,
        dokument_id=row["dokument_id"],
    )
