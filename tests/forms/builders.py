"""Small forms for tests, written as form-js writes them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forms.model import Form
from forms.schema import load_form
from forms.validate import Given, UploadedFile

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
BLOCKS_DIR = Path(__file__).resolve().parents[2] / "forms" / "blocks"


def blocks() -> dict[str, bytes]:
    """The shared groups and caseworker forms of the product."""
    return {path.stem: path.read_bytes() for path in BLOCKS_DIR.glob("*.form")}


def form_text(*components: dict[str, Any], **attributes: Any) -> str:
    """The JSON of a form with these components."""
    return json.dumps({"type": "default", "id": "probe", "components": list(components)} | attributes)


def form(*components: dict[str, Any]) -> Form:
    """A loaded form with these components."""
    return load_form(form_text(*components), name="probe.form", blocks=blocks())


def component(kind: str, key: str, /, **attributes: Any) -> dict[str, Any]:
    """A component with an id made from its key, a label, and what is given."""
    return {"type": kind, "id": f"feld_{key}", "key": key, "label": key.capitalize()} | attributes


def required(kind: str, key: str, /, **attributes: Any) -> dict[str, Any]:
    """As `component`, to be filled in."""
    return component(kind, key, validate={"required": True} | attributes.pop("validate", {}), **attributes)


def choice(kind: str, key: str, *values: str, **attributes: Any) -> dict[str, Any]:
    """A choice between these values, whose labels are the values in capitals."""
    return component(kind, key, values=[{"value": value, "label": value.upper()} for value in values], **attributes)


def group(identifier: str, *components: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """A group, with a path if one is given."""
    return {"type": "group", "id": identifier, "label": identifier, "components": list(components)} | attributes


def rows(path: str, *components: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """A repeated group."""
    return {
        "type": "dynamiclist",
        "id": f"liste_{path}",
        "path": path,
        "label": path.capitalize(),
        "isRepeating": True,
        "allowAddRemove": True,
        "components": list(components),
    } | attributes


def given(**attributes: Any) -> Given:
    """The surroundings of a validation on 24 November 2026."""
    return Given(NOW, **attributes)


def stored_file(file_id: str = "a1", name: str = "nachweis.pdf", size_bytes: int = 120_000) -> UploadedFile:
    """A file the shell has stored."""
    return UploadedFile(file_id, name, size_bytes, "application/pdf", "0" * 64)
