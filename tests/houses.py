"""A house for tests: real database, real folder store, real keys; letters stay pages unless a test draws them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf
from sqlalchemy import update

from engine import accounts, catalog, product
from engine.actors import Actor, ActorKind, TrustLevel, system
from engine.catalog import Deployed
from engine.files import key_of_vorgang
from engine.house import Authority, House
from engine.letters import Attachment
from integrations.kasse.folders import KasseFolders
from storage.akte import changes, documents
from storage.akte.documents import NewDokument
from storage.crypto import MasterKey, create_master_key
from storage.db import Database
from storage.models.dokument import Dokument, Richtung, ScanState
from storage.models.entwurf import EntwurfFile
from storage.objects.folder import FolderStore

TENANT = "darmstadt"
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PROCESSES = Path(__file__).parents[1] / "processes"
ISSUER = "https://anmeldung.example"


@dataclass
class PlainRenderer:
    """Keeps the page instead of drawing it; `tests/integrations/letters` proves the real one."""

    pages: list[str] = field(default_factory=list)

    def render(self, html: str, *, title: str, at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
        self.pages.append(html)
        return html.encode()


class BlankRenderer(PlainRenderer):
    """Keeps the page too, and returns a PDF with one empty sheet."""

    def render(self, html: str, *, title: str, at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
        super().render(html, title=title, at=at, attachments=attachments)
        pdf, written = pikepdf.new(), BytesIO()
        pdf.add_blank_page(page_size=(595, 842))
        pdf.save(written)
        return written.getvalue()


@dataclass
class Mailbox:
    """Keeps whom a notification went to, by message id."""

    sent: dict[str, str] = field(default_factory=dict)

    def __call__(self, *, address: str, message_id: str) -> None:
        self.sent[message_id] = address


def make_house(database: Database, folder: Path, **changes: Any) -> House:
    """Put a house together with the product's connectors."""
    objects = folder / "objects"
    objects.mkdir(exist_ok=True)
    parts: dict[str, Any] = {
        "db": database,
        "objects": FolderStore(objects),
        "master_key": _master_key(folder / "master.key"),
        "authority": Authority(
            city="Wissenschaftsstadt Darmstadt",
            street="Beispielplatz 1",
            place="64283 Darmstadt",
            offices={"steueramt": "Kassen- und Steueramt", "buergerbuero": "Bürgerbüro"},
        ),
        "renderer": PlainRenderer(),
        "notify": Mailbox(),
        "kasse": KasseFolders(folder / "kasse" / "ausgang", folder / "kasse" / "eingang"),
    }
    house = House(**(parts | changes))
    house.connectors.update(product.connectors(house))
    return house


def _master_key(path: Path) -> MasterKey:
    return MasterKey.from_file(path) if path.exists() else create_master_key(path)


def deploy(house: House, key: str = "hundesteuer_anmelden", *, at: datetime = AT) -> Deployed:
    """Deploy a procedure of the product."""
    procedure = catalog.load(catalog.read_folder(PROCESSES / key), folder=key, topics=house.connectors.keys())
    with house.db.begin() as conn:
        return catalog.deploy(conn, procedure, by="system:test", at=at)


def citizen(name: str = "erika", trust: TrustLevel = TrustLevel.SUBSTANTIELL) -> Actor:
    return Actor(f"{ISSUER}|{name}", ActorKind.CITIZEN, TENANT, name.title(), trust_level=trust)


def staff(house: House, name: str, *roles: str) -> Actor:
    """A member of staff whose name the house knows, as after signing in."""
    actor = Actor(f"{ISSUER}|{name}", ActorKind.STAFF, TENANT, name.title(), roles=frozenset(roles))
    with house.db.begin() as conn:
        accounts.remember(conn, actor, at=AT)
    return actor


def scanned(house: House, table: type[Dokument] | type[EntwurfFile], state: ScanState) -> None:
    """Let a virus scanner have said this of all files."""
    with house.db.begin() as conn:
        conn.execute(update(table).where(table.tenant_id == house.tenant_id).values(scan_state=state.value))


def file_paper(
    house: House,
    vorgang_id: UUID,
    by: Actor,
    *,
    name: str = "Impfpass.pdf",
    content: bytes = b"%PDF-1.4 x",
    media_type: str = "application/pdf",
) -> UUID:
    """Let a proof that came in later lie in the file."""
    with house.db.begin() as conn:
        key = key_of_vorgang(house, conn, vorgang_id)
        new = NewDokument(Richtung.EINGANG, "nachweis", name, content, media_type, eingegangen_am=AT)
        change = documents.file_document(
            house.objects, key, new, tenant_id=house.tenant_id, vorgang_id=vorgang_id, at=AT, by=by.id
        )
        changes.write(conn, key, vorgang_id, [change])
    return UUID(str(change.row["id"]))


def worker() -> Actor:
    return system("worker", tenant_id=TENANT)


def dog_values(**changes: Any) -> dict[str, Any]:
    """What a citizen with one dog and nothing special sends."""
    values: dict[str, Any] = {
        "person": {
            "anrede": "frau",
            "vorname": "Erika",
            "nachname": "Muster",
            "geburtsdatum": date(1980, 5, 1),
        },
        "anschrift": {"strasse": "Rheinstraße", "hausnummer": "1", "plz": "64283", "ort": "Darmstadt"},
        "hunde": [
            {
                "name": "Bello",
                "rasse": "Dackel",
                "geboren_am": date(2024, 3, 1),
                "grund": "erwerb",
                "gehalten_seit": date(2026, 10, 5),
                "gefaehrlich": "nein",
                "chip_fehlt": False,
                "chip": "276098106123456",
            }
        ],
        "weitere_hunde": Decimal(0),
        "ermaessigung": {"beantragt": "nein"},
        "bekanntgabe_kanal": "portal_abruf",
        "einwilligung_abruf": True,
        "benachrichtigung_email": "erika@example.org",
    }
    return values | changes


def dog_json() -> dict[str, Any]:
    """The same dog as a program sends it, for a person without an account."""
    values = dog_values()
    kept = {name: values[name] for name in ("anschrift", "ermaessigung")}
    person = values["person"] | {"geburtsdatum": "1980-05-01"}
    dog = values["hunde"][0] | {"geboren_am": "2024-03-01", "gehalten_seit": "2026-10-05"}
    return kept | {"person": person, "hunde": [dog], "weitere_hunde": 0, "bekanntgabe_kanal": "brief"}
