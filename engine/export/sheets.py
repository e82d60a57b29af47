"""Sheets of paper: documents become A4 pages, and every page gets its number in the margin above."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

import pikepdf
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS: Final = 100_000_000
MAX_SHEETS_OF_ONE: Final = 1_000
PICTURES: Final = frozenset({"image/png", "image/jpeg"})
PRINTABLE: Final = PICTURES | {"application/pdf"}
_SHORT, _LONG = 595, 842
_MARGIN, _HEAD = 24, 36
_FONT: Final = pikepdf.Name("/AmtswegBlatt")


class NotPrintable(Exception):
    """The content cannot be put on sheets; the message is a German sentence."""


def as_pdf(content: bytes, media_type: str) -> bytes:
    """Return a document as a PDF of its pages, filled-in fields drawn; raises NotPrintable."""
    if media_type in PICTURES:
        return _picture(content)
    if media_type != "application/pdf":
        raise NotPrintable("Diese Art von Datei hat keine Seiten zum Drucken.")
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            if not 0 < len(pdf.pages) <= MAX_SHEETS_OF_ONE:
                raise NotPrintable("Das PDF hat keine oder zu viele Seiten.")
            pdf.generate_appearance_streams()
            pdf.flatten_annotations("print")
            written = BytesIO()
            pdf.save(written)
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError) as error:
        raise NotPrintable("Das PDF ist nicht lesbar.") from error
    return written.getvalue()


def count(pdf: bytes) -> int:
    """Return how many pages a PDF has."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        return len(opened.pages)


def bound(parts: Sequence[bytes], *, mark: str) -> bytes:
    """Return one PDF of all pages in order, each on A4 with `mark` (ASCII) and "Blatt n von m" above it."""
    total = sum(count(part) for part in parts)
    whole = pikepdf.new()
    font = whole.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    for part in parts:
        with pikepdf.open(BytesIO(part)) as pdf:
            for page in pdf.pages:
                _add_sheet(whole, page, font, f"{mark}   Blatt {len(whole.pages) + 1} von {total}")
    written = BytesIO()
    whole.save(written, deterministic_id=True)
    return written.getvalue()


def _add_sheet(whole: pikepdf.Pdf, page: pikepdf.Page, font: pikepdf.Object, line: str) -> None:
    """Draw the page a little smaller, so that nothing of it is under the number."""
    width, height = (_LONG, _SHORT) if _is_landscape(page) else (_SHORT, _LONG)
    sheet = whole.add_blank_page(page_size=(width, height))
    sheet.add_overlay(page, pikepdf.Rectangle(_MARGIN, _MARGIN, width - _MARGIN, height - _HEAD))
    sheet.add_resource(font, pikepdf.Name.Font, _FONT)
    number = f"q BT {_FONT} 9 Tf {_MARGIN} {height - 24} Td ({line}) Tj ET Q"
    sheet.contents_add(number.encode("ascii"))


def _is_landscape(page: pikepdf.Page) -> bool:
    left, bottom, right, top = (float(side) for side in page.trimbox)
    is_turned = int(page.get("/Rotate", 0)) % 180 != 0
    return (right - left > top - bottom) != is_turned


def _picture(content: bytes) -> bytes:
    try:
        with Image.open(BytesIO(content)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise NotPrintable("Das Bild ist zu groß zum Drucken.")
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            written = BytesIO()
            upright.save(written, "PDF", resolution=150)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotPrintable("Das Bild ist nicht lesbar.") from error
    return written.getvalue()
