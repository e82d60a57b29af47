"""The connectors that the product itself offers to procedures, by topic."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from engine import bekanntgaben, bestand, bestandskraft, decisions, kasse, mandate, nachrichten, numbers, rueckfragen
from engine.connectors import Call, Connector, Result
from engine.house import House

_HANDLERS: Final[Mapping[str, Callable[[House, Call], Result]]] = {
    "bescheid.erzeugen": decisions.issue,
    "bekanntgabe.bereitstellen": bekanntgaben.provide,
    "bekanntgabe.versandt": bekanntgaben.posted,
    "frist.abgelaufen": bekanntgaben.period_over,
    "bestandskraft.vermerken": bestandskraft.note,
    "nachricht.senden": nachrichten.send,
    "rueckfrage.stellen": rueckfragen.ask,
    "rueckfrage.erinnern": rueckfragen.remind,
    "rueckfrage.abschliessen": rueckfragen.settle,
    "nummer.vergeben": numbers.assign,
    "bestand.lesen": bestand.read,
    "bestand.schreiben": bestand.write,
    "kasse.mandat": mandate.give,
    "kasse.sollstellung": kasse.demand,
}

TOPICS: Final = frozenset(_HANDLERS)


def connectors(house: House) -> dict[str, Connector]:
    """Return the handlers, bound to this house; whoever puts the house together adds them to `house.connectors`."""
    return {topic: partial(handler, house) for topic, handler in _HANDLERS.items()}
