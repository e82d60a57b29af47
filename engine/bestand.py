"""The Bestand: what a procedure leaves behind (Steuerfall, Hund), read and written by the effects of a process.

`bestand.lesen` gives it to the process, `bestand.schreiben` writes it. The fields are encrypted with the key of the
Akte in which the object lies, and every state has its event in the chain of the Vorgang that wrote it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection

from engine import law, same_person
from engine.catalog.bestand import Bestand, BestandKind
from engine.connectors import Call, Result
from engine.errors import Conflict
from engine.feel.values import Value, from_json, to_json
from engine.files import OpenFile, key_of_akte, open_file
from engine.house import House
from engine.same_person import plain_number
from storage.akte import bestand
from storage.akte.bestand import Objekt, Period, Source, State
from storage.akte.changes import add_to_step
from storage.akte.rows import Change
from storage.crypto import DataKey
from storage.steps import Step

_RECORDED_BY = "system:worker"
_NO_BESTAND = "Die Leistung beschreibt keinen Bestand (bestand.toml)."


def read(house: House, call: Call) -> Result:
    """Give the process an object with everything that hangs on it; the connector `bestand.lesen`.

    Inputs: `art`, and `kassenzeichen` or `nummer` (its number), or `person`; without one, what lies in the Akte of this
    Vorgang. `am` is the day whose fields are wanted, today without it. Output `bestand`: a context with `gefunden`,
    the object under the key of its kind, a list for each kind below it under that kind's plural, and `person_passt`
    (null where the person is not given). Each object has `id`, `nummer`, `gueltig_ab`, `gueltig_bis` and its fields.
    """
    with house.db.read() as conn:
        file, declared = _open(house, conn, call)
        kind = _kind(declared, call.inputs.get("art"))
        found = _find(house, conn, file, kind, call.inputs)
        person = call.inputs.get("person")
        fits = same_person.is_in(house, conn, found[0].akte_id, person) if found and isinstance(person, dict) else None
    day = call.inputs.get("am")
    on = day if type(day) is date else law.berlin_date(call.at)
    context: dict[str, Value] = {"gefunden": found is not None, "person_passt": fits}
    context[kind.key] = _entry(kind, found[0], on) if found else None
    for child in _below(declared, kind):
        mine = [one for one in found[1] if one.kind == child.key] if found else []
        context[child.plural] = [_entry(child, one, on) for one in mine]
    return Result(variables={"bestand": context})


def write(house: House, call: Call) -> Result:
    """Write what remains; the connector `bestand.schreiben`.

    Inputs: `objekte`, a list of contexts, or one such context's entries directly: `art`, `nummer` (one that exists is
    continued, another begins an object), `id` instead of it, `eltern` (id or number; without it the only object of the
    parent's kind in the Akte), `felder` (laid over those that held), `gueltig_ab` (without it the period that holds is
    corrected), `gueltig_bis`. From `gueltig_ab` on nothing else holds. Output `objekte`: their ids, in order.
    """
    wanted = _wanted(call.inputs)
    with house.db.read() as conn:
        file, declared = _open(house, conn, call)
        source = Source(file.id, call.at, _RECORDED_BY)
        ids = [one.objekt.id for one in _planned(house, conn, file, declared, wanted, call.job_id, source).written]

    def write_all(step: Step) -> None:
        with house.db.read() as conn:
            plan = _planned(house, conn, file, declared, wanted, call.job_id, source)
        for statement in plan.supersessions(house.tenant_id):
            step.also(statement)
        add_to_step(step, file.key, plan.changes(house.tenant_id))

    return Result(variables={"objekte": [str(objekt_id) for objekt_id in ids]}, writes=[write_all])


@dataclass(frozen=True, slots=True)
class AkteBestand:
    """What remains in an Akte, for people: the kinds in their order with their objects."""

    declared: Bestand
    objects: Sequence[Objekt]


def of_akte(house: House, conn: Connection, file: OpenFile) -> AkteBestand | None:
    """Return the Bestand in the Akte of an open Vorgang; None where its procedure works on none.

    Whether somebody may see it, the caller has decided.
    """
    declared = file.procedure.bestand
    if declared is None:
        return None
    akte_id = file.row["akte_id"]
    return AkteBestand(declared, bestand.of_akte(conn, key_of_akte(house, conn, akte_id), akte_id))


def fields_of(kind: BestandKind, fields: Mapping[str, Any]) -> dict[str, Value]:
    """Return all fields of a kind from those of a state; what is not set is None."""
    return {one.key: from_json(fields[one.key]) if one.key in fields else None for one in kind.fields}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One object as the process wants it written."""

    art: str
    id: str | None
    number: str | None
    parent: str | None
    fields: Mapping[str, Value]
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class _Write:
    """One object before and after; `key` is that of its Akte."""

    key: DataKey
    before: Objekt
    objekt: Objekt
    is_new: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one call writes, in order; an object that it touches twice is one entry."""

    source: Source
    written: Sequence[_Write]

    def changes(self, tenant_id: str) -> list[Change]:
        found: list[Change] = []
        for one in self._last():
            if one.is_new:
                found.append(bestand.creation(one.objekt, self.source, tenant_id=tenant_id))
            found.extend(bestand.additions(one.key, one.before, one.objekt, tenant_id=tenant_id))
        return found

    def supersessions(self, tenant_id: str) -> Iterator[Any]:
        for one in self._last():
            yield from bestand.supersessions(one.before, one.objekt, tenant_id=tenant_id)

    def _last(self) -> Iterator[_Write]:
        last: dict[UUID, _Write] = {}
        for one in self.written:
            first = last.get(one.objekt.id, one)
            last[one.objekt.id] = _Write(one.key, first.before, one.objekt, first.is_new)
        yield from last.values()


def _open(house: House, conn: Connection, call: Call) -> tuple[OpenFile, Bestand]:
    if call.vorgang_id is None:
        raise ValueError("a Bestand belongs to an Akte")
    file = open_file(house, conn, call.vorgang_id)
    if file.procedure.bestand is None:
        raise Conflict("bestand_missing", message=_NO_BESTAND)
    return file, file.procedure.bestand


def _kind(declared: Bestand, art: Value) -> BestandKind:
    kind = declared.kind(art) if isinstance(art, str) else None
    if kind is None:
        raise Conflict("bestand_kind_unknown", message=f"Die Art „{art}“ steht nicht in bestand.toml.")
    return kind


def _below(declared: Bestand, kind: BestandKind) -> Iterator[BestandKind]:
    for child in declared.children(kind.key):
        yield child
        yield from _below(declared, child)


def _find(
    house: House, conn: Connection, file: OpenFile, kind: BestandKind, inputs: Mapping[str, Value]
) -> tuple[Objekt, list[Objekt]] | None:
    """The object that is meant, and all objects below it."""
    number, person = inputs.get("kassenzeichen") or inputs.get("nummer"), inputs.get("person")
    akten: list[UUID]
    if isinstance(number, str):
        numbered = bestand.find(conn, kind.key, plain_number(number))
        akten = [numbered] if numbered else []
    elif isinstance(person, dict):
        akten = same_person.akten_of(house, conn, kind.key, person)
    else:
        akten = []
    if number is None:
        akten = [file.row["akte_id"], *akten]
    for akte_id in akten:
        objects = bestand.of_akte(conn, key_of_akte(house, conn, akte_id), akte_id)
        mine = [
            one
            for one in objects
            if one.kind == kind.key and (not isinstance(number, str) or one.number == plain_number(number))
        ]
        if mine:
            return mine[-1], _descendants(mine[-1], objects)
    return None


def _descendants(root: Objekt, objects: Sequence[Objekt]) -> list[Objekt]:
    found, known = [], {root.id}
    for one in objects:  # in the order of recording: a parent comes before its children
        if one.parent_id in known:
            known.add(one.id)
            found.append(one)
    return found


def _entry(kind: BestandKind, objekt: Objekt, on: date) -> dict[str, Value]:
    state = objekt.state_on(on)
    return {
        "id": str(objekt.id),
        "nummer": objekt.number,
        "gueltig_ab": objekt.valid_from,
        "gueltig_bis": objekt.valid_to,
        **fields_of(kind, state.fields if state else {}),
    }


def _wanted(inputs: Mapping[str, Value]) -> list[_Wanted]:
    given = inputs.get("objekte")
    if given is None:
        given = [dict(inputs)]
    if not isinstance(given, list):
        raise Conflict("bad_objects", message="„objekte“ muss eine Liste sein.")
    return [_one_wanted(one) for one in given]


def _one_wanted(given: Value) -> _Wanted:
    if not isinstance(given, dict) or not isinstance(given.get("felder") or {}, dict):
        raise Conflict("bad_objects", message="Jedes Objekt ist ein Kontext mit „art“ und „felder“.")
    fields = given.get("felder")
    return _Wanted(
        art=str(given.get("art")),
        id=_optional_text(given.get("id")),
        number=_optional_number(given.get("nummer")),
        parent=_optional_text(given.get("eltern")),
        fields=fields if isinstance(fields, dict) else {},
        valid_from=_optional_date(given, "gueltig_ab"),
        valid_to=_optional_date(given, "gueltig_bis"),
    )


def plan_take_over(
    house: House, conn: Connection, file: OpenFile, objects: Sequence[Value], *, source_id: UUID, at: datetime, by: str
) -> Plan:
    """Return what writes objects that another system kept, in the form of `bestand.schreiben`."""
    if file.procedure.bestand is None:
        raise Conflict("bestand_missing", message=_NO_BESTAND)
    wanted = [_one_wanted(one) for one in objects]
    return _planned(house, conn, file, file.procedure.bestand, wanted, source_id, Source(file.id, at, by))


def _optional_text(value: Value) -> str | None:
    return value if isinstance(value, str) and value else None


def _optional_number(value: Value) -> str | None:
    text = _optional_text(value)
    return plain_number(text) if text else None


def _optional_date(given: Mapping[str, Value], name: str) -> date | None:
    value = given.get(name)
    if value is None or type(value) is date:
        return value
    raise Conflict("bad_objects", message=f"„{name}“ muss ein Datum sein.")


def _planned(
    house: House,
    conn: Connection,
    file: OpenFile,
    declared: Bestand,
    wanted: Sequence[_Wanted],
    source_id: UUID,
    source: Source,
) -> Plan:
    """What has to be written, from the objects as they stand now; new ids stem from `source_id`."""
    desk = _Desk(house, conn, file, declared, source)
    return Plan(source, [desk.write(one, uuid5(source_id, f"objekt/{n}")) for n, one in enumerate(wanted)])


class _Desk:
    """The objects that a call touches, as they stand after what it wrote so far."""

    def __init__(self, house: House, conn: Connection, file: OpenFile, declared: Bestand, source: Source) -> None:
        self._house = house
        self._conn = conn
        self._declared = declared
        self._source = source
        self._own_akte: UUID = file.row["akte_id"]
        self._keys: dict[UUID, DataKey] = {}
        self._objects: dict[UUID, Objekt] = {}
        self._load(self._own_akte)

    def write(self, wanted: _Wanted, new_id: UUID) -> _Write:
        kind = _kind(self._declared, wanted.art)
        before = self._existing(kind, wanted)
        objekt = before or self._begun(kind, wanted, new_id)
        held = _held(objekt, wanted.valid_from or wanted.valid_to)
        valid_from = wanted.valid_from or (held.valid_from if held else None)
        if valid_from is None:
            raise Conflict("valid_from_missing", message=f"Für „{kind.title}“ fehlt „gueltig_ab“.")
        if wanted.valid_to is not None and wanted.valid_to < valid_from:
            raise Conflict("bad_period", message=f"„{kind.title}“ kann nicht enden, bevor es beginnt.")
        values = {**(fields_of(kind, held.fields) if held else {}), **wanted.fields}
        problems = kind.problems(values)
        if problems:
            raise Conflict("bad_fields", message=" ".join(problems))
        fields = {name: to_json(value) for name, value in values.items() if value is not None}
        ids = [uuid5(new_id, f"stand/{n}") for n in range(2)]
        period = Period(valid_from, wanted.valid_to, fields)
        after = bestand.with_period(objekt, period, ids, self._source)
        self._objects[after.id] = after
        return _Write(self._keys[after.akte_id], objekt, after, before is None)

    def _existing(self, kind: BestandKind, wanted: _Wanted) -> Objekt | None:
        if wanted.id is not None:
            return self._by_id(UUID(wanted.id), kind)
        if wanted.number is None:
            return None
        return self._by_number(kind, wanted.number)

    def _begun(self, kind: BestandKind, wanted: _Wanted, new_id: UUID) -> Objekt:
        parent = self._parent(kind, wanted.parent) if kind.parent else None
        akte_id = parent.akte_id if parent else self._own_akte
        return Objekt(new_id, akte_id, parent.id if parent else None, kind.key, wanted.number, self._source.at)

    def _parent(self, kind: BestandKind, named: str | None) -> Objekt:
        above = _kind(self._declared, kind.parent)
        if named is None:
            found = [one for one in self._objects.values() if one.kind == above.key]
            if len(found) == 1:
                return found[0]
            raise Conflict("parent_missing", message=f"Zu „{kind.title}“ fehlt „eltern“: welcher „{above.title}“?")
        objekt = self._by_id(UUID(named), above) if _is_id(named) else self._by_number(above, plain_number(named))
        if objekt is None:
            raise Conflict("parent_missing", message=f"Den angegebenen „{above.title}“ gibt es nicht.")
        return objekt

    def _by_id(self, objekt_id: UUID, kind: BestandKind) -> Objekt:
        if objekt_id not in self._objects:
            akte_id = bestand.akte_of(self._conn, objekt_id)
            if akte_id is not None:
                self._load(akte_id)
        found = self._objects.get(objekt_id)
        if found is None or found.kind != kind.key:
            raise Conflict("object_unknown", message=f"Das Objekt der Art „{kind.title}“ gibt es nicht.")
        return found

    def _by_number(self, kind: BestandKind, number: str) -> Objekt | None:
        akte_id = bestand.find(self._conn, kind.key, number)
        if akte_id is not None:
            self._load(akte_id)
        fitting = (one for one in self._objects.values() if one.kind == kind.key and one.number == number)
        return next(fitting, None)

    def _load(self, akte_id: UUID) -> None:
        if akte_id in self._keys:
            return
        self._keys[akte_id] = key_of_akte(self._house, self._conn, akte_id)
        for one in bestand.of_akte(self._conn, self._keys[akte_id], akte_id):
            self._objects[one.id] = one


def _held(objekt: Objekt, on: date | None) -> State | None:
    """The period that is continued: the one of the day, without a day the last."""
    return objekt.state_on(on) if on else next(reversed(objekt.periods), None)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
