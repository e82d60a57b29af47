"""The zoo of hostile files: nothing in it is stored, and everybody is told in German what to do instead."""

import struct
import zipfile
import zlib
from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from engine import uploads
from engine.errors import Invalid
from tests.engine.test_uploads import image, pdf

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCRIPT = b"<html><script>alert(document.cookie)</script></html>"


def archive(**files: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def named_archive(name: str, content: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return out.getvalue()


def office(**files: bytes) -> bytes:
    types = b'<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
    return archive(**{"[Content_Types].xml": types, "word__document.xml": b"<w/>"} | files)


def with_direct_action(kind: str) -> bytes:
    """An action without a number of its own, inside an annotation inside a page."""

    def change(document: pikepdf.Pdf) -> None:
        action = pikepdf.Dictionary(S=pikepdf.Name(f"/{kind}"), F=pikepdf.String("cmd.exe"))
        link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, A=action)
        document.pages[0].Annots = pikepdf.Array([link])

    return pdf(change)


def with_xfa(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = pikepdf.Dictionary(XFA=pikepdf.String("<xdp/>"))


def pdf_bomb(*, dictionary: bytes = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode") -> bytes:
    """A table of objects that is a thousand times larger than the file."""
    packed = zlib.compress(bytes(120_000_000), 9)
    body = b"5 0 obj\n<< %s /Length %d >>\nstream\n" % (dictionary, len(packed))
    good = pdf()
    return good[: good.rfind(b"xref")] + body + packed + b"\nendstream\nendobj\n" + good[good.rfind(b"xref") :]


def png_of(width: int, height: int) -> bytes:
    """A PNG that only says it is so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def no_pages() -> bytes:
    out = BytesIO()
    with pikepdf.new() as document:
        document.save(out)
    return out.getvalue()


ZOO = {
    "gif with zip": b"GIF89a" + bytes(20) + archive(a=b"x"),
    "gif that is html": b"GIF89a=0;" + SCRIPT,
    "pdf with zip": pdf() + archive(a=b"x"),
    "pdf with zip that ends as a pdf": pdf() + archive(a=b"x")[:-2] + b"\x06\x00%%EOF\n",
    "jpeg with zip": image("JPEG") + archive(a=b"x"),
    "png with zip": image("PNG") + archive(a=b"x"),
    "jpeg with html behind that ends as a jpeg": image("JPEG") + SCRIPT + b"\xff\xd9",
    "png with html behind that ends as a png": image("PNG") + SCRIPT + b"IEND\xaeB`\x82",
    "pdf with html behind": pdf() + SCRIPT,
    "html as pdf": SCRIPT,
    "html before a pdf": SCRIPT + pdf(),
    "svg with script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "macro document": office(word__vbaProject_bin=b"VBA"),
    "plain word document": office(),
    "old word document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "zip bomb": archive(a=bytes(20_000_000)),
    "zip slip": named_archive("../../etc/passwd", b"root::0"),
    "pdf bomb": pdf_bomb(),
    "pdf bomb under another name": pdf_bomb(dictionary=b"/Type /Obj#53tm /N 1 /First 4 /Filter /Flate#44ecode"),
    "pdf bomb that lies about its type": pdf_bomb(dictionary=b"/Type /Metadata /N 1 /First 4 /Filter /FlateDecode"),
    "pdf bomb packed twice": pdf_bomb(dictionary=b"/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode]"),
    "pdf that launches, in a link": with_direct_action("Launch"),
    "pdf that sends, in a link": with_direct_action("SubmitForm"),
    "pdf that opens another, in a link": with_direct_action("GoToR"),
    "pdf with a form of programs": pdf(with_xfa),
    "pdf with a password": pdf(encryption=pikepdf.Encryption(owner="a", user="b")),
    "pdf cut off": pdf()[:300],
    "pdf without a page": no_pages(),
    "image of 60,000 x 60,000": png_of(60_000, 60_000),
    "image of 2 billion columns": png_of(2**31 - 1, 1),
    "heic": b"\x00\x00\x00\x18ftypheic" + bytes(20),
    "avif": b"\x00\x00\x00\x18ftypavif" + bytes(20),
    "webp": b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(20),
    "tiff": b"II*\x00" + bytes(20),
    "program": b"MZ" + bytes(100),
    "test virus": EICAR,
    "nothing": b"",
    "only zeros": bytes(100),
    "pdf of one line": b"%PDF-1.7\n%%EOF",
}


@pytest.mark.parametrize("animal", sorted(ZOO))
def test_nothing_of_the_zoo_is_taken(animal: str) -> None:
    with pytest.raises(Invalid) as refused:
        uploads.media_type_of(ZOO[animal], field="nachweis")

    (sentence,) = refused.value.errors.values()
    assert sentence.endswith(".")
    assert any(word in sentence for word in ("Wählen", "Speichern", "Drucken", "Machen", "Verkleinern", "Stellen"))


@pytest.mark.parametrize(
    ("animal", "said"),
    [
        ("heic", "HEIC"),
        ("macro document", "Word"),
        ("old word document", "Word"),
        ("zip bomb", "Archive"),
        ("pdf bomb", "gepackt"),
        ("pdf with zip", "steckt eine zweite"),
        ("pdf with a password", "Kennwort"),
        ("webp", "JPEG oder PNG"),
        ("image of 60,000 x 60,000", "Megapixel"),
        ("pdf that launches, in a link", "Programme"),
    ],
)
def test_what_is_wrong_is_said_as_it_is(animal: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        uploads.media_type_of(ZOO[animal], field="nachweis")
    assert said in refused.value.errors["nachweis"]


def test_photos_of_telephones_are_taken() -> None:
    """With a second picture behind the first (MPF), progressive, with thumbnails, with fill bytes."""
    progressive, exif = BytesIO(), BytesIO()
    picture = Image.effect_noise((200, 100), 50).convert("RGB")
    picture.save(progressive, "JPEG", progressive=True)
    data = Image.Exif()
    data[0x010E] = "Hundesteuer"
    picture.save(exif, "JPEG", exif=data, comment=b"\xff\xd9" * 5)
    two = image("JPEG") + progressive.getvalue()
    for content in (progressive.getvalue(), exif.getvalue(), two, exif.getvalue() + bytes(16)):
        assert uploads.media_type_of(content, field="f") == "image/jpeg"


def test_ordinary_papers_are_taken() -> None:
    def outline(document: pikepdf.Pdf) -> None:
        with document.open_outline() as table:
            table.root.append(pikepdf.OutlineItem("Seite 1", 0))
        link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("https://www.darmstadt.de"))
        document.pages[0].Annots = pikepdf.Array([pikepdf.Dictionary(Subtype=pikepdf.Name.Link, A=link)])
        document.Root.OpenAction = pikepdf.Array([document.pages[0].obj, pikepdf.Name.Fit])

    packed = pdf(outline, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)
    for content in (pdf(outline), packed, packed + b"\r\n\x00\x00"):
        assert uploads.media_type_of(content, field="f") == "application/pdf"


@pytest.mark.parametrize(
    ("typed", "media_type", "kept"),
    [
        ("Müller Straße.pdf", "application/pdf", "Müller Straße.pdf"),
        ("Foto.JPEG", "image/jpeg", "Foto.JPEG"),
        ("../../etc/passwd", "application/pdf", "passwd.pdf"),
        ("C:\\Users\\Erika\\Ausweis.png", "image/png", "Ausweis.png"),
        ("Rechnung\u202efdp.exe", "application/pdf", "Rechnungfdp.exe.pdf"),
        ("bild.png\x00.exe", "image/png", "bild.png.exe.png"),
        ("seite.html", "application/pdf", "seite.html.pdf"),
        ("foto.png", "image/jpeg", "foto.png.jpg"),
        ("a\r\nSet-Cookie: x.pdf", "application/pdf", "aSet-Cookie: x.pdf"),
        ("CON.pdf", "application/pdf", "_CON.pdf"),
        ("con", "application/pdf", "_con.pdf"),
        ("....", "image/png", "Datei.png"),
        ("", "image/jpeg", "Datei.jpg"),
        ("\u200b\u2066\ufeff.pdf", "application/pdf", "pdf.pdf"),
        ("\ud800.pdf", "application/pdf", "pdf.pdf"),
        ("e\u0301.pdf", "application/pdf", "é.pdf"),
        ("x" * 500 + ".pdf", "application/pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(typed: str, media_type: str, kept: str) -> None:
    assert uploads.safe_name(typed, media_type) == kept
