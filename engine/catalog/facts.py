"""`procedure.toml` as values: what a procedure is in law, in the office and in the file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from engine.actors import TrustLevel
from engine.catalog import typed_toml
from engine.catalog.findings import Findings
from engine.catalog.numbers import number_range
from engine.law.rechtsbehelf import RemedyKind
from engine.law.values import Verfahrensrecht


class Art(StrEnum):
    """What the citizen hands in: an Antrag can be withdrawn and refused, an Anzeige is a duty, a Meldung is neither."""

    ANTRAG = "antrag"
    ANZEIGE = "anzeige"
    MELDUNG = "meldung"


class Geheimnis(StrEnum):
    """Which secrecy binds the procedure; it limits who sees more than the stage of a case."""

    STEUER = "steuer"
    SOZIAL = "sozial"
    ALLGEMEIN = "allgemein"


class Door(StrEnum):
    """Where the procedure can be started."""

    PORTAL = "portal"
    COUNTER = "counter"
    BOT = "bot"
    HOTLINE_115 = "115"
    IOT = "iot"


class Trust(StrEnum):
    """Names of `engine.actors.TrustLevel` as an author writes them."""

    KEINS = "keins"
    BASISREGISTRIERUNG = "basisregistrierung"
    SUBSTANTIELL = "substantiell"
    HOCH = "hoch"


class AbgabeArt(StrEnum):
    STEUER = "steuer"
    GEBUEHR = "gebuehr"
    BEITRAG = "beitrag"


class Remedy(StrEnum):
    """What can be done against a decision; `keiner` for a certificate, which decides nothing."""

    WIDERSPRUCH = "widerspruch"
    KLAGE = "klage"
    KEINER = "keiner"


@dataclass(frozen=True, slots=True)
class DecisionKind:
    """A kind of decision; `bescheid.erzeugen` names it as `art`."""

    art: str
    title: str
    remedy: Remedy


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the form with an art of its own, for example the Antrag on Ermäßigung inside an Anzeige.

    `when` is FEEL over the form's values: true if the citizen made use of the part.
    """

    step: str
    art: Art
    when: str


@dataclass(frozen=True, slots=True)
class Leika:
    """The service's key in the LeiKa, 14 digits, with its source and the day on which somebody looked it up."""

    key: str
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class Office:
    """The office in charge; `key` is also the group of its caseworkers."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class LegalBasis:
    norm: str
    about: str


@dataclass(frozen=True, slots=True)
class Abgabe:
    """The public charge that the procedure fixes; `satzung` names the version that the letters cite."""

    art: AbgabeArt
    name: str
    satzung: str


@dataclass(frozen=True, slots=True)
class AktePlace:
    """Where the records lie: the position in the Aktenplan, and the kind of thing to which an Akte belongs.

    `number_field` is the field of the start form that may hold the number of that thing (the Kassenzeichen), so that a
    later matter comes into the same Akte.
    """

    aktenplan: str
    aktenplan_title: str
    source: str
    of: str
    number_field: str | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the records stay after the year in which the Akte was closed; then the archive is asked."""

    class_: str
    years: int
    source: str


@dataclass(frozen=True, slots=True)
class ProcessingTime:
    working_days: int


@dataclass(frozen=True, slots=True)
class Start:
    """The start form, and the process variables as FEEL over its values (and `vorgang`)."""

    form: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """A paper that the citizen needs; its name and explanation are texts (`unterlagen.<key>`)."""

    key: str
    required: bool


