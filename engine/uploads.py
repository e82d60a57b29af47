"""What an upload really is, whatever its name says; anything that could act on its own is refused.

Originals stay as they came (BSI TR-03138). Whether a virus scanner has seen them is another question: until one has,
their `scan_state` is open.
"""

import warnings
from io import BytesIO
from typing import Final

import pikepdf
from PIL import Image, UnidentifiedImageError

from engine.errors import Invalid

MAX_BYTES: Final = 20_000_000
MAX_PIXELS: Final = 40_000_000
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"

_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis"})
_ACTIVE_NAMES: Final = frozenset(
    {"/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/RichMedia", "/XFA", "/SubmitForm"}
)
_MAX_OBJECTS: Final = 100_000
_JPEG_END: Final = b"\xff\xd9"
_PNG_END: Final = b"IEND\xaeB`\x82"


def media_type_of(content: bytes, *, field: str) -> str:
    """Return the media type of a PDF, JPEG or PNG; raises Invalid with a sentence for `field` otherwise."""
    if not content:
        raise _refused(field, "Die Datei ist leer. Wählen Sie eine andere Datei.")
    if len(content) > MAX_BYTES:
        raise _refused(field, "Die Datei ist größer als 20 MB. Verkleinern Sie sie oder teilen Sie sie auf.")
    if content[:5] == b"%PDF-":
        _check_pdf(content, field)
        return PDF
    if content[:3] == b"\xff\xd8\xff":
        _check_image(content, field, "JPEG", _JPEG_END)
        return JPEG
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        _check_image(content, field, "PNG", _PNG_END)
        return PNG
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        raise _refused(
            field,
            "Das Foto ist im Format HEIC, das wir nicht lesen können. Stellen Sie in den Einstellungen der Kamera "
            "„Maximale Kompatibilität“ ein, oder speichern Sie das Foto als JPEG.",
        )
    raise _refused(field, "Diese Art von Datei nehmen wir nicht an. Wählen Sie ein PDF oder ein Foto (JPEG oder PNG).")


def _check_pdf(content: bytes, field: str) -> None:
    """Refuse a PDF that is broken, locked, does something when opened, or carries other files."""
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            things = [pdf.Root.get("/OpenAction"), *pdf.objects]
            active = len(things) > _MAX_OBJECTS or any(map(_acts, things))
    except pikepdf.PasswordError as error:
        raise _refused(field, "Das PDF hat ein Kennwort. Speichern Sie es ohne Kennwort.") from error
    except pikepdf.PdfError as error:
        raise _refused(
            field, "Das PDF ist beschädigt. Speichern Sie es neu oder fotografieren Sie das Blatt."
        ) from error
    if active:
        raise _refused(
            field,
            "Das PDF enthält Programme oder weitere Dateien. Drucken Sie es in ein neues PDF und laden Sie das hoch.",
        )


def _acts(thing: object) -> bool:
    """Whether a PDF object starts something; a destination inside the document does not."""
    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return False
    names = set(thing.keys())
    kind = str(thing.get("/S", ""))
    return bool(names & _ACTIVE_NAMES) or kind in _ACTIVE_NAMES or str(thing.get("/Type", "")) == "/EmbeddedFile"


def _check_image(content: bytes, field: str, kind: str, end: bytes) -> None:
    """Refuse an image that is broken, far too large, or followed by something else."""
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
    if not content.rstrip(b"\x00").endswith(end):
        raise _refused(field, "Hinter dem Bild stehen weitere Daten. Speichern Sie es neu.")


def _refused(field: str, sentence: str) -> Invalid:
    return Invalid("upload_refused", {field: sentence})
