"""Procedures in the database: deploy a version, and read one back exactly as it was deployed.

A running instance reads model, forms, decisions, letters and texts from its own deployment. Those used last are kept in
memory, compiled: a deployment never changes.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Final
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from engine.bpmn.nodes import Program
from engine.catalog.folder import Files, manifest_sha256
from engine.catalog.procedure import Procedure, reopen
from engine.errors import Conflict, NotFound, Unavailable
from engine.feel import Expression
from forms.model import Form
from storage.db import tenant_of
from storage.models.deployment import Deployment, DeploymentFile

MAX_CACHED: Final = 500


@dataclass(frozen=True, eq=False)
class Deployed:
    """A stored version of a procedure; `version` counts from 1 per procedure."""

    deployment_id: UUID
    version: int
    procedure: Procedure

    @property
    def main(self) -> Program:
        """The process that a start begins."""
        return self.procedure.process

    @property
    def start_form(self) -> Form:
        return self.procedure.start_form

    @property
    def start_variables(self) -> Mapping[str, Expression]:
        return self.procedure.start_variables

    @property
    def forms(self) -> Mapping[str, Form]:
        return self.procedure.forms

    @cached_property
    def programs(self) -> Mapping[str, Program]:
        """The processes of this version by hash, as `engine.runtime.execute` takes them."""
        return {program.hash: program for program in self.procedure.programs.values()}

    @cached_property
    def bindings(self) -> Mapping[str, str]:
        """Which program a call of a process gets: its id to the hash of this version's program."""
        return {process_id: program.hash for process_id, program in self.procedure.programs.items()}

    def consent_wording(self, field_key: str) -> str:
        """Return the German words beside a consent's checkbox in the start form, label and hint; "" without one."""
        for component in self.start_form.fields():
            if component.key == field_key:
                return " ".join(part for part in (component.label, component.description) if part)
        return ""


def deploy(conn: Connection, procedure: Procedure, *, by: str, at: datetime) -> Deployed:
    """Store a procedure as its next version and return it; the same files as the latest version change nothing.

    `by` is the id of an actor. Raises Conflict when somebody else deploys the same procedure right now.
    """
    newest = _newest(conn, [procedure.key]).get(procedure.key)
    if newest is not None and newest.manifest_sha256 == procedure.manifest_sha256:
        return deployed(conn, newest.id)
    tenant_id, deployment_id = tenant_of(conn), uuid4()
    version = newest.version + 1 if newest else 1
    _store(conn, tenant_id, deployment_id, version, procedure, by=by, at=at)
    return Deployed(deployment_id, version, procedure)


def deployed(conn: Connection, deployment_id: UUID) -> Deployed:
    """Return one deployment, compiled; raises NotFound, or Unavailable when its files are not what they were."""
    key = (tenant_of(conn), deployment_id)
    found = _cache.get(key)
    if found is None:
        found = _read(conn, deployment_id)
        _cache.put(key, found)
    return found


def cached(tenant_id: str, deployment_id: UUID) -> Deployed | None:
    """Return a deployment if this process has it in memory already, so that a step asks the database nothing for it."""
    return _cache.get((tenant_id, deployment_id))


def latest(conn: Connection, procedure_key: str) -> Deployed:
    """Return the newest version of a procedure; raises NotFound."""
    newest = _newest(conn, [procedure_key]).get(procedure_key)
    if newest is None:
        raise NotFound("procedure_unknown", procedure_key=procedure_key)
    return deployed(conn, newest.id)


def catalogue(conn: Connection) -> list[Deployed]:
    """Return the newest version of every procedure, by title."""
    found = [deployed(conn, newest.id) for newest in _newest(conn, None).values()]
    return sorted(found, key=lambda one: one.procedure.title)


@dataclass(frozen=True, slots=True)
class _Newest:
    id: UUID
    version: int
    manifest_sha256: bytes


