"""Taking in what came on paper, at the counter or by telephone: the office types, the citizen declares."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from engine import drafts, instances
from engine.actors import Actor
from engine.drafts import OpenDraft
from engine.errors import Invalid
from engine.feel.values import Value
from engine.house import House
from engine.instances import Sender, Started
from engine.law import berlin_date
from forms.validate import files_in
from storage.akte.vorgaenge import Draft
from storage.models.vorgang import Kanal

CHANNELS: Final = (Kanal.PAPIER, Kanal.SCHALTER, Kanal.TELEFON)
SCANS: Final = "_scans"
"""The field of a draft's files that show the paper as it came in; no answer of the form names them."""
CHANNEL: Final = "_kanal"
RECEIVED: Final = "_eingegangen_am"
_BERLIN: Final = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Arrival:
    """How and on which day something reached the office; when it was typed is another matter."""

    channel: Kanal
    received_on: date


def arrival(channel: str, received_on: str, *, at: datetime) -> Arrival:
    """Return what was typed; raises Invalid with a sentence per field."""
    errors: dict[str, str] = {}
    known = next((one for one in CHANNELS if one.value == channel), None)
    if known is None:
        errors[CHANNEL] = "Wählen Sie, auf welchem Weg es eingegangen ist."
    day = _day(received_on)
    if day is None:
        errors[RECEIVED] = "Geben Sie an, wann es eingegangen ist, zum Beispiel den Tag des Eingangsstempels."
    elif day > berlin_date(at):
        errors[RECEIVED] = "Der Tag des Eingangs liegt in der Zukunft. Geben Sie heute oder einen Tag davor an."
    if known is None or day is None or errors:
        raise Invalid("arrival_invalid", errors)
    return Arrival(known, day)


def send(
    house: House, draft: OpenDraft, values: Mapping[str, Value], came: Arrival, *, by: Actor, at: datetime
) -> Started:
    """Make a Vorgang of a draft that is complete; the same draft again gives the same receipt. Raises Invalid."""
    return _send(house, draft, values, _sender(draft, values, came, at), by=by, at=at)


def send_with_gaps(
    house: House, draft: OpenDraft, values: Mapping[str, Value], came: Arrival, *, by: Actor, at: datetime
) -> Started:
    """Make a Vorgang of a draft whatever is missing (§ 24 Abs. 3 HVwVfG); a note in the file says what."""
    sender = replace(_sender(draft, values, came, at), accepts_gaps=True)
    return _send(house, draft, values, sender, by=by, at=at)


def _send(
    house: House, draft: OpenDraft, values: Mapping[str, Value], sender: Sender, *, by: Actor, at: datetime
) -> Started:
    key = drafts.request_key(draft.id)
    return instances.start(house, draft.deployed, values, by=by, at=at, sender=sender, idempotency_key=key)


def _sender(draft: OpenDraft, values: Mapping[str, Value], came: Arrival, at: datetime) -> Sender:
    """Only the scans and the files that an answer names are filed; what was taken off again is not."""
    named = files_in(draft.deployed.procedure.start_form, values)
    files = {file_id: row for file_id, row in draft.rows.items() if file_id in named or row["field"] == SCANS}
    return Sender(
        kanal=came.channel, received_at=_moment(came.received_on, at), draft=Draft(draft.id, draft.key), files=files
    )


def _moment(day: date, at: datetime) -> datetime:
    """What came in today came in now; of an earlier day only the day is known, so its first moment stands for it."""
    if day == berlin_date(at):
        return at
    return datetime.combine(day, time(), _BERLIN).astimezone(at.tzinfo)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def scans_of(draft: OpenDraft) -> list[UUID]:
    """Return the ids of the scans in a draft, in the order in which they were uploaded."""
    return [UUID(file_id) for file_id, row in draft.rows.items() if row["field"] == SCANS]
