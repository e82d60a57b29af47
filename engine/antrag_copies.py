"""The readable copy of what somebody sent: the same answers as the JSON in the file, as a PDF that people can read."""

import json
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, select

from engine import law
from engine.feel.values import Value, from_json
from engine.files import address_lines, open_file
from engine.house import House
from engine.letters import Head, compose
from forms.masking import mask_pages
from forms.summary import PageSummary, summarise
from forms.validate import Given, files_in
from storage.akte import changes, documents
from storage.akte.antraege import set_readable
from storage.akte.documents import NewDokument
from storage.models.antrag import Antrag
from storage.models.dokument import Richtung, ScanState

TEMPLATE: Final = """{% extends "brief.html" %}
{% block betreff %}Kopie Ihrer Angaben: {{ titel }}{% endblock %}
{% block inhalt %}
<p>das haben Sie uns am {{ eingegangen_am | datum_lang }} gesendet. Prüfsumme (SHA-256) der gespeicherten Angaben:
{{ pruefsumme }}</p>
{% for seite in seiten %}
<h2>{{ seite.titel }}</h2>
{% for abschnitt in seite.abschnitte %}
<table>
  <caption>{{ abschnitt.titel }}</caption>
  <thead><tr><th scope="col">Angabe</th><th scope="col">Ihre Antwort</th></tr></thead>
  <tbody>
  {% for zeile in abschnitt.zeilen %}
  <tr><th scope="row">{{ zeile.feld }}</th><td>{{ zeile.antwort | zeilen }}</td></tr>
  {% endfor %}
  </tbody>
</table>
{% endfor %}
{% endfor %}
{% endblock %}
"""


def make(house: House, vorgang_id: UUID, dokument_id: UUID, *, job_id: UUID, at: datetime) -> None:
    """File the copy of the answers in document `dokument_id`; a second call with the same job changes nothing."""
    copy_id = uuid5(job_id, "kopie")
    with house.db.read() as conn:
        file = open_file(house, conn, vorgang_id)
        if any(one.id == copy_id for one in documents.list_documents(conn, file.key, vorgang_id)):
            return
        source, content = documents.open_document(conn, house.objects, file.key, vorgang_id, dokument_id)
        antraege = _antraege(house, conn, dokument_id)
    values: dict[str, Value] = {name: from_json(value) for name, value in json.loads(content)["values"].items()}
    procedure = file.procedure
    given = Given(now=at, files=files_in(procedure.start_form, values))
    pages = mask_pages(summarise(procedure.start_form, values, given, procedure.texts["de"]))
    letter = compose(
        TEMPLATE,
        name="kopie.html",
        head=Head(
            sender=house.authority.sender(procedure.facts.office.key),
            addressee=address_lines(file.addressee(on=law.berlin_date(at))),
            aktenzeichen=file.row["aktenzeichen"],
            day=law.berlin_date(at),
        ),
        data={
            "titel": procedure.title,
            "eingegangen_am": law.berlin_date(file.row["eingegangen_am"]),
            "pruefsumme": source.sha256.hex(),
            "seiten": [_as_data(page) for page in pages],
        },
        blocks=(),
        norms={},
        jurisdiction=procedure.facts.jurisdiction,
    )
    filed = documents.file_document(
        house.objects,
        file.key,
        NewDokument(
            richtung=Richtung.EINGANG,
            art=f"{procedure.facts.art.value}_kopie",
            name=f"{letter.title}.pdf",
            content=house.renderer.render(letter.html, title=letter.title, at=at),
            media_type="application/pdf",
            dokumentdatum=law.berlin_date(at),
            eingegangen_am=file.row["eingegangen_am"],
            scan_state=ScanState.ENTFAELLT,
        ),
        tenant_id=house.tenant_id,
        vorgang_id=vorgang_id,
        at=at,
        by="system:worker",
        dokument_id=copy_id,
    )
    with house.db.begin() as conn:
        changes.write(conn, file.key, vorgang_id, [filed])
        for antrag_id in antraege:
            conn.execute(set_readable(antrag_id, copy_id, tenant_id=house.tenant_id))


def _antraege(house: House, conn: Connection, dokument_id: UUID) -> list[UUID]:
    query = select(Antrag.id).where(Antrag.tenant_id == house.tenant_id, Antrag.dokument_id == dokument_id)
    return list(conn.execute(query).scalars())


def _as_data(page: PageSummary) -> dict[str, Value]:
    return {
        "titel": page.title,
        "abschnitte": [
            {
                "titel": section.title or page.title,
                "zeilen": [{"feld": answer.label, "antwort": answer.text} for answer in section.answers],
            }
            for section in page.sections
        ],
    }
