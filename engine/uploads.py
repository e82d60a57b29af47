"""What an upload really is, whatever its name says; anything that could act on its own is refused.

Originals stay as they came (BSI TR-03138). Whether a virus scanner has seen them is another question: until one has,
their `scan_state` is open.
"""

import re
import unicodedata
import warnings
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final
from zipfile import is_zipfile

import pikepdf
from PIL import Image, UnidentifiedImageError

from engine.errors import Invalid

MAX_BYTES: Final = 20_000_000
MAX_PIXELS: Final = 40_000_000
MAX_UNPACKED_BYTES: Final = 50_000_000
"""How large the tables of objects of a PDF may be, which are unpacked to look into it."""
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
EXTENSIONS: Final = {PDF: (".pdf",), JPEG: (".jpg", ".jpeg"), PNG: (".png",)}

_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1", b"heim", b"heis", b"avif"})
_OTHER_PICTURES: Final = (b"GIF8", b"II*\x00", b"MM\x00*", b"BM")
_ACTIVE_NAMES: Final = frozenset(
    {
        "/JavaScript",
        "/JS",
        "/Launch",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/RichMedia",
        "/XFA",
        "/SubmitForm",
        "/ImportData",
        "/GoToE",
        "/GoToR",
        "/Rendition",
        "/Movie",
        "/Sound",
    }
)
_MAX_OBJECTS: Final = 100_000
_MAX_DEPTH: Final = 100
_PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
_LONGEST_NAME: Final = 120
_RESERVED_NAMES: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def media_type_of(content: bytes, *, field: str) -> str:
    """Return the media type of a PDF, JPEG or PNG; raises Invalid with a sentence for `field` otherwise."""
    if not content:
        raise _refused(field, "Die Datei ist leer. Wählen Sie eine andere Datei.")
    if len(content) > MAX_BYTES:
        raise _refused(field, "Die Datei ist größer als 20 MB. Verkleinern Sie sie oder teilen Sie sie auf.")
    if is_zipfile(BytesIO(content)):
        raise _refused(field, _sentence_for_archive(content))
    if content[:5] == b"%PDF-":
        _check_pdf(content, field)
        return PDF
    if content[:3] == b"\xff\xd8\xff":
        _check_image(content, field, "JPEG", _end_of_jpegs(content))
        return JPEG
    if content[:8] == _PNG_HEAD:
        _check_image(content, field, "PNG", _end_of_png(content))
        return PNG
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        raise _refused(
            field,
            "Das Foto ist im Format HEIC, das wir nicht lesen können. Stellen Sie in den Einstellungen der Kamera "
            "„Maximale Kompatibilität“ ein, oder speichern Sie das Foto als JPEG.",
        )
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused(field, _OFFICE)
    if content.startswith(_OTHER_PICTURES) or (content[:4], content[8:12]) == (b"RIFF", b"WEBP"):
        raise _refused(field, "Diese Art von Bild nehmen wir nicht an. Speichern Sie es als JPEG oder PNG.")
    raise _refused(field, "Diese Art von Datei nehmen wir nicht an. Wählen Sie ein PDF oder ein Foto (JPEG oder PNG).")


def safe_name(name: str, media_type: str) -> str:
    """Return the name under which a file is kept and offered: no path, nothing invisible, the ending of what it is.

    "../../Rechnung\u202efdp.exe" of a PDF becomes "Rechnungfdp.exe.pdf".
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(sign for sign in last if unicodedata.category(sign)[0] not in "CZ" or sign == " ")
    plain = unicodedata.normalize("NFC", " ".join(visible.split())).strip(". ") or "Datei"
    if _RESERVED_NAMES.match(plain):
        plain = f"_{plain}"
    endings = EXTENSIONS[media_type]
    stem, dot, ending = plain.rpartition(".")
    if not stem or f".{ending.lower()}" not in endings:
        stem, dot, ending = plain, ".", endings[0][1:]
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}{dot}{ending}"


_OFFICE: Final = "Word- und Excel-Dateien nehmen wir nicht an. Speichern Sie das Dokument als PDF und wählen Sie das."


def _sentence_for_archive(content: bytes) -> str:
    """Why something that can be opened as a ZIP archive is not taken, whatever else it is."""
    if not content.startswith(b"PK"):
        return "In der Datei steckt eine zweite. Drucken Sie sie in ein neues PDF oder fotografieren Sie das Blatt."
    if b"[Content_Types].xml" in content or b"mimetypeapplication/vnd.oasis" in content:
        return _OFFICE
    return "Archive (ZIP) nehmen wir nicht an. Wählen Sie die einzelnen Dateien aus."


def _check_pdf(content: bytes, field: str) -> None:
    """Refuse a PDF that is broken, locked, huge inside, does something when opened, or carries other files."""
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise _refused(field, _BROKEN_PDF)
    if content[end + 5 :].strip(b"\x00\t\n\f\r \x1a"):
        raise _refused(field, "Hinter dem PDF stehen weitere Daten. Drucken Sie es in ein neues PDF.")
    if any(_is_bomb(head, body) for head, body in _streams(content)):
        raise _refused(field, "Das PDF ist ungewöhnlich stark gepackt. Drucken Sie es in ein neues PDF.")
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            active = len(pdf.objects) > _MAX_OBJECTS or any(_acts(thing) for thing in _inner(pdf))
            is_empty = not active and len(pdf.pages) == 0
    except pikepdf.PasswordError as error:
        raise _refused(field, "Das PDF hat ein Kennwort. Speichern Sie es ohne Kennwort.") from error
    except (pikepdf.PdfError, ValueError, TypeError) as error:
        raise _refused(field, _BROKEN_PDF) from error
    if active:
        raise _refused(
            field,
            "Das PDF enthält Programme oder weitere Dateien. Drucken Sie es in ein neues PDF und laden Sie das hoch.",
        )
    if is_empty:
        raise _refused(field, "Das PDF hat keine Seite. Wählen Sie eine andere Datei.")


_BROKEN_PDF: Final = "Das PDF ist beschädigt. Speichern Sie es neu oder fotografieren Sie das Blatt."


def _streams(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Each stream of a PDF as the dictionary before it and everything behind; nothing is unpacked."""
    view, last = memoryview(content), 0
    for found in re.finditer(rb"(?<!end)stream\r?\n", content):
        begins = content.rfind(b"obj", last, found.start())
        yield content[max(begins, last) : found.start()], view[found.end() :]
        last = found.end()


