"""How a view of the interface declares itself, once: address, scope, shapes; the OpenAPI description is read from it.

    @operation(blueprint, "GET", "/tasks", scope=Scope.TASKS_READ)
    def index(query: TaskQuery) -> TaskPage: ...

`query` and `body` are dataclasses, read strictly; `idempotency_key` asks for the header. What is returned is the JSON
of the answer, or a ready response.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from re import sub
from typing import Any, Final

from flask import Blueprint, json, request
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wrappers import Response

from engine.errors import Invalid
from engine.tokens import Scope
from forms.json_text import JsonRefused, parse_json
from forms.text import printable
from web import access
from web.api import shapes

ROOT: Final = "/api/v1"
MAX_BODY_BYTES: Final = 1_000_000
MAX_BODY_DEPTH: Final = 14
LONGEST_KEY: Final = 200
NEEDS_KEY: Final = "Senden Sie einen eigenen Schlüssel aus 1 bis 200 sichtbaren ASCII-Zeichen je Vorhaben."

View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One view of the interface; `view` is the function as it was written."""

    name: str
    method: str
    path: str
    scope: Scope | None
    status: int
    view: View

    @property
    def types(self) -> dict[str, Any]:
        return shapes.hints_of(self.view)

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it."""
        return sub(r"<(?:\w+:)?(\w+)>", r"{\1}", self.path)


OPERATIONS: Final[list[Operation]] = []


def operation(
    blueprint: Blueprint, method: str, path: str, *, scope: Scope | None, status: int = 200
) -> Callable[[View], View]:
    """Register a view below ROOT for tokens with `scope`; None: for everybody, and no session is read."""

    def register(view: View) -> View:
        name = f"{blueprint.name}.{view.__name__}"
        declared = Operation(name.removeprefix("api_"), method, ROOT + path, scope, status, view)
        OPERATIONS.append(declared)
        served = _served(declared)
        guarded = access.machine(served) if scope is None else access.token(scope.value)(served)
        blueprint.add_url_rule(declared.path, view.__name__, guarded, methods=[method])
        return view

    return register


def _served(declared: Operation) -> View:
    parameters = inspect.signature(declared.view).parameters
    types = declared.types

    @wraps(declared.view)
    def serve(**given: Any) -> Response:
        given["query"] = _query(types.get("query"))
        if "idempotency_key" in parameters:
            given["idempotency_key"] = _idempotency_key()
        if "body" in parameters:
            given["body"] = _body(types["body"])
        answer = declared.view(**{name: value for name, value in given.items() if name in parameters})
        if isinstance(answer, Response):
            return answer
        content = "" if answer is None else json.dumps(shapes.to_json(answer))
        return _response(content, declared.status)

    return serve


def _response(content: str, status: int) -> Response:
    response = Response(content, status, mimetype="application/json" if content else None)
    response.headers["Cache-Control"] = "no-store"
    return response


def _query(kind: Any) -> Any:
    """An unknown parameter is refused: a misspelt filter must not show everything."""
    sent = request.args.to_dict(flat=False)
    twice = {printable(name): "Dieses Feld steht mehrmals da." for name, values in sent.items() if values[1:]}
    query, errors = shapes.read(kind or _Nothing, {name: values[0] for name, values in sent.items()})
    if twice or errors:
        raise Invalid("request_invalid", errors | twice)
    return query


def _body(kind: Any) -> Any:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        sent = parse_json(request.get_data(), max_bytes=MAX_BODY_BYTES, max_depth=MAX_BODY_DEPTH)
    except JsonRefused as error:
        raise Invalid("json_unreadable", {"": str(error)}) from error
    if not isinstance(sent, dict):
        raise Invalid("request_invalid", {"": "Hier wird ein JSON-Objekt erwartet."})
    body, errors = shapes.read(kind, sent)
    if errors:
        raise Invalid("request_invalid", errors)
    return body


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Invalid("request_invalid", {"Idempotency-Key": NEEDS_KEY})
    return key


@dataclass(frozen=True, slots=True)
class _Nothing:
    """No parameters."""
