"""Deployments on both databases: versions, and reading back exactly what was deployed."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import update

from engine import catalog
from engine.catalog import deployments
from engine.catalog import procedure as procedures
from engine.catalog.folder import Files
from engine.catalog.procedure import Procedure
from engine.errors import NotFound, Refused, Unavailable
from storage.db import Database
from storage.models.deployment import DeploymentFile
from tests.conftest import as_owner

FOLDER = Path(__file__).parents[3] / "processes" / "hundesteuer_anmelden"
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    deployments._cache._found.clear()


@pytest.fixture(scope="module")
def procedure() -> Procedure:
    return catalog.load(catalog.read_folder(FOLDER), folder=FOLDER.name)


def other_version(procedure: Procedure) -> Procedure:
    files = {**procedure.files, "liesmich.md": b"neu"}
    return catalog.load(files, folder=procedure.key)


def test_a_deployed_procedure_comes_back_as_it_was(database: Database, procedure: Procedure) -> None:
    with database.begin() as conn:
        stored = catalog.deploy(conn, procedure, by="system:test", at=AT)
    with database.read() as conn:
        back = catalog.deployed(conn, stored.deployment_id)
    assert back.procedure.files == procedure.files
    assert back.procedure.manifest_sha256 == procedure.manifest_sha256
    assert back.bindings == {"hundesteuer_anmelden": procedure.process.hash}
    assert set(back.programs) == {procedure.process.hash}


def test_threads_that_read_a_version_at_once_compile_it_once(
    database: Database, procedure: Procedure, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []

    def slowly(files: Files, *, folder: str) -> Procedure:
        loads.append(folder)
        time.sleep(0.05)
        return catalog.load(files, folder=folder)

    with database.begin() as conn:
        stored = catalog.deploy(conn, other_version(procedure), by="system:test", at=AT)
    deployments._cache._found.clear()
    deployments._compiled.clear()
    monkeypatch.setattr(deployments, "reopen", slowly)

    def read(_: int) -> Procedure:
        with database.read() as conn:
            return catalog.deployed(conn, stored.deployment_id).procedure

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read, range(4)))
    assert len(loads) == 1
    assert all(one is found[0] for one in found)


def test_a_check_that_came_later_does_not_shut_out_running_cases(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stored version has rules that overlap, as one deployed before the check was made."""
    table = catalog.read_folder(FOLDER)["steuer.dmn"].decode()
    overlapping = table.replace("<text>not(1,2)</text>", "<text>&gt;= 1</text>")
    assert overlapping != table
    files = {**catalog.read_folder(FOLDER), "steuer.dmn": overlapping.encode()}
    with pytest.raises(Refused):
        catalog.load(files, folder=FOLDER.name)
    monkeypatch.setattr(procedures, "_check_tables", lambda *_: None)
    with database.begin() as conn:
        stored = catalog.deploy(conn, catalog.load(files, folder=FOLDER.name), by="system:test", at=AT)
    monkeypatch.undo()
    deployments._cache._found.clear()
    deployments._compiled.clear()
    with database.read() as conn:
        assert catalog.deployed(conn, stored.deployment_id).procedure.files == files


def test_the_same_files_make_no_new_version(database: Database, procedure: Procedure) -> None:
    with database.begin() as conn:
        first = catalog.deploy(conn, procedure, by="system:test", at=AT)
        again = catalog.deploy(conn, procedure, by="system:test", at=AT)
    assert (again.deployment_id, again.version) == (first.deployment_id, 1)


def test_a_change_makes_the_next_version_and_the_old_one_stays(database: Database, procedure: Procedure) -> None:
    with database.begin() as conn:
        first = catalog.deploy(conn, procedure, by="system:test", at=AT)
        second = catalog.deploy(conn, other_version(procedure), by="system:test", at=AT)
    with database.read() as conn:
        assert catalog.latest(conn, procedure.key).deployment_id == second.deployment_id
        assert second.version == 2
        assert "liesmich.md" not in catalog.deployed(conn, first.deployment_id).procedure.files
        assert [one.deployment_id for one in catalog.catalogue(conn)] == [second.deployment_id]


def test_unknown_procedures_and_deployments_are_not_found(database: Database) -> None:
    with database.read() as conn:
        with pytest.raises(NotFound):
            catalog.latest(conn, "gibt_es_nicht")
        with pytest.raises(NotFound):
            catalog.deployed(conn, uuid4())


def test_another_tenant_sees_nothing(open_database: Callable[..., Database], procedure: Procedure) -> None:
    with open_database().begin() as conn:
        stored = catalog.deploy(conn, procedure, by="system:test", at=AT)
    with open_database("mainz").read() as conn:
        assert catalog.catalogue(conn) == []
        with pytest.raises(NotFound):
            catalog.deployed(conn, stored.deployment_id)


def test_a_damaged_file_is_never_run(sqlite_url: str, procedure: Procedure) -> None:
    database = Database(as_owner(sqlite_url), tenant_id="darmstadt")
    with database.begin() as conn:
        stored = catalog.deploy(conn, procedure, by="system:test", at=AT)
        conn.execute(update(DeploymentFile).where(DeploymentFile.path == "steuer.dmn").values(content=b"<x/>"))
    with database.read() as conn, pytest.raises(Unavailable):
        catalog.deployed(conn, stored.deployment_id)
    database.close()


def test_a_deployment_is_compiled_once(database: Database, procedure: Procedure) -> None:
    with database.begin() as conn:
        stored = catalog.deploy(conn, procedure, by="system:test", at=AT)
    with database.read() as conn:
        assert catalog.deployed(conn, stored.deployment_id) is catalog.deployed(conn, stored.deployment_id)


def test_two_tenants_share_what_is_compiled(open_database: Callable[..., Database], procedure: Procedure) -> None:
    found = []
    for tenant in ("darmstadt", "mainz"):
        with open_database(tenant).begin() as conn:
            stored = catalog.deploy(conn, procedure, by="system:test", at=AT)
        with open_database(tenant).read() as conn:
            found.append(catalog.deployed(conn, stored.deployment_id))
    assert found[0].procedure is found[1].procedure
    assert found[0].deployment_id != found[1].deployment_id


def test_consents_are_kept_with_the_words_that_were_shown(procedure: Procedure) -> None:
    deployed = deployments.Deployed(uuid4(), 1, procedure)
    assert deployed.consent_wording("einwilligung_abruf").startswith("Ich willige ein")
    assert "§ 122a AO" in deployed.consent_wording("einwilligung_abruf")
    assert deployed.consent_wording("gibt_es_nicht") == ""
