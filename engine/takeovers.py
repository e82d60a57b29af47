"""Taking over what another system kept: a person's Akte with its Bestand, so that later matters find it.

The Vorgang that holds the take-over runs no process; it is the source of what it wrote, and is closed at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import update

from engine import bestand, catalog
from engine.actors import Actor
from engine.feel.values import Value
from engine.files import open_file
from engine.house import House
from engine.instances import Filing, Sender, open_records, parties_of
from forms.validate import Result
from storage.akte import changes, vorgaenge
from storage.models.vorgang import Kanal, VorgangRow, VorgangStatus


def take_over(
    house: House,
    deployed: catalog.Deployed,
    values: Mapping[str, Value],
    objects: Sequence[Value],
    *,
    by: Actor,
    at: datetime,
) -> UUID:
    """Open an Akte for the person in `values` (blocks `person`, `anschrift`) with these objects; return its Vorgang.

    `objects` are as `bestand.schreiben` takes them. Raises Conflict where they do not fit bestand.toml; nothing is
    written then.
    """
    filing = Filing(house, deployed, Result(dict(values), {}, {}), by, at, Sender(kanal=Kanal.API))
    akte, opened = open_records(filing)
    with house.db.begin() as conn:
        for statement in akte.statements:
            conn.execute(statement)
        vorgaenge.write(conn, opened)
        changes.write(conn, opened.key, opened.id, parties_of(filing, opened))
        file = open_file(house, conn, opened.id)
        plan = bestand.plan_take_over(
            house, conn, file, objects, source_id=uuid5(opened.id, "uebernahme"), at=at, by=by.id
        )
        for statement in plan.supersessions(house.tenant_id):
            conn.execute(statement)
        changes.write(conn, opened.key, opened.id, plan.changes(house.tenant_id))
        here = (VorgangRow.tenant_id == house.tenant_id) & (VorgangRow.id == opened.id)
        conn.execute(update(VorgangRow).where(here).values(status=VorgangStatus.ABGESCHLOSSEN.value))
    return opened.id
