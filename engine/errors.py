"""What can go wrong in a use case, one class per reason.

`code` is stable and English (for programs and logs); German sentences live where people read them.
"""

from collections.abc import Mapping
from typing import Any


class EngineError(Exception):
    """Base of all refusals of a use case; nothing was written when it is raised."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details: Mapping[str, Any] = details

    def __str__(self) -> str:
        return self.code


class NotFound(EngineError):
    """The object does not exist for this actor; a foreign object looks the same."""


class NotAllowed(EngineError):
    """The actor may see the object but not do this to it."""


class Infected(NotAllowed):
    """A virus was found in the document; it stays in the file and nobody opens it."""


class Conflict(EngineError):
    """Somebody else was faster, or the precondition is gone."""


class KeyReused(Conflict):
    """The idempotency key stands for another request; that one's answer stays as it is."""


class TooMany(EngineError):
    """Somebody tried too often; waiting `retry_after_s` seconds helps."""

    def __init__(self, code: str, *, retry_after_s: int, **details: Any) -> None:
        super().__init__(code, **details)
        self.retry_after_s = retry_after_s


class Invalid(EngineError):
    """The input does not fit; `errors` maps a field key to a German sentence that says what to do."""

    def __init__(self, code: str, errors: Mapping[str, str], **details: Any) -> None:
        super().__init__(code, **details)
        self.errors = errors


class Refused(EngineError):
    """A procedure cannot be deployed; `findings` say where and why."""

    def __init__(self, code: str, findings: list[Any], **details: Any) -> None:
        super().__init__(code, **details)
        self.findings = findings


class Unavailable(EngineError):
    """A part of the house (database, object store) does not answer; trying again later helps."""
