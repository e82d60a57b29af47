"""`/api/v1/openapi.json`: the description of the interface, read from the declarations of its views."""

from dataclasses import fields
from functools import cache
from importlib import import_module
from inspect import getdoc
from pkgutil import iter_modules
from typing import Any, Final

from flask import Blueprint
from werkzeug.wrappers import Response

import web.api
from web.api import shapes
from web.api.operation import LONGEST_KEY, OPERATIONS, Operation, operation
from web.api.shapes import Schema

blueprint = Blueprint("api_openapi", __name__)

_PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `code` is stable; `detail` is a German sentence for people.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["field", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
}
_FORMATS: Final = {"vorgang_id": "uuid", "task_id": "uuid", "document_id": "uuid"}


@operation(blueprint, "GET", "/openapi.json", scope=None)
def show() -> dict[str, Any]:
    """Return this description."""
    return document()


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of all operations, in the order of their addresses."""
    for module in iter_modules(web.api.__path__):
        import_module(f"web.api.{module.name}")
    schemas: dict[str, Schema] = {"Problem": _PROBLEM}
    paths: dict[str, Any] = {}
    for one in sorted(OPERATIONS, key=lambda one: (one.template, one.method)):
        paths.setdefault(one.template, {})[one.method.lower()] = _described(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Amtsweg",
            "version": "1",
            "description": "Procedures, Anträge, tasks and documents. Dates are ISO 8601, numbers are strings.",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Problem": _answer("Problem", {"$ref": "#/components/schemas/Problem"}, "problem+json")},
        },
    }


def _described(one: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    summary, _, more = (getdoc(one.view) or "").partition("\n\n")
    described: dict[str, Any] = {
        "operationId": one.name.replace(".", "_"),
        "summary": summary,
        "security": [{"token": [one.scope.value]}] if one.scope else [],
        "parameters": _parameters(one, schemas),
        "responses": {str(one.status): _success(one, schemas), "default": {"$ref": "#/components/responses/Problem"}},
    }
    if more:
        described["description"] = " ".join(more.split())
    if "body" in one.types:
        schema = shapes.schema_of(one.types["body"], schemas)
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described


def _parameters(one: Operation, schemas: dict[str, Schema]) -> list[dict[str, Any]]:
    found = []
    for name in (part[1:-1] for part in one.template.split("/") if part.startswith("{")):
        schema: Schema = {"type": "string"} | ({"format": _FORMATS[name]} if name in _FORMATS else {})
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    query = one.types.get("query")
    if query is not None:
        hints = shapes.hints_of(query)
        for item in fields(query):
            schema = shapes.schema_of(hints[item.name], schemas)
            required = shapes.is_required(item)
            schema |= {} if required else {"default": shapes.to_json(item.default)}
            found.append({"name": item.name, "in": "query", "required": required, "schema": schema})
    if "idempotency_key" in one.types:
        key: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
        found.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": key})
    return found


def _success(one: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    kind = one.types["return"]
    if kind is type(None):
        return {"description": "Done"}
    if kind is Response:
        return {"description": "The bytes", "content": {"*/*": {}}}
    return _answer("OK", shapes.schema_of(kind, schemas), "json")


def _answer(description: str, schema: Schema, subtype: str) -> dict[str, Any]:
    return {"description": description, "content": {f"application/{subtype}": {"schema": schema}}}
