"""What every route gives to whom: one line for each route and method; `test_matrix.py` runs them all.

A new route fails the build until it has a line here. The door (`@access...`) says who gets in at all, and needs no
line; the line says what happens behind it:

    "rueckfragen.show GET": Line(Who.PARTIES, 200, "asked"),

Those of `Who` get the status, everybody else whom the door lets in gets 404, exactly as for an id that does not exist.
"asked" names the objects that fill the address, see `world.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Who(StrEnum):
    """Who may have what the route gives."""

    EVERYBODY = "everybody"
    """Whoever gets through the door; the answer names nothing of anybody else."""
    CITIZENS = "citizens"
    """Whoever is signed in as a citizen, where the view itself asks; everybody else gets 401."""
    PARTIES = "parties"
    """The owner and who represents her."""
    OWNER = "owner"
    """Only the account itself."""
    BEGINNER = "beginner"
    """Only the account that began the draft."""
    OFFICE = "office"
    """The office in charge, with all its roles."""
    CANDIDATES = "candidates"
    """The group that the model names for the task."""


@dataclass(frozen=True, slots=True)
class Line:
    who: Who
    status: int
    objects: str = ""
    """Which objects fill the address and belong to the matter; empty: the address names nobody's object."""
    form: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """Parts of the address that are nobody's."""
    fresh: bool = False
    """The route changes its object: everybody who may gets one of her own."""


ALL, PARTIES, OWNER, OFFICE, CANDIDATES = Who.EVERYBODY, Who.PARTIES, Who.OWNER, Who.OFFICE, Who.CANDIDATES
BEGINNER = Who.BEGINNER
BUERGER: Final = {"realm": "buergerkonto", "site": "buergerkonto"}
DOGS: Final = {"key": "hundesteuer_anmelden"}

