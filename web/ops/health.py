"""Probes for operators: alive, ready, figures. They name no person and no object."""

import os
from hmac import compare_digest

from flask import Blueprint, Response, abort, request
from sqlalchemy import text

from storage.db import DatabaseUnavailable, head_revision, revision
from web import access
from web.site import house, site

blueprint = Blueprint("health", __name__)

_THIS_MACHINE = frozenset({"127.0.0.1", "::1"})


@blueprint.get("/healthz")
@access.machine
def alive() -> dict[str, str]:
    """The process answers; says nothing about what it depends on."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@access.machine
def ready() -> tuple[dict[str, object], int]:
    """The house can take an Antrag: 200, or 503 and which part is missing."""
    checks = {"database": _database(), "objects": os.access(site().settings.object_dir, os.R_OK | os.W_OK | os.X_OK)}
    is_ready = all(checks.values())
    return {"status": "ok" if is_ready else "unavailable", "checks": checks}, 200 if is_ready else 503


@blueprint.get("/metrics")
@access.machine
def metrics() -> Response:
    """Figures for Prometheus: with the token of the settings, or from this machine where there is none."""
    token = site().settings.metrics_token
    if token:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not compare_digest(sent.encode(), token.reveal().encode()):
            abort(404)
    elif request.remote_addr not in _THIS_MACHINE:
        abort(404)
    return Response(site().metrics.exposition(), mimetype="text/plain; version=0.0.4")


def _database() -> bool:
    """Whether the database answers and its schema is the one of this release."""
    try:
        with house().db.read() as conn:
            conn.execute(text("SELECT 1"))
            return revision(conn) == _HEAD
    except DatabaseUnavailable:
        return False


_HEAD = head_revision()
