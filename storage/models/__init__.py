"""The tables, one file per aggregate."""

import importlib
import pkgutil

from sqlalchemy import MetaData


def metadata() -> MetaData:
    """Return the metadata of all tables; importing this package alone knows none of them."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    base = importlib.import_module(f"{__name__}.base")
    tables: MetaData = base.Base.metadata
    return tables