@dataclass(frozen=True, slots=True)
class Privacy:
    """The information after Art. 13 DSGVO; the register of processing is made from it, too."""

    purpose: str
    legal_basis: str
    data: tuple[str, ...]
    recipients: tuple[str, ...]
    retention: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that a citizen sees, with the elements that belong to it; its words are texts (`status.<key>`).

    An optional one (a question, a refusal) is shown only when it has come to that, never as what comes next.
    """

    key: str
    elements: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All of `procedure.toml`.

    `groups` are the candidate groups of the model's tasks with the names that people read; `stages` are in the order of
    the status page.
    """

    key: str
    title: str
    art: Art
    verfahrensrecht: str
    jurisdiction: str
    geheimnis: Geheimnis
    trust_level: Trust
    doors: tuple[Door, ...]
    phrases: tuple[str, ...]
    leika: Leika
    office: Office
    legal_basis: tuple[LegalBasis, ...]
    akte: AktePlace
    groups: Mapping[str, str]
    numbers: Mapping[str, str]
    retention: Retention
    processing_time: ProcessingTime
    start: Start
    privacy: Privacy
    stages: tuple[Stage, ...]
    parts: tuple[Part, ...] = ()
    decisions: tuple[DecisionKind, ...] = ()
    documents: tuple[Document, ...] = ()
    abgabe: Abgabe | None = None

    def decision(self, art: str) -> DecisionKind | None:
        """Return the kind of decision that the model calls `art`."""
        return next((kind for kind in self.decisions if kind.art == art), None)

    def remedy_of(self, art: str) -> RemedyKind | None:
        """Return the remedy against a decision of this kind; None where there is none."""
        kind = self.decision(art)
        if kind is None:
            return RemedyKind.WIDERSPRUCH
        return None if kind.remedy is Remedy.KEINER else RemedyKind(kind.remedy.value)

    @property
    def code(self) -> Verfahrensrecht:
        return Verfahrensrecht(self.verfahrensrecht)

    @property
    def minimum_trust(self) -> TrustLevel:
        return TrustLevel[self.trust_level.name]


_KEY: Final = re.compile(r"[a-z][a-z0-9_]{2,63}")
_LEIKA: Final = re.compile(r"99[0-9]{12}")
_JURISDICTION: Final = re.compile(r"DE(-[A-Z]{2})?")


def read_facts(data: bytes, *, folder: str, findings: Findings) -> Facts | None:
    """Read `procedure.toml`; None if it cannot be used. `folder` is the folder's name, which must be the key."""
    table = typed_toml.parse(data, findings)
    facts = None if table is None else typed_toml.read(table, Facts, findings)
    if facts is not None:
        _check(facts, folder, findings)
    return facts


def _check(facts: Facts, folder: str, findings: Findings) -> None:
    if not _KEY.fullmatch(facts.key):
        findings.refuse(
            "key", "bad_key", '„key“ besteht aus Kleinbuchstaben, Ziffern und _, zum Beispiel "hundesteuer_anmelden".'
        )
    elif facts.key != folder:
        findings.refuse("key", "key_not_folder", f'„key“ muss so heißen wie der Ordner: "{folder}".')
    if not _LEIKA.fullmatch(facts.leika.key):
        findings.refuse("leika.key", "bad_leika", "Der Leistungsschlüssel hat 14 Ziffern und beginnt mit 99.")
    if not _JURISDICTION.fullmatch(facts.jurisdiction):
        findings.refuse(
            "jurisdiction", "bad_jurisdiction", '„jurisdiction“ ist ein Land nach ISO 3166-2, zum Beispiel "DE-HE".'
        )
    try:
        Verfahrensrecht(facts.verfahrensrecht)
    except ValueError:
        findings.refuse(
            "verfahrensrecht",
            "unknown_value",
            '„verfahrensrecht“ kennt diesen Wert nicht; möglich sind: "AO", "HVwVfG", "SGB X".',
        )
    if not facts.phrases:
        findings.refuse("phrases", "empty", "Nennen Sie unter „phrases“, wie Bürgerinnen und Bürger danach fragen.")
    for name, written in facts.numbers.items():
        try:
            number_range(name, written)
        except ValueError as error:
            findings.refuse(f"numbers.{name}", "bad_number_range", str(error))
    if facts.retention.years < 1:
        findings.refuse("retention.years", "bad_years", "Die Aufbewahrung dauert mindestens ein Jahr.")
