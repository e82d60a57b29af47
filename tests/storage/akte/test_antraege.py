"""What was sent is stored exactly, receipted, and withdrawn only where the law knows withdrawal."""

from hashlib import sha256

import pytest

from storage.akte import antraege, changes, documents, history
from storage.akte.antraege import NotWithdrawable
from storage.akte.documents import NewDokument
from storage.akte.rows import read_row
from storage.models.antrag import Antrag
from storage.models.dokument import Richtung, ScanState
from storage.models.vorgang import Art, TrustLevel
from tests.storage.akte.conftest import AT, CITIZEN

ANSWERS = b'{"hunde":[{"name":"Rex","chip":"276098100000001"}]}'


def _take_in(database, store, case, art=Art.ANZEIGE, part=""):
    new = NewDokument(
        Richtung.EINGANG, "antrag_daten", "Angaben", ANSWERS, "application/json", scan_state=ScanState.ENTFAELLT
    )
    answers = documents.file_document(
        store, case.key, new, tenant_id="darmstadt", vorgang_id=case.id, at=AT, by=CITIZEN
    )
    antrag = antraege.take_in(
        answers,
        receipt_number=case.vorgang.aktenzeichen,
        art=art,
        form_key="antrag.form",
        trust_level=TrustLevel.SUBSTANTIELL,
        part=part,
    )
    with database.begin() as conn:
        changes.write(conn, case.key, case.id, [answers, antrag])
    return answers, antrag


def test_the_receipt_shows_the_hash_of_exactly_what_is_stored(database, store, case):
    answers, _ = _take_in(database, store, case)
    receipt = antraege.receipt(answers, number=case.vorgang.aktenzeichen, access_code=case.vorgang.access_code)
    with database.read() as conn:
        _, content = documents.open_document(conn, store, case.key, case.id, answers.row["id"])
    assert content == ANSWERS
    assert receipt.sha256 == sha256(ANSWERS).hexdigest()
    assert (receipt.number, receipt.access_code, receipt.sent_at) == (
        "HST-2026-000001",
        case.vorgang.access_code,
        AT,
    )


def test_an_antrag_is_withdrawn_once(database, store, case):
    _, antrag = _take_in(database, store, case, Art.ANTRAG, part="ermaessigung")
    with database.begin() as conn:
        change = antraege.withdraw(conn, antrag.row["id"], at=AT, by=CITIZEN)
        changes.write(conn, case.key, case.id, [change])
    with database.begin() as conn, pytest.raises(NotWithdrawable):
        antraege.withdraw(conn, antrag.row["id"], at=AT, by=CITIZEN)
    with database.read() as conn:
        assert history.read(conn, case.key, case.id)[-1].payload["teil"] == "ermaessigung"


@pytest.mark.parametrize("art", [Art.ANZEIGE, Art.MELDUNG])
def test_a_duty_or_a_report_cannot_be_withdrawn(database, store, case, art):
    _, antrag = _take_in(database, store, case, art)
    with database.begin() as conn, pytest.raises(NotWithdrawable):
        antraege.withdraw(conn, antrag.row["id"], at=AT, by=CITIZEN)


def test_the_readable_copy_is_named_later(database, store, case):
    answers, antrag = _take_in(database, store, case)
    with database.begin() as conn:
        conn.execute(antraege.set_readable(antrag.row["id"], answers.row["id"], tenant_id="darmstadt"))
    with database.read() as conn:
        assert read_row(conn, Antrag, "darmstadt", antrag.row["id"])["readable_id"] == answers.row["id"]
