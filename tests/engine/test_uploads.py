"""Uploads are what their bytes say, and nothing that acts on its own gets in."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from engine import uploads
from engine.errors import Invalid


def image(kind: str, size: tuple[int, int] = (8, 8)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "white").save(out, kind)
    return out.getvalue()


def pdf(change: Callable[[pikepdf.Pdf], None] = lambda _pdf: None, **save: object) -> bytes:
    out = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        change(document)
        document.save(out, **save)
    return out.getvalue()


def open_action(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def hidden_launch(document: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("cmd.exe"))
    document.pages[0].AA = pikepdf.Dictionary(O=document.make_indirect(action))


def attachment(document: pikepdf.Pdf) -> None:
    document.attachments["a.exe"] = pikepdf.AttachedFileSpec(document, b"MZ")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(pdf(), "application/pdf"), (image("JPEG"), "image/jpeg"), (image("PNG"), "image/png")],
    ids=["pdf", "jpeg", "png"],
)
def test_papers_and_photos_are_taken(content: bytes, media_type: str) -> None:
    assert uploads.media_type_of(content, field="nachweis") == media_type


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "leer"),
        (b"hello", "PDF oder ein Foto"),
        (b"<html><script>alert(1)</script>", "PDF oder ein Foto"),
        (b"PK\x03\x04word/vbaProject.bin", "PDF oder ein Foto"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "HEIC"),
        (b"%PDF-1.7 nonsense", "beschädigt"),
        (pdf(open_action), "Programme"),
        (pdf(hidden_launch), "Programme"),
        (pdf(attachment), "Programme"),
        (pdf(encryption=pikepdf.Encryption(owner="a", user="b")), "Kennwort"),
        (image("JPEG")[:200], "beschädigt"),
        (image("JPEG") + b"<html>", "weitere Daten"),
        (image("PNG") + b"PK\x03\x04", "weitere Daten"),
        (image("PNG", (8000, 5001)), "Megapixel"),
    ],
)
def test_everything_else_is_refused_with_what_to_do(content: bytes, part: str) -> None:
    with pytest.raises(Invalid) as refused:
        uploads.media_type_of(content, field="nachweis")

    assert part in refused.value.errors["nachweis"]


def test_a_file_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid, match="upload_refused"):
        uploads.media_type_of(b"%PDF-" + bytes(uploads.MAX_BYTES), field="nachweis")
