"""The texts of a procedure in all its languages, what German is taken from the facts, and which texts are missing."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from engine.catalog import typed_toml
from engine.catalog.facts import Facts
from engine.catalog.findings import Finding, Findings
from engine.catalog.folder import BLOCKS, TEXTS, Files
from forms.model import Form
from forms.texts import Texts, missing_texts

GERMAN: Final = "de"
EXPECTED: Final = (GERMAN, "leicht", "en")
"""Languages that every procedure should have; more may be there ("tr", "uk")."""

_ALWAYS: Final = (
    "leistung.titel",
    "leistung.kurz",
    "leistung.text",
    "leistung.kosten",
    "leistung.dauer",
    "bestaetigung.titel",
    "bestaetigung.text",
)
_PRIVACY: Final = ("purpose", "legal_basis", "data", "recipients", "retention")


def read_texts(files: Files, facts: Facts, found: list[Finding]) -> dict[str, Texts]:
    """Read `texte/<language>.toml` of all languages; German also has what stands in the facts."""
    languages = {PurePosixPath(name).stem for name in files if name.startswith(TEXTS) and name.endswith(".toml")}
    return {language: Texts.of(*_tables(files, facts, language, found)) for language in sorted(languages)}


def _tables(files: Files, facts: Facts, language: str, found: list[Finding]) -> Iterator[Mapping[str, object]]:
    if language == GERMAN:
        yield {"leistung": {"titel": facts.title}, "datenschutz": _privacy(facts)}
    for name in (f"{BLOCKS}{TEXTS}{language}.toml", f"{TEXTS}{language}.toml"):
        if name in files:
            yield typed_toml.parse(files[name], Findings(name, found)) or {}


def _privacy(facts: Facts) -> dict[str, str]:
    values = {name: getattr(facts.privacy, name) for name in _PRIVACY}
    return {name: value if isinstance(value, str) else "; ".join(value) for name, value in values.items()}


def check_texts(
    texts: Mapping[str, Texts], facts: Facts, forms: Iterable[Form], citizen_tasks: Iterable[str]
) -> list[Finding]:
    """Return the gaps: German ones refuse the procedure, those of other languages are notes.

    `forms` are the forms that a citizen fills, `citizen_tasks` the elements that a citizen works on.
    """
    keys = [*_ALWAYS, *_keys(facts, citizen_tasks)]
    found: list[Finding] = []
    own = texts.get(GERMAN, Texts())
    findings = Findings(f"{TEXTS}{GERMAN}.toml", found)
    for key in keys:
        if not own.find(key):
            findings.refuse(key, "text_missing", f"Der Text „{key}“ fehlt.")
    wanted = [*keys, *(f"datenschutz.{name}" for name in _PRIVACY)]
    filled = tuple(forms)
    for language in sorted({*EXPECTED, *texts} - {GERMAN}):
        _note_gaps(language, texts.get(language, Texts()), wanted, filled, found)
    return found


def _note_gaps(language: str, texts: Texts, keys: Iterable[str], forms: Iterable[Form], found: list[Finding]) -> None:
    findings = Findings(f"{TEXTS}{language}.toml", found)
    gaps = [key for key in keys if not texts.find(key)]
    gaps += [key for form in forms for key in missing_texts(form, texts)]
    for key in gaps:
        findings.note(key, "text_gap", f"Der Text „{key}“ fehlt; angezeigt wird der deutsche.")


def _keys(facts: Facts, citizen_tasks: Iterable[str]) -> Iterator[str]:
    for stage in facts.stages:
        yield from (f"status.{stage.key}.titel", f"status.{stage.key}.text")
    for document in facts.documents:
        yield from (f"unterlagen.{document.key}.titel", f"unterlagen.{document.key}.text")
    for element in citizen_tasks:
        yield from (f"aufgaben.{element}.titel", f"aufgaben.{element}.text")
