"""The port to what draws the PDF, and what it hands over beside the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import rfc8785

from engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF; `relationship` is PDF's AFRelationship (Data, Source, Alternative, Supplement)."""

    name: str
    description: str
    media_type: str
    content: bytes
    relationship: str = "Data"


class LetterRefused(EngineError):
    """The letter cannot be written from this template or data; `message` in `details` is a German sentence."""


class RenderFailed(EngineError):
    """No PDF came out. `code` says why: letter_render_timeout, letter_render_memory, letter_render_too_deep,
    letter_render_address (an address outside the fixed table), letter_render_too_large, letter_render_crashed.
    Trying again helps only after a time-out; else page or data must change.
    """


class Renderer(Protocol):
    """Draws one page as PDF/A-3a and PDF/UA-1 at once."""

    def render(self, html: str, *, title: str, at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
        """Return the PDF; the same input gives the same bytes. `at` (aware) is its creation date.

        Raises RenderFailed. Fetches nothing: only the fonts of the fixed table exist for the page.
        """
        ...


def decision_attachment(decision: Mapping[str, Any]) -> Attachment:
    """Return the decision as JSON for machines: canonical (RFC 8785), so amounts are strings and never floats."""
    return Attachment(
        name="bescheid.json",
        description="Der Bescheid als Daten",
        media_type="application/json",
        content=rfc8785.dumps(dict(decision)),
    )
