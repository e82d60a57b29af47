"""Putting the export together: which documents are in it, on which sheets, and the pages around them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine import cases, file_actions, notes, reasons
from engine.actors import Actor
from engine.errors import Invalid
from engine.export import sheets
from engine.house import House
from storage.akte import documents, zugriffe
from storage.akte.documents import DokumentView
from storage.models.dokument import ScanState
from storage.models.zugriff import ZugriffKind

MAX_BYTES: Final = 100_000_000
MAX_SHEETS: Final = 2_000
_LOCAL: Final = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Exported:
    """`name` is a file name; `sheets` is how many pages the PDF has."""

    name: str
    pdf: bytes
    sheets: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A document in the contents: from sheet `first` to `last`, or left out with a reason (German sentence)."""

    document: DokumentView
    pdf: bytes = b""
    pages: int = 0
    first: int = 0
    left_out: str = ""

    @property
    def last(self) -> int:
        return self.first + self.pages - 1


def export(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> Exported:
    """Return the whole file as one PDF to the office in charge; the access is recorded before it is handed out.

    Raises NotFound for everybody else, and Invalid when the file is too large to be one PDF.
    """
    facts = _facts(house, vorgang_id, by=by, at=at)
    papers = _papers(house, vorgang_id, facts["overview"].documents, by=by, at=at)
    total = sum(paper.pages for paper in papers)
    if total > MAX_SHEETS:
        raise Invalid("export_too_large", {"": f"Die Akte hat mehr als {MAX_SHEETS} Blatt. Drucken Sie sie in Teilen."})
    front = _front(house, facts, papers, total=total)
    back = _drawn(house, "back.html", facts)
    number = str(facts["case"].aktenzeichen)
    pdf = sheets.bound([front, *(paper.pdf for paper in papers if paper.pages), back], mark=number)
    _record(house, vorgang_id, by=by, at=at)
    return Exported(f"Akte {number}.pdf".replace("/", "-"), pdf, sheets.count(pdf))


def _facts(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> dict[str, Any]:
    return {
        "overview": file_actions.overview(house, vorgang_id, by=by, at=at),
        "case": cases.get(house, vorgang_id, by=by, at=at),
        "history": cases.history(house, vorgang_id, by=by, at=at),
        "notes": notes.of_vorgang(house, vorgang_id, by=by, at=at),
        "reasons": reasons.of_vorgang(house, vorgang_id, by=by, at=at),
        "city": house.authority.city,
        "by": by.name,
        "at": at,
    }


def _papers(house: House, vorgang_id: UUID, filed: Sequence[DokumentView], *, by: Actor, at: datetime) -> list[Paper]:
    """Every document in the order of filing, printable or not; its content is checked against its hash."""
    found, left = [], MAX_BYTES
    with house.db.read() as conn:
        file = file_actions.open_for_office(house, conn, vorgang_id, by=by, at=at)
        for document in filed:
            why = _why_not(document, left)
            if why:
                found.append(Paper(document, left_out=why))
                continue
            _, content = documents.open_document(conn, house.objects, file.key, vorgang_id, document.id)
            left -= len(content)
            found.append(_paper(document, content))
    return found


def _why_not(document: DokumentView, left_bytes: int) -> str:
    if document.scan_state is ScanState.BEFALLEN:
        return "In dieser Datei wurde ein Virus gefunden."
    if document.media_type not in sheets.PRINTABLE:
        return "Diese Art von Datei hat keine Seiten zum Drucken."
    if document.size_bytes > left_bytes:
        return "Die Akte ist zu groß für ein einziges PDF."
    return ""


def _paper(document: DokumentView, content: bytes) -> Paper:
    try:
        pdf = sheets.as_pdf(content, document.media_type)
    except sheets.NotPrintable as error:
        return Paper(document, left_out=str(error))
    return Paper(document, pdf=pdf, pages=sheets.count(pdf))


def _front(house: House, facts: dict[str, Any], papers: list[Paper], *, total: int) -> bytes:
    """Cover and contents; drawn twice, because how long they are decides on which sheet the first document begins."""
    draft = _drawn(house, "front.html", facts | {"papers": _numbered(papers, after=0), "total": total})
    length = sheets.count(draft)
    return _drawn(house, "front.html", facts | {"papers": _numbered(papers, after=length), "total": total})


def _numbered(papers: Sequence[Paper], *, after: int) -> list[Paper]:
    numbered = []
    for paper in papers:
        numbered.append(replace(paper, first=after + 1))
        after += paper.pages
    return numbered


def _drawn(house: House, template: str, facts: dict[str, Any]) -> bytes:
    title = f"Akte {facts['case'].aktenzeichen}"
    return house.renderer.render(_pages.get_template(template).render(facts), title=title, at=facts["at"])


def _record(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> None:
    with house.db.begin() as conn:
        zugriffe.record(
            conn,
            ZugriffKind.EXPORT,
            vorgang_id,
            subject_kind="vorgang",
            subject_id=vorgang_id,
            at=at,
            actor_id=by.id,
            reason="Ganze Akte als PDF",
        )


def _day(value: date | datetime) -> str:
    on = value.astimezone(_LOCAL).date() if isinstance(value, datetime) else value
    return f"{on:%d.%m.%Y}"


def _moment(value: datetime) -> str:
    return f"{value.replace(tzinfo=value.tzinfo or UTC).astimezone(_LOCAL):%d.%m.%Y, %H:%M} Uhr"


_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters.update(day=_day, moment=_moment)
