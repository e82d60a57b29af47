"""Kassenzeichen, Markennummern and the like: drawn from the number ranges that a procedure declares."""

from decimal import Decimal
from typing import Final

from engine import law
from engine.catalog.numbers import number_range
from engine.connectors import Call, Result
from engine.errors import Conflict
from engine.feel.values import Value
from engine.files import open_file
from engine.house import House
from storage.akte.numbers import draw

MAX_AT_ONCE: Final = 100


def assign(house: House, call: Call) -> Result:
    """Draw one number, or as many as `anzahl` says; the connector `nummer.vergeben`.

    Called again after a crash it draws others: a gap harms nobody. Raises Conflict for a range that `[numbers]` does
    not declare.
    """
    if call.vorgang_id is None:
        raise ValueError("a number range belongs to a procedure with a Vorgang")
    name, count = str(call.inputs["bereich"]), _count(call.inputs.get("anzahl"))
    with house.db.read() as conn:
        written = open_file(house, conn, call.vorgang_id).procedure.facts.numbers.get(name)
    if written is None:
        raise Conflict("number_range_unknown", message=f"Den Nummernkreis „{name}“ gibt es unter [numbers] nicht.")
    year = law.berlin_date(call.at).year
    numbers = number_range(name, written)
    with house.db.begin() as conn:
        drawn: list[Value] = [draw(conn, numbers, tenant_id=house.tenant_id, year=year) for _ in range(count)]
    return Result(variables={"nummer": drawn[0] if drawn else None, "nummern": drawn})


def _count(wanted: Value) -> int:
    if wanted is None:
        return 1
    if not isinstance(wanted, Decimal) or wanted != int(wanted) or not 0 <= wanted <= MAX_AT_ONCE:
        raise Conflict("bad_count", message=f"„anzahl“ muss eine ganze Zahl von 0 bis {MAX_AT_ONCE} sein.")
    return int(wanted)
