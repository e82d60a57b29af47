"""Parties: who takes part, since when, and for whom."""

from datetime import date
from uuid import uuid4

import pytest

from storage.akte import changes, history, parties
from storage.akte.parties import NewParty, PartyUnknown
from storage.models.party import PartyKind, Rolle
from tests.storage.akte.conftest import AT, CITIZEN, CLERK

ANNA = NewParty(
    rolle=Rolle.STEUERSCHULDNER,
    kind=PartyKind.PERSON,
    details={"vorname": "Anna", "nachname": "Beispiel", "anschrift": {"ort": "Darmstadt", "plz": "64283"}},
    valid_from=date(2026, 11, 24),
    account=CITIZEN,
)


def _add(database, case, new=ANNA):
    change = parties.add(case.key, new, tenant_id="darmstadt", vorgang_id=case.id, at=AT, by=CITIZEN)
    with database.begin() as conn:
        changes.write(conn, case.key, case.id, [change])
    return change.row["id"]


def test_a_party_is_read_back_and_never_stored_in_clear(database, case):
    party_id = _add(database, case)
    with database.read() as conn:
        party = parties.list_parties(conn, case.key, case.id)[0]
        assert b"Beispiel" not in parties.read_row(conn, parties.VorgangParty, "darmstadt", party_id)["details"]
    assert (party.id, party.rolle, party.kind, party.details) == (party_id, ANNA.rolle, ANNA.kind, ANNA.details)


def test_an_account_takes_part_from_the_first_to_the_last_day(database, case):
    party_id = _add(database, case)
    with database.begin() as conn:
        change = parties.end(conn, party_id, valid_to=date(2026, 12, 31), reason="Umzug", at=AT, by=CLERK)
        changes.write(conn, case.key, case.id, [change])
    with database.read() as conn:
        roles = [
            parties.roles_of(conn, CITIZEN, case.id, on=day)
            for day in (date(2026, 11, 23), date(2026, 11, 24), date(2026, 12, 31), date(2027, 1, 1))
        ]
        assert parties.vorgaenge_of(conn, CITIZEN, on=date(2026, 12, 1)) == [case.id]
        assert parties.vorgaenge_of(conn, CITIZEN, on=date(2027, 1, 1)) == []
        assert parties.roles_of(conn, "https://konto|bert", case.id, on=date(2026, 12, 1)) == frozenset()
    assert roles == [frozenset(), {Rolle.STEUERSCHULDNER}, {Rolle.STEUERSCHULDNER}, frozenset()]


def test_a_representative_names_whom_it_represents(database, case):
    anna = _add(database, case)
    bert = NewParty(
        Rolle.BEVOLLMAECHTIGTER, PartyKind.ORGANISATION, {"name": "Kanzlei"}, ANNA.valid_from, represents_id=anna
    )
    _add(database, case, bert)
    with database.read() as conn:
        listed = {party.rolle: party for party in parties.list_parties(conn, case.key, case.id)}
    assert listed[Rolle.BEVOLLMAECHTIGTER].represents_id == anna


def test_a_corrected_address_leaves_the_old_one_in_the_history(database, case):
    party_id = _add(database, case)
    corrected = dict(ANNA.details) | {"anschrift": {"ort": "Kassel", "plz": "34117"}}
    with database.begin() as conn:
        changes.write(conn, case.key, case.id, [parties.correct(conn, case.key, party_id, corrected, at=AT, by=CLERK)])
    with database.read() as conn:
        assert parties.list_parties(conn, case.key, case.id)[0].details == corrected
        entries = [entry for entry in history.read(conn, case.key, case.id) if entry.subject_id == party_id]
    assert [entry.kind for entry in entries] == ["partei.aufgenommen", "partei.berichtigt"]
    assert entries[0].payload["angaben"] == ANNA.details


def test_an_unknown_party_is_refused(database):
    with database.read() as conn, pytest.raises(PartyUnknown):
        parties.end(conn, uuid4(), valid_to=date(2027, 1, 1), reason="x", at=AT, by=CLERK)
