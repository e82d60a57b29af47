"""Other Vorgänge of the same person or in the same Akte, as far as somebody may see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine import cases, catalog, same_person
from engine.actors import Actor
from engine.cases import Case, View
from engine.house import House
from storage.db import tenant_of
from storage.models.vorgang import VorgangRow, VorgangStatus

MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Related:
    """Another Vorgang; `same_akte` is false where only the person is the same."""

    id: UUID
    aktenzeichen: str
    title: str
    received_at: datetime
    is_open: bool
    same_akte: bool


def of_case(house: House, case: Case, *, by: Actor) -> list[Related]:
    """Return the newest others of a Vorgang that `by` sees, at most `MAX_SHOWN`; another office's are left out.

    Whoever sees only her task in it gets none.
    """
    if case.view is not View.FULL:
        return []
    with house.db.read() as conn:
        others = {one.id: one.same_akte for one in same_person.others(conn, case.id)}
        query = select(VorgangRow).with_only_columns(
            VorgangRow.id,
            VorgangRow.aktenzeichen,
            VorgangRow.deployment_id,
            VorgangRow.procedure_key,
            VorgangRow.eingegangen_am,
            VorgangRow.status,
            VorgangRow.office,
        )
        query = query.where(VorgangRow.tenant_id == tenant_of(conn), VorgangRow.id.in_(others))
        rows = conn.execute(query.order_by(VorgangRow.eingegangen_am.desc(), VorgangRow.id)).all()
        mine = [row for row in rows if cases.is_in_charge(by, row.office)][:MAX_SHOWN]
        return [
            Related(
                id=row.id,
                aktenzeichen=row.aktenzeichen,
                title=catalog.deployed(conn, row.deployment_id).procedure.title
                if row.deployment_id
                else row.procedure_key,
                received_at=row.eingegangen_am,
                is_open=row.status == VorgangStatus.OFFEN.value,
                same_akte=others[row.id],
            )
            for row in mine
        ]
