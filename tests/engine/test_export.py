"""The whole file as one PDF: every document on numbered sheets, or named with the reason why not."""

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pikepdf
import pytest
from PIL import Image
from sqlalchemy import text

from engine import export, file_actions, instances, notes
from engine.actors import Actor
from engine.errors import NotFound
from engine.export import sheets
from engine.house import House
from engine.instances import Sender
from engine.notes import NoteKind
from integrations.letters.renderer import ChildRenderer
from storage.models.vorgang import Kanal
from tests.houses import AT, BlankRenderer, citizen, deploy, dog_values, file_paper, staff

SOON = AT + timedelta(minutes=5)


@pytest.fixture
def drawing(house: House) -> House:
    return replace(house, renderer=ChildRenderer())


@pytest.fixture
def clerk(house: House) -> Actor:
    return staff(house, "schulz", "steueramt")


@pytest.fixture
def vorgang_id(house: House) -> UUID:
    sender = Sender(Kanal.PORTAL)
    values = dog_values()
    return instances.start(
        house, deploy(house), values, by=citizen(), at=AT, sender=sender, idempotency_key="k"
    ).vorgang_id


def pdf(pages: int, size: tuple[int, int] = (595, 842)) -> bytes:
    made, written = pikepdf.new(), BytesIO()
    for _ in range(pages):
        made.add_blank_page(page_size=size)
    made.save(written)
    return written.getvalue()


def picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (60, 40), "red").save(written, "PNG")
    return written.getvalue()


def marks(content: bytes) -> list[str]:
    """The line above each sheet."""
    found = []
    with pikepdf.open(BytesIO(content)) as opened:
        for page in opened.pages:
            page.contents_coalesce()
            found.append(re.findall(rb"\(([^)]*Blatt[^)]*)\)", page.Contents.read_bytes())[-1].decode())
    return found


def test_every_document_is_bound_and_every_sheet_numbered(drawing: House, clerk: Actor, vorgang_id: UUID) -> None:
    file_paper(drawing, vorgang_id, clerk, name="Vertrag.pdf", content=pdf(3))
    file_paper(drawing, vorgang_id, clerk, name="Foto.png", content=picture(), media_type="image/png")

    made = export.export(drawing, vorgang_id, by=clerk, at=SOON)

    found = marks(made.pdf)
    assert len(found) == made.sheets
    assert [line.split("Blatt ")[1] for line in found] == [f"{n} von {made.sheets}" for n in range(1, made.sheets + 1)]
    assert made.sheets >= 1 + 3 + 1 + 1
    assert re.fullmatch(r"Akte [\d.]+-\d{4}-\d+-\d\.pdf", made.name)


def test_the_contents_name_sheets_and_what_is_left_out_with_its_hash(
    house: House, clerk: Actor, vorgang_id: UUID
) -> None:
    renderer = BlankRenderer()
    house, pages = replace(house, renderer=renderer), renderer.pages
    broken = file_paper(house, vorgang_id, clerk, name="Kaputt.pdf", content=b"%PDF-1.4 x")
    file_paper(house, vorgang_id, clerk, name="Vertrag.pdf", content=pdf(3))
    cancelled = file_paper(house, vorgang_id, clerk, name="Doppelt.pdf", content=pdf(1))
    file_actions.cancel(house, vorgang_id, cancelled, reason="Doppelt <b>abgelegt</b>", by=clerk, at=SOON)
    notes.add(house, vorgang_id, NoteKind.TELEFON, "Ruft an.", by=clerk, at=SOON, idempotency_key="n")
    shown = file_actions.overview(house, vorgang_id, by=clerk, at=SOON)

    export.export(house, vorgang_id, by=clerk, at=SOON)

    front, back = " ".join(pages[-2].split()), pages[-1]
    assert "<td>2 bis 4</td>" in front
    assert "<td>5</td>" in front
    assert next(one.sha256.hex() for one in shown.documents if one.id == broken) in front
    assert "Das PDF ist nicht lesbar." in front
    assert "Diese Art von Datei hat keine Seiten zum Drucken." in front
    assert "Doppelt &lt;b&gt;abgelegt&lt;/b&gt;" in front
    assert shown.chain_head.hex() in front
    assert "Ruft an." in back
    assert shown.chain_head.hex() in back


def test_an_export_is_recorded_and_only_for_the_office(drawing: House, clerk: Actor, vorgang_id: UUID) -> None:
    for stranger in (citizen(), staff(drawing, "stein", "ordnungsamt"), staff(drawing, "admin", "betrieb")):
        with pytest.raises(NotFound):
            export.export(drawing, vorgang_id, by=stranger, at=SOON)
    export.export(drawing, vorgang_id, by=clerk, at=SOON)

    with drawing.db.read() as conn:
        rows = conn.execute(text("SELECT kind, actor_id, reason FROM zugriff")).all()
    assert [tuple(row) for row in rows] == [("export", clerk.id, "Ganze Akte als PDF")]


def test_a_turned_or_wide_page_lies_on_a_wide_sheet() -> None:
    wide = sheets.bound([pdf(1, (842, 595))], mark="22.61/2026-000001-1")

    with pikepdf.open(BytesIO(wide)) as opened:
        assert [float(side) for side in opened.pages[0].mediabox] == [0, 0, 842, 595]


def test_what_only_claims_to_be_a_picture_is_not_printable() -> None:
    with pytest.raises(sheets.NotPrintable):
        sheets.as_pdf(b"GIF89a", "image/png")
