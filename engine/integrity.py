"""Does the file of one Vorgang still stand as it was recorded? The same check as `amtsweg verify`, for one page."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from engine.actors import Actor
from engine.file_actions import open_for_office
from engine.house import House
from storage.akte import verify
from storage.akte.report import Report


def check(house: House, vorgang_id: UUID, anchor_file: Path, *, by: Actor, at: datetime) -> Report:
    """Check chain, rows, objects and anchors of the Vorgang; raises NotFound for everybody but the office in charge."""
    with house.db.read() as conn:
        open_for_office(house, conn, vorgang_id, by=by, at=at)
        return verify.verify_vorgang(conn, house.objects, anchor_file, vorgang_id)