LINES: Final[Mapping[str, Line]] = {
    # The portal for everybody
    "home.index GET": Line(ALL, 200),
    "legal.barrierefreiheit GET": Line(ALL, 200),
    "legal.datenschutz GET": Line(ALL, 200),
    "legal.gebaerdensprache GET": Line(ALL, 200),
    "legal.impressum GET": Line(ALL, 200),
    "preferences.language GET": Line(ALL, 303, values={"code": "en"}),
    "preferences.theme GET": Line(ALL, 303, values={"theme": "dark"}),
    "services.show GET": Line(ALL, 200, values=DOGS),
    "status.index GET": Line(ALL, 200),
    "status.look_up POST": Line(ALL, 422),
    # Signing in and out
    "signin.index GET": Line(ALL, 200),
    "signin.start GET": Line(ALL, 503, values=BUERGER),  # 503: nobody answers at the provider's address here
    "signin.answer GET": Line(ALL, 400, values=BUERGER),
    "signin.leave POST": Line(ALL, 303, values=BUERGER),
    "signin.left GET": Line(ALL, 200),
    "signin.back_channel POST": Line(ALL, 503, values=BUERGER),
    "signin.stay POST": Line(Who.CITIZENS, 204, values=BUERGER),
    "signin.account GET": Line(ALL, 200),
    # Drafts
    "antrag.new GET": Line(ALL, 200, values=DOGS),
    "antrag.begin POST": Line(ALL, 303, values=DOGS),
    "antrag.resume_by_code GET": Line(ALL, 200),
    "antrag.resume_by_code POST": Line(ALL, 422),
    "antrag.resume GET": Line(BEGINNER, 303, "draft"),
    "antrag.show GET": Line(BEGINNER, 200, "draft"),
    "antrag.save POST": Line(BEGINNER, 422, "draft"),
    "antrag.check GET": Line(BEGINNER, 200, "draft"),
    "antrag.send POST": Line(BEGINNER, 409, "draft"),
    "antrag.later GET": Line(BEGINNER, 200, "draft"),
    "antrag.discard POST": Line(BEGINNER, 303, "draft", fresh=True),
    "antrag.sent GET": Line(BEGINNER, 200, "sent"),
    "antrag.code_noted POST": Line(BEGINNER, 303, "sent"),
    "antrag.answers GET": Line(BEGINNER, 200, "sent"),
    # What a citizen has sent
    "antraege.index GET": Line(ALL, 200),
    "antraege.show GET": Line(PARTIES, 200, "decided"),
    "antrag_aufgabe.show GET": Line(PARTIES, 303, "asked"),
    "antrag_aufgabe.answer POST": Line(PARTIES, 303, "asked"),
    "rueckfrage.show GET": Line(PARTIES, 200, "asked"),
    "rueckfrage.answer POST": Line(PARTIES, 422, "asked"),
    "antrag_dokumente.show GET": Line(PARTIES, 200, "decided"),
    "postfach.index GET": Line(ALL, 200),
    "postfach.show GET": Line(OWNER, 200, "decided"),
    # The inbox
    "inbox.index GET": Line(ALL, 200),
    "inbox.claim_next POST": Line(ALL, 303),
    "task.show GET": Line(CANDIDATES, 200, "open"),
    "task.complete POST": Line(CANDIDATES, 422, "open"),
    "task.claim POST": Line(CANDIDATES, 303, "open", fresh=True),
    "task.release POST": Line(CANDIDATES, 303, "open", fresh=True),
    "deferral.edit GET": Line(CANDIDATES, 200, "open"),
    "deferral.put_off POST": Line(CANDIDATES, 422, "open"),
    "deferral.take_back POST": Line(CANDIDATES, 303, "open"),
    "substitution.index GET": Line(ALL, 200),
    "substitution.arrange POST": Line(ALL, 422),
    "substitution.revoke POST": Line(ALL, 303),
    "bulk.preview POST": Line(ALL, 303),
    "bulk.perform POST": Line(ALL, 303),
    "task.preview GET": Line(CANDIDATES, 200, "deciding"),
    "task.preview POST": Line(CANDIDATES, 200, "deciding"),
    "tables.index GET": Line(ALL, 200),
    "tables.show GET": Line(ALL, 200, values={"procedure_key": "hundesteuer_anmelden", "decision_id": "regelsatz"}),
    "rueckfragen.show GET": Line(OFFICE, 200, "asked"),
    "rueckfragen.act POST": Line(OFFICE, 422, "asked"),
    "case.show GET": Line(OFFICE, 200, "decided"),
    "case.diagram GET": Line(OFFICE, 200, "decided"),
    "case.document GET": Line(OFFICE, 200, "decided"),
    "capture.index GET": Line(ALL, 200),
    "capture.begin POST": Line(ALL, 303, form={"verfahren": "hundesteuer_anmelden"}),
    "capture.show GET": Line(BEGINNER, 200, "draft"),
    "capture.send POST": Line(BEGINNER, 422, "draft"),
    "capture.receipt GET": Line(BEGINNER, 200, "sent"),
    "postausgang.index GET": Line(ALL, 200),
    "postausgang.print_letters POST": Line(ALL, 422),
    "postausgang.record POST": Line(ALL, 422),
    "bestandskraft.show GET": Line(
        OFFICE, 404, "decided", values={"bekanntgabe_id": "6a4e6c0e-0d0c-4c0e-9b68-3f0a51f2a002"}
    ),
    "bestandskraft.revoke POST": Line(
        OFFICE, 404, "decided", values={"bekanntgabe_id": "6a4e6c0e-0d0c-4c0e-9b68-3f0a51f2a002"}
    ),
    "notes.new GET": Line(OFFICE, 200, "decided"),
    "notes.add POST": Line(OFFICE, 422, "decided"),
    "case.content GET": Line(OFFICE, 200, "decided"),
    "kennzahlen.index GET": Line(ALL, 200),
    "kennzahlen.as_csv GET": Line(ALL, 200),
    "offenlegung.show GET": Line(OFFICE, 200, "decided"),
    "offenlegung.add POST": Line(OFFICE, 422, "decided"),
    "akte.index GET": Line(OFFICE, 200, "decided"),
    "akte.as_pdf GET": Line(OFFICE, 200, "decided"),
    "akte.check POST": Line(OFFICE, 200, "decided"),
    "akte.closing GET": Line(OFFICE, 200, "decided"),
    "akte.close POST": Line(OFFICE, 409, "open"),
    "akte.cancelling GET": Line(OFFICE, 200, "decided"),
    "akte.cancel POST": Line(OFFICE, 422, "decided"),
    "akte.refiling GET": Line(OFFICE, 200, "decided"),
    "akte.refile POST": Line(OFFICE, 422, "decided"),
    "bestand.show GET": Line(OFFICE, 200, "decided"),
    "bestand.hand_over_again POST": Line(
        OFFICE, 404, "decided", values={"sollstellung_id": "6a4e6c0e-0d0c-4c0e-9b68-3f0a51f2a001"}
    ),
    "reasons.index GET": Line(OFFICE, 200, "decided"),
    "reasons.show GET": Line(OFFICE, 200, "decided"),
    "reasons.export GET": Line(OFFICE, 200, "decided"),
    # Programs
    "api_openapi.show GET": Line(ALL, 200),
    "api_procedures.index GET": Line(ALL, 200),
    "api_procedures.show GET": Line(ALL, 200, values=DOGS),
    "api_procedures.start POST": Line(ALL, 422, values=DOGS, json={}),
    "api_search.index GET": Line(ALL, 422),
    "api_status.show POST": Line(ALL, 404, json={"aktenzeichen": "22.61/2026-000001-1", "access_code": "FALSCH"}),
    "api_tasks.index GET": Line(ALL, 200),
    "api_tasks.show GET": Line(CANDIDATES, 200, "open"),
    "api_tasks.claim POST": Line(CANDIDATES, 204, "open", fresh=True),
    "api_tasks.release POST": Line(CANDIDATES, 409, "open"),
    "api_tasks.complete POST": Line(CANDIDATES, 422, "open", json={"values": {}}),
    "api_documents.index GET": Line(OFFICE, 200, "decided"),
    "api_documents.content GET": Line(OFFICE, 200, "decided"),
    # Operation
    "health.alive GET": Line(ALL, 200),
    "health.ready GET": Line(ALL, 200),
    "health.metrics GET": Line(ALL, 200),
    "assets.file GET": Line(ALL, 200, values={"path": "css/base.css"}),
    # The demo's identity provider
    "demo_identity.metadata GET": Line(ALL, 200, values=BUERGER),
    "demo_identity.certs GET": Line(ALL, 200, values=BUERGER),
    "demo_identity.authorize GET": Line(ALL, 400, values=BUERGER),
    "demo_identity.choose POST": Line(ALL, 400, values=BUERGER),
    "demo_identity.logout GET": Line(ALL, 200, values=BUERGER),
    "demo_identity.token POST": Line(ALL, 401, values=BUERGER),
}
