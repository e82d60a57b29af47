"""Draws one page as PDF with WeasyPrint; runs as a child process of its own and is the only importer of the library.

    python -I client.py ASSET_FOLDER  <request.json  >letter.pdf

Exit status 0 and a PDF on standard output, or another status and one JSON line {"code": ...} on standard error. The
page holds words of citizens, so nothing here trusts it: limits of the kernel stand before the library is loaded, every
address but the fixed table stops the drawing, and the process may neither connect nor start anything.
"""

import sys

if __name__ == "__main__":
    # Before anything large is imported: what follows runs under the limits.
    import resource

    _MEMORY_BYTES, _CPU_S, _FILE_BYTES = 1 << 30, 30, 64 << 20
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

import base64
import json
import logging
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import weasyprint
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

ASSETS = {"NotoSans-Regular.ttf": "font/ttf", "NotoSans-Bold.ttf": "font/ttf"}
FAILED = 3
# Part of every drawing: without any font at all Pango ends the process.
_FONTS = """
@font-face { font-family: "Brief"; src: url("asset:NotoSans-Regular.ttf"); font-weight: 400 }
@font-face { font-family: "Brief"; src: url("asset:NotoSans-Bold.ttf"); font-weight: 700 }
html { font-family: "Brief" }
"""
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# PDF/UA's mark, and the extension schema that PDF/A asks for before it accepts a foreign mark. WeasyPrint writes one
# standard's mark only (checked with 70.0, which is pinned for this reason).
_UA_MARK = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>PDF/UA part</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


class FixedTable(URLFetcher):  # type: ignore[misc] # the library has no types
    """Knows the assets by name and no address at all; anything else stops the drawing."""

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols=[], allow_redirects=False, fail_on_errors=True)
        self._folder = folder

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:  # noqa: ARG002
        name = url.removeprefix("asset:")
        if name == url or name not in ASSETS:
            raise ValueError("not in the fixed table")
        return URLFetcherResponse(url, (self._folder / name).read_bytes(), {"Content-Type": ASSETS[name]})


def draw(request: dict[str, Any], folder: Path) -> bytes:
    """Return the PDF for `html`, `title`, `created` (ISO 8601 with zone) and `attachments` (content in base64)."""
    fetcher = FixedTable(folder)
    fonts = FontConfiguration()
    page = weasyprint.HTML(string=request["html"], url_fetcher=fetcher)
    _make_printable(page.etree_element, folder)
    sheet = weasyprint.CSS(string=_FONTS, font_config=fonts, url_fetcher=fetcher)
    document = page.render(font_config=fonts, stylesheets=[sheet], pdf_tags=True)
    created = datetime.fromisoformat(request["created"])
    metadata = document.metadata
    metadata.title = printable(request["title"], folder)
    metadata.created = metadata.modified = created.isoformat(timespec="seconds")
    metadata.lang = "de"
    metadata.attachments = []
    original = metadata.generate_rdf_metadata
    metadata.generate_rdf_metadata = lambda *standard: original(*standard).replace(
        b"</rdf:RDF>", _UA_MARK + b"</rdf:RDF>"
    )
    attachments = [_attachment(one, created, fetcher) for one in request["attachments"]]
    pdf: bytes = document.write_pdf(pdf_variant="pdf/a-3a", pdf_tags=True, attachments=attachments, finisher=_finish)
    return pdf


def printable(text: str, folder: Path) -> str:
    """Replace what the letter's font cannot show: a missing glyph would break PDF/A, and silently look like a box."""
    known = _characters(folder)
    return "".join(char if char in "\n\r\t" or ord(char) in known else _REPLACEMENT for char in text)


def _make_printable(page: Any, folder: Path) -> None:
    for element in page.iter():
        element.text = printable(element.text, folder) if element.text else element.text
        element.tail = printable(element.tail, folder) if element.tail else element.tail


@cache
def _characters(folder: Path) -> frozenset[int]:
    """The characters that both weights of the letter's font have."""
    tables = [TTFont(folder / name, lazy=True).getBestCmap() for name in ASSETS]
    # Pango draws the two separators as a glyph that no font has.
    return frozenset(set(tables[0]).intersection(*tables[1:]) - {0x2028, 0x2029})


def _attachment(one: dict[str, str], created: datetime, fetcher: FixedTable) -> weasyprint.Attachment:
    return weasyprint.Attachment(
        file_obj=BytesIO(base64.b64decode(one["content"])),
        name=one["name"],
        description=one["description"],
        relationship=one["relationship"],
        created=created,
        modified=created,
        url_fetcher=fetcher,
    )


def _finish(_document: Any, pdf: Any) -> None:
    """WeasyPrint lists every attachment twice under AF: keep each once."""
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = list(dict.fromkeys(pdf.catalog["AF"]))


def _forbid_the_world() -> None:
    """Let the process neither connect nor start anything, whatever a page makes a library try."""

    def refuse(event: str, _arguments: tuple[Any, ...]) -> None:
        if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "urllib.")):
            raise PermissionError(f"a letter does not do this: {event}")

    sys.addaudithook(refuse)


def _main() -> int:
    logging.disable(logging.CRITICAL)
    _forbid_the_world()
    try:
        pdf = draw(json.load(sys.stdin), Path(sys.argv[1]))
    except (Exception, FatalURLFetchingError) as error:
        # The adapter's boundary: on a bad page the library may raise anything (and its own error is no Exception).
        return _failed(_reason(error), type(error).__name__)
    sys.stdout.buffer.write(pdf)
    return 0


def _reason(error: BaseException) -> str:
    """The library wraps some failures in others: the first known one in the chain is the reason."""
    known = {
        FatalURLFetchingError: "letter_render_address",
        MemoryError: "letter_render_memory",
        RecursionError: "letter_render_too_deep",
    }
    link: BaseException | None = error
    while link is not None:
        for kind, code in known.items():
            if isinstance(link, kind):
                return code
        link = link.__cause__ or link.__context__
    return "letter_render_crashed"


def _failed(code: str, error: str | None = None) -> int:
    """Say why on standard error; an exception by its type only, because its text may quote the page."""
    sys.stderr.write(json.dumps({"code": code, "error": error}) + "\n")
    return FAILED


if __name__ == "__main__":
    sys.exit(_main())