def _is_bomb(head: bytes, body: memoryview) -> bool:
    """Whether a table of objects, which is unpacked as soon as somebody opens the PDF, is far larger than it looks."""
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda escaped: bytes.fromhex(escaped[1].decode()), head)
    filters = re.findall(rb"/(\w+Decode)\b", plain)
    if not filters or not _TABLE.search(plain):
        return False
    if filters != [b"FlateDecode"]:  # packed twice, as nobody does who only wants to save space
        return True
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(body, MAX_UNPACKED_BYTES)
    except zlib.error:
        return False  # then it is no table either, and opening the PDF says so
    return bool(unpacker.unconsumed_tail) and not unpacker.eof


_TABLE: Final = re.compile(rb"/(ObjStm|First|XRef|Index)\b|/W\s*\[")
"""By its keys, because a table that lies about its type is read all the same."""


def _inner(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every dictionary and stream of a PDF, also those that stand inside others and have no number of their own."""
    waiting: list[tuple[Any, int]] = [(one, 0) for one in pdf.objects]
    while waiting:
        thing, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deep")
        if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            yield thing
            waiting += [(value, depth + 1) for key in sorted(thing.keys()) if _is_inside(value := thing.get(key))]
        elif isinstance(thing, pikepdf.Array):
            waiting += [(value, depth + 1) for value in thing.as_list() if _is_inside(value)]


def _is_inside(value: object) -> bool:
    """What has a number is visited on its own."""
    return isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect


def _acts(thing: Any) -> bool:
    """Whether a PDF object starts something; a destination inside the document and a link do not."""
    kind = str(thing.get("/S", ""))
    is_file = str(thing.get("/Type", "")) == "/EmbeddedFile"
    return is_file or kind in _ACTIVE_NAMES or bool(_ACTIVE_NAMES.intersection(thing.keys()))


def _end_of_png(content: bytes) -> int:
    """Where a PNG ends; 0 if it does not."""
    at = len(_PNG_HEAD)
    while at + 12 <= len(content):
        kind, at = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4])
        if kind == b"IEND":
            return at if at <= len(content) else 0
    return 0


def _end_of_jpegs(content: bytes) -> int:
    """Where a JPEG ends, with those that telephones put behind it (a brighter picture, the depth); 0 if it does not."""
    end = 0
    while content[end : end + 3] == b"\xff\xd8\xff":
        following = _end_of_jpeg(content, end)
        if following == 0:
            return 0
        end = following
    return end


def _end_of_jpeg(content: bytes, at: int) -> int:
    """Follow the segments from one marker to the next; the picture itself stands between two of them."""
    at += 2
    while at + 4 <= len(content) or content[at : at + 2] == b"\xff\xd9":
        if content[at] != 0xFF:
            return 0
        marker = content[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            at += 2
            continue
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == 0xDA:
            found = _MARKER.search(content, at)
            at = found.start() if found else len(content)
    return 0


_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _check_image(content: bytes, field: str, kind: str, end: int) -> None:
    """Refuse an image that is broken, far too large, or followed by something else; it ends at `end`."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(content), formats=[kind]) as image:
                too_large = image.width * image.height > MAX_PIXELS
                if not too_large:
                    image.load()
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            too_large = True
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise _refused(field, "Das Bild ist beschädigt. Machen Sie ein neues Foto.") from error
    if too_large:
        raise _refused(field, "Das Bild hat zu viele Bildpunkte. Verkleinern Sie es auf höchstens 40 Megapixel.")
    if end == 0 or content[end:].strip(b"\x00"):
        raise _refused(field, "Hinter dem Bild stehen weitere Daten. Speichern Sie es neu.")


def _refused(field: str, sentence: str) -> Invalid:
    return Invalid("upload_refused", {field: sentence})
