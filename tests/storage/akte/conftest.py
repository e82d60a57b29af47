"""A Vorgang to work on, on both databases, with real keys and a real folder of objects."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, insert

from storage.akte import vorgaenge
from storage.akte.cells import encrypt_cell
from storage.akte.documents import put_content
from storage.akte.vorgaenge import Draft, NewAkte, NewVorgang, OpenedVorgang
from storage.crypto import DataKey, MasterKey, create_master_key
from storage.db import Database
from storage.keys import new_key
from storage.models.akte import Geheimnis
from storage.models.data_key import DataKeyRow, KeyPurpose
from storage.models.deployment import Deployment
from storage.models.dokument import ScanState
from storage.models.entwurf import Entwurf, EntwurfFile
from storage.models.vorgang import Art, Kanal, TrustLevel, Verfahrensrecht
from storage.objects.folder import FolderStore
from storage.objects.port import ObjectStore

AT = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)
CITIZEN, CLERK = "https://konto|anna", "https://amt|schmidt"


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return create_master_key(tmp_path / "master.key")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    (tmp_path / "objects").mkdir()
    return FolderStore(tmp_path / "objects")


@dataclass(frozen=True)
class Case:
    """An Akte with one Vorgang in it."""

    akte_id: UUID
    vorgang: OpenedVorgang

    @property
    def id(self) -> UUID:
        return self.vorgang.id

    @property
    def key(self) -> DataKey:
        return self.vorgang.key


def new_vorgang(number: int = 1, **changes: object) -> NewVorgang:
    values: dict[str, object] = {
        "aktenzeichen": f"HST-2026-{number:06}",
        "procedure_key": "hundesteuer_anmelden",
        "deployment_id": None,
        "art": Art.ANZEIGE,
        "kanal": Kanal.PORTAL,
        "typed_by": CITIZEN,
        "declared_by": CITIZEN,
        "eingegangen_am": AT,
        "office": "steueramt",
        "geheimnis": Geheimnis.STEUER,
        "verfahrensrecht": Verfahrensrecht.AO,
        "jurisdiction": "DE-HE",
        "trust_level": TrustLevel.SUBSTANTIELL,
        "trust_source": "https://konto",
        "retention_class": "steuer",
        "retention_years": 10,
        "search": {"chip": "276098100000001"},
    }
    return NewVorgang(**(values | changes))  # type: ignore[arg-type]


def open_case(conn: Connection, master: MasterKey, number: int = 1, *, tenant_id: str = "darmstadt") -> Case:
    new = NewAkte(f"968.{number}", "steuerfall", "Hundesteuer Anna Beispiel", "steueramt", Geheimnis.STEUER)
    akte = vorgaenge.open_akte(master, new, tenant_id=tenant_id, at=AT, by=CITIZEN)
    for statement in akte.statements:
        conn.execute(statement)
    vorgang = vorgaenge.open_vorgang(
        master, new_vorgang(number), tenant_id=tenant_id, akte_id=akte.id, at=AT, by=CITIZEN
    )
    vorgaenge.write(conn, vorgang)
    return Case(akte.id, vorgang)


@pytest.fixture
def case(database: Database, master: MasterKey) -> Case:
    with database.begin() as conn:
        return open_case(conn, master)


@pytest.fixture
def another_case(database: Database, master: MasterKey) -> Callable[[int], Case]:
    def another(number: int) -> Case:
        with database.begin() as conn:
            return open_case(conn, master, number)

    return another


def store_draft(conn: Connection, master: MasterKey, *, expires_at: datetime) -> Draft:
    """A saved Entwurf."""
    key, key_row = new_key(master, KeyPurpose.VORGANG, tenant_id="darmstadt", at=AT)
    draft = Draft(uuid4(), key)
    answers = encrypt_cell(key, Entwurf, "answers", tenant_id="darmstadt", row_id=draft.id, value={})
    row = {
        "tenant_id": "darmstadt",
        "id": draft.id,
        "procedure_key": "hundesteuer_anmelden",
        "deployment_id": uuid4(),
        "account": CITIZEN,
        "key_id": key.id,
        "page": "person",
        "answers": answers,
        "version": 1,
        "created_at": AT,
        "changed_at": AT,
        "expires_at": expires_at,
    }
    conn.execute(insert(DataKeyRow).values(key_row))
    conn.execute(insert(Entwurf).values(row))
    return draft


def store_upload(conn: Connection, store: ObjectStore, draft: Draft) -> dict[str, object]:
    """A file of an Entwurf, as its row."""
    upload_id, content = uuid4(), b"%PDF-1.7 Ausweis"
    ref = put_content(store, draft.key, content, tenant_id="darmstadt", owner_id=draft.id, dokument_id=upload_id)
    name = encrypt_cell(draft.key, EntwurfFile, "name", tenant_id="darmstadt", row_id=upload_id, value="Ausweis.pdf")
    row = {
        "tenant_id": "darmstadt",
        "id": upload_id,
        "entwurf_id": draft.id,
        "field": "nachweis",
        "name": name,
        "sha256": sha256(content).digest(),
        "size_bytes": len(content),
        "media_type": "application/pdf",
        "object_key": ref.key,
        "store_version_id": ref.version_id,
        "scan_state": ScanState.OFFEN.value,
        "uploaded_at": AT,
    }
    conn.execute(insert(EntwurfFile).values(row))
    return row


def deploy(conn: Connection) -> UUID:
    """A deployment for instances to hang on."""
    deployment_id = uuid4()
    row: dict[str, object] = {
        "tenant_id": "darmstadt",
        "id": deployment_id,
        "procedure_key": "hundesteuer_anmelden",
        "version": 1,
        "manifest_sha256": b"m" * 32,
        "deployed_at": AT,
        "deployed_by": CLERK,
    }
    conn.execute(insert(Deployment).values(row))
    return deployment_id