def _newest(conn: Connection, keys: Iterable[str] | None) -> dict[str, _Newest]:
    mine = Deployment.tenant_id == tenant_of(conn)
    last = select(Deployment.procedure_key, func.max(Deployment.version).label("version")).where(mine)
    if keys is not None:
        last = last.where(Deployment.procedure_key.in_(list(keys)))
    newest = last.group_by(Deployment.procedure_key).subquery()
    query = (
        select(Deployment.procedure_key, Deployment.id, Deployment.version, Deployment.manifest_sha256)
        .join(
            newest,
            (Deployment.procedure_key == newest.c.procedure_key) & (Deployment.version == newest.c.version),
        )
        .where(mine)
    )
    return {row.procedure_key: _Newest(row.id, row.version, row.manifest_sha256) for row in conn.execute(query)}


def _store(
    conn: Connection, tenant_id: str, deployment_id: UUID, version: int, procedure: Procedure, *, by: str, at: datetime
) -> None:
    row = {
        "tenant_id": tenant_id,
        "id": deployment_id,
        "procedure_key": procedure.key,
        "version": version,
        "manifest_sha256": procedure.manifest_sha256,
        "deployed_at": at,
        "deployed_by": by,
    }
    try:
        conn.execute(insert(Deployment), row)
    except IntegrityError as error:  # the version was taken between reading and writing
        raise Conflict("deployment_busy", procedure_key=procedure.key) from error
    files = [
        {
            "tenant_id": tenant_id,
            "deployment_id": deployment_id,
            "path": path,
            "sha256": hashlib.sha256(content).digest(),
            "content": content,
        }
        for path, content in procedure.files.items()
    ]
    conn.execute(insert(DeploymentFile), files)


def _read(conn: Connection, deployment_id: UUID) -> Deployed:
    tenant_id = tenant_of(conn)
    row = conn.execute(
        select(Deployment.procedure_key, Deployment.version, Deployment.manifest_sha256).where(
            Deployment.tenant_id == tenant_id, Deployment.id == deployment_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound("deployment_unknown", deployment_id=deployment_id)
    procedure = _compiled.get(row.manifest_sha256)
    if procedure is None:
        files = _read_files(conn, tenant_id, deployment_id)
        if manifest_sha256(files) != row.manifest_sha256:
            raise Unavailable("deployment_damaged", deployment_id=deployment_id)
        procedure = _compile(row.manifest_sha256, files, row.procedure_key)
    return Deployed(deployment_id, row.version, procedure)


def _compile(manifest: bytes, files: Files, folder: str) -> Procedure:
    """Compile a version once, also when threads ask for it at the same moment."""
    with _compiling:
        procedure = _compiled.get(manifest)
        if procedure is None:
            procedure = _compiled[manifest] = reopen(files, folder=folder)
        return procedure


def _read_files(conn: Connection, tenant_id: str, deployment_id: UUID) -> Files:
    query = select(DeploymentFile.path, DeploymentFile.content).where(
        DeploymentFile.tenant_id == tenant_id, DeploymentFile.deployment_id == deployment_id
    )
    return {row.path: row.content for row in conn.execute(query)}


class _Cache:
    """The deployments used last, shared by all threads of the process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: dict[tuple[str, UUID], Deployed] = {}

    def get(self, key: tuple[str, UUID]) -> Deployed | None:
        with self._lock:
            found = self._found.pop(key, None)
            if found is not None:
                self._found[key] = found
            return found

    def put(self, key: tuple[str, UUID], value: Deployed) -> None:
        with self._lock:
            self._found[key] = value
            while len(self._found) > MAX_CACHED:
                del self._found[next(iter(self._found))]


_cache: Final = _Cache()
_compiling: Final = Lock()
_compiled: Final[WeakValueDictionary[bytes, Procedure]] = WeakValueDictionary()
"""The procedures in use by the hash of their files: tenants with the same version share one."""
