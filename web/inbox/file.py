"""The right side of a task and the page of a case: what is in the file, in the words of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engine import accounts, cases, kasse, notes, reasons
from engine.actors import Actor
from engine.cases import Case, HistoryLine, View, Wait, WaitKind
from engine.catalog import GERMAN
from engine.house import House
from engine.notes import Note, NoteKind
from engine.reasons import Reason
from engine.submissions import Submission
from forms.masking import mask_pages
from forms.summary import PageSummary, summarise
from forms.validate import Given, files_in
from storage.akte.documents import DokumentView
from storage.models.dokument import Richtung, ScanState

RICHTUNG = {Richtung.EINGANG: "Eingang", Richtung.AUSGANG: "Ausgang", Richtung.INTERN: "intern"}
PAPER = {
    "antrag": "Antrag",
    "anzeige": "Anzeige",
    "meldung": "Meldung",
    "nachweis": "Nachweis",
    "schreiben": "Schreiben",
    "sollstellung": "Sollstellung",
}
_COPY = "_kopie"
SCAN = {
    ScanState.OFFEN: "noch nicht auf Viren geprüft",
    ScanState.SAUBER: "auf Viren geprüft",
    ScanState.BEFALLEN: "Virus gefunden",
    ScanState.NICHT_PRUEFBAR: "nicht auf Viren prüfbar",
    ScanState.ENTFAELLT: "",
}
KANAL = {
    "portal": "Portal",
    "schalter": "Schalter",
    "papier": "Papier",
    "telefon": "Telefon",
    "bot": "Bot",
    "iot": "Sensor",
    "api": "Schnittstelle",
}
DECISION_STATUS = {
    "entwurf": "Entwurf",
    "freigegeben": "gezeichnet, noch nicht bekannt gegeben",
    "bekannt_gegeben": "bekannt gegeben",
    "angefochten": "angefochten",
    "bestandskraeftig": "bestandskräftig",
    "geaendert": "geändert",
    "aufgehoben": "aufgehoben",
}
SERVICE_CHANNEL = {
    "portal_abruf": "Abruf im Postfach des Portals",
    "brief": "Brief",
    "nutzerkonto_postfach": "Postfach des Nutzerkontos",
    "zustellung": "förmliche Zustellung",
}
SERVICE_STATUS = {
    "vorbereitet": "vorbereitet, noch nicht abgesandt",
    "bereitgestellt": "bereitgestellt",
    "abgesandt": "abgesandt",
    "bekannt_gegeben": "bekannt gegeben",
    "nicht_bekannt_gegeben": "nicht bekannt gegeben: ein neuer Versuch ist nötig",
}
NOTIFICATION = {
    "wartet": "wartet auf den Versand",
    "versandt": "versandt",
    "fehlgeschlagen": "fehlgeschlagen: im Postfach allein gilt der Bescheid nicht als bekannt gegeben",
}
NOTE = {
    NoteKind.VERMERK: "Vermerk",
    NoteKind.TELEFON: "Telefonvermerk",
    NoteKind.UNVOLLSTAENDIG: "Unvollständig eingegangen",
}
_WAITS = {WaitKind.MESSAGE: "wartet auf eine Nachricht", WaitKind.HOUSE: "läuft gerade von selbst"}


@dataclass(frozen=True, slots=True)
class Place:
    """A line of "Wo steht der Vorgang?"; `state` is empty where the page says for whom or until when it waits."""

    wait: Wait
    state: str
    holder: str


@dataclass(frozen=True, slots=True)
class FileView:
    """What somebody sees of a Vorgang; without the full view only the papers of her task."""

    case: Case
    answers: tuple[PageSummary, ...]
    places: tuple[Place, ...]
    history: tuple[HistoryLine, ...]
    sent: tuple[Submission, ...]
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def is_full(self) -> bool:
        return self.case.view is View.FULL


def view(house: House, vorgang_id: UUID, *, by: Actor, at: datetime) -> FileView:
    """Return the file as far as `by` may see it; raises NotFound."""
    case = cases.get(house, vorgang_id, by=by, at=at)
    if case.view is not View.FULL:
        return FileView(case, (), (), (), ())
    sent = cases.submitted(house, vorgang_id, by=by, at=at)
    history = cases.history(house, vorgang_id, by=by, at=at)
    return FileView(
        case=case,
        answers=_answers(sent[0], by, at),
        places=_places(house, cases.waits(house, vorgang_id, by=by, at=at)),
        history=tuple(line for line in reversed(history) if line.elements or line.reasons),
        sent=tuple(sent),
        reasons=tuple(one for one in reasons.of_vorgang(house, vorgang_id, by=by, at=at) if one.is_current),
        notes=tuple(notes.of_vorgang(house, vorgang_id, by=by, at=at)),
    )


def document_facts(document: DokumentView) -> str:
    """Return one line about a document: "Eingang, noch nicht auf Viren geprüft"."""
    return ", ".join(filter(None, (RICHTUNG[document.richtung], SCAN[document.scan_state])))


def paper_kind(document: DokumentView) -> str:
    """Return the Art of a document as people say it: "Anzeige, lesbare Fassung"; a decision keeps its own key."""
    kind = document.art.removesuffix(_COPY)
    name = PAPER.get(kind, kind.replace("_", " ").capitalize())
    return f"{name}, lesbare Fassung" if document.art.endswith(_COPY) else name


def _answers(start: Submission, by: Actor, at: datetime) -> tuple[PageSummary, ...]:
    if start.form is None:
        return ()
    given = Given(now=at, files=files_in(start.form, start.values))
    pages = summarise(start.form, start.values, given, start.procedure.texts[GERMAN])
    return pages if kasse.ROLE in by.roles else mask_pages(pages)


def _places(house: House, waits: Sequence[Wait]) -> tuple[Place, ...]:
    with house.db.read() as conn:
        names = accounts.names_of(conn, {wait.holder for wait in waits if wait.holder})
    return tuple(Place(wait, _WAITS.get(wait.kind, ""), names.get(wait.holder or "", "")) for wait in waits)
