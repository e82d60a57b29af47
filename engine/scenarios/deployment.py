"""The way into the product: a procedure is deployed after it was checked, scenarios and second engine included."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from engine import catalog
from engine.catalog import Deployed
from engine.errors import Refused
from engine.product import TOPICS
from engine.scenarios.check import Checked, check_folder
from engine.scenarios.house import stages
from engine.scenarios.second_engine import ask


def check_folders(folders: Sequence[Path], *, topics: Collection[str] = TOPICS) -> list[Checked]:
    """Check procedure folders with everything there is; takes a second or two for each."""
    with stages() as open_stage:
        return [check_folder(folder, open_stage, topics=topics, second_engine=ask) for folder in folders]


def deploy(conn: Connection, checked: Checked, *, by: str, at: datetime) -> Deployed:
    """Store what was checked as its next version; raises Refused unless all of it is in order.

    What is stored are the bytes that were checked, whatever became of the folder since.
    """
    if checked.procedure is None or not checked.passed:
        raise Refused("procedure_not_in_order", catalog.errors(list(checked.findings)), folder=checked.folder)
    return catalog.deploy(conn, checked.procedure, by=by, at=at)
