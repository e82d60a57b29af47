"""Files that come with a form: each is stored in its draft, or a sentence says why not."""

from collections.abc import Iterable
from dataclasses import replace

from flask import request
from werkzeug.datastructures import FileStorage

from engine import drafts
from engine.drafts import OpenDraft
from engine.errors import Invalid
from forms.convert import UploadedFile
from forms.entries import upload_at
from forms.model import Component
from forms.validate import file_error
from web.site import house, now


def take(draft: OpenDraft, components: tuple[Component, ...]) -> tuple[OpenDraft, dict[str, list[str]], dict[str, str]]:
    """Store the files of this request's upload fields; return the draft with them, their ids and sentences by field."""
    ids: dict[str, list[str]] = {}
    refused: dict[str, str] = {}
    for name, uploads in request.files.lists():
        component = upload_at(components, name)
        if component is None:
            continue
        for upload in uploads:
            content, file_name = upload.read(), upload.filename or ""
            if not file_name:
                continue
            error = file_error(component, file_name, len(content))
            if error:
                refused[name] = error
                continue
            draft, stored = _store(draft, name, file_name, content, refused)
            if stored is not None:
                ids.setdefault(name, []).append(stored.id)
    return draft, ids, refused


def take_all(draft: OpenDraft, field: str, uploads: Iterable[FileStorage]) -> tuple[OpenDraft, dict[str, str]]:
    """Store files that belong to no field of the form, under the name `field`."""
    refused: dict[str, str] = {}
    for upload in uploads:
        if upload.filename:
            draft, _ = _store(draft, field, upload.filename, upload.read(), refused)
    return draft, refused


def _store(
    draft: OpenDraft, field: str, name: str, content: bytes, refused: dict[str, str]
) -> tuple[OpenDraft, UploadedFile | None]:
    try:
        stored = drafts.add_file(house(), draft, field=field, name=name, content=content, at=now())
    except Invalid as invalid:
        refused |= invalid.errors
        return draft, None
    return replace(draft, files={**draft.files, stored.id: stored}), stored
