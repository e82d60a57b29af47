"""The PDF itself: standards, contents, attachment, sameness."""

import json
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from engine.letters import decision_attachment
from integrations.letters.renderer import ChildRenderer
from tests.integrations.letters import verapdf
from tests.letter_factory import body, letter

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DECISION = {"art": "steuerbescheid", "summe": "120.00", "jahr": 2026}
# Names with every kind of letter that DIN 91379 asks for, and signs that no letter font has.
_NAMES = "Łukasz Đoković, Ştefănescu, Þórður, Żółć, Nguyễn Thị Hằng, Ἀχιλλεύς, Иван, Ḩasan, 名前, 🐕, ☐ مرحبا"


def _render(one, attachments=()):
    return ChildRenderer().render(one.html, title=one.title, at=AT, attachments=attachments)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return _render(letter(), [decision_attachment(DECISION)])


def _text(pdf: bytes, tmp_path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not there")
    file = tmp_path / "letter.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout


def test_letters_pass_verapdf_as_pdf_a_3a_and_pdf_ua_1(pdf, tmp_path):
    long = letter(
        hund=_NAMES,
        zeilen=[{"name": f"Hund {number} {_NAMES}", "betrag": Decimal(number)} for number in range(60)],
        begruendung="\n".join(["Sehr langer Grund. " * 40, "Donaudampfschifffahrt" * 30] * 4),
    )
    rich = letter(
        body(
            "<h2>Liste</h2><ul><li>eins<ul><li>tief</li></ul></li><li>zwei</li></ul><ol><li>a</li></ol>"
            '<dl><dt>Begriff</dt><dd>Erklärung</dd></dl><div class="hinweis"><p>Achtung &#9744; &#128054;</p></div>'
            '<h3>Tief</h3><table><tbody><tr class="summe"><th scope="row">Summe</th><td class="zahl">1</td></tr>'
            "</tbody></table>"
            "<p><strong>fett</strong> <em>betont</em> &amp; § 1</p>"
        )
    )
    signs = "".join(chr(code) for code in range(0x20, 0x3000))
    every = letter(begruendung=signs[:9000], hund=" ".join(signs[at : at + 9] for at in range(0, 9000, 9))[:9000])
    files = []
    for name, content in {
        "short": pdf,
        "long": _render(long, [decision_attachment({"namen": _NAMES})]),
        "rich": _render(rich),
        "every": _render(every),
    }.items():
        files.append(tmp_path / f"{name}.pdf")
        files[-1].write_bytes(content)

    assert verapdf.failures("3a", *files) == []
    assert verapdf.failures("ua1", *files) == []


def test_the_decision_lies_in_the_pdf_as_data(pdf):
    with pikepdf.open(BytesIO(pdf)) as document:
        [reference] = document.Root.AF
        [(name, embedded)] = document.attachments.items()

        assert (str(reference.UF), str(reference.AFRelationship)) == ("bescheid.json", "/Data")
        assert name == "bescheid.json"
        assert embedded.get_file().mime_type == "application/json"
        assert json.loads(embedded.get_file().read_bytes()) == DECISION


def test_the_pdf_says_what_it_is_to_a_screen_reader(pdf):
    with pikepdf.open(BytesIO(pdf)) as document:
        assert str(document.Root.Lang) == "de"
        assert bool(document.Root.MarkInfo.Marked)
        assert bool(document.Root.ViewerPreferences.DisplayDocTitle)
        assert str(document.docinfo.Title) == letter().title
        kinds = _structure_kinds(document.Root.StructTreeRoot)
    assert {"/H1", "/H2", "/P", "/Table", "/TH", "/TD", "/Caption", "/L", "/LI"} <= kinds


def _structure_kinds(root) -> set[str]:
    kinds, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting.extend(node)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                kinds.add(str(node.S))
            if "/K" in node:
                waiting.append(node.K)
    return kinds


def test_the_same_letter_gives_the_same_bytes(pdf):
    assert _render(letter(), [decision_attachment(DECISION)]) == pdf


def test_its_date_is_the_one_given(pdf):
    with pikepdf.open(BytesIO(pdf)) as document:
        assert str(document.docinfo.CreationDate).startswith("D:20261124093000")


def test_a_reader_finds_the_parts_of_a_german_decision(pdf, tmp_path):
    text = _text(pdf, tmp_path)

    for part in ("Wissenschaftsstadt Darmstadt", "Ayşe Öztürk-Müller", "20.31-2026-000123-7", "24.11.2026", "120,00",
                 "innerhalb eines Monats", "Im Auftrag", "Beispiel, Oberinspektorin", "Seite 1 von"):  # fmt: skip
        assert part in text


def test_signs_that_the_font_lacks_are_replaced_visibly(tmp_path):
    text = _text(_render(letter(hund="Łajka 🐕 名")), tmp_path)

    assert "Łajka \N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}" in text


def test_the_longest_word_of_a_citizen_leaves_the_amount_on_the_page(tmp_path):
    """Breaking words anywhere by CSS took 17 s for 3,000 characters in a cell; not breaking pushed the amount out."""
    started = time.monotonic()
    pdf = _render(letter(zeilen=[{"name": "x" * 9_999, "betrag": Decimal("77.00")}]))

    assert time.monotonic() - started < 15
    for left, right in _places("77,00", pdf, tmp_path):
        assert 70 < left < right < 540


def _places(word: str, pdf: bytes, tmp_path: Path) -> list[tuple[float, float]]:
    """Left and right edge (points from the left of the page) of each occurrence."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not there")
    file, boxes = tmp_path / "letter.pdf", tmp_path / "boxes.html"
    file.write_bytes(pdf)
    subprocess.run(["pdftotext", "-bbox", str(file), str(boxes)], check=True)
    found = re.findall(rf'xMin="([\d.-]+)"[^>]* xMax="([\d.-]+)"[^>]*>{word}', boxes.read_text("utf-8"))
    assert found
    return [(float(left), float(right)) for left, right in found]


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        ChildRenderer().render("<p>x</p>", title="x", at=datetime(2026, 11, 24))  # noqa: DTZ001 -- the point
