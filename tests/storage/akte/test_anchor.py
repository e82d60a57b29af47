"""The anchor file: appended to, chained, made up for after a crash, never shortened unnoticed."""

import json
from datetime import timedelta

import pytest

from storage.akte import anchor, changes, verify
from storage.akte.anchor import AnchorBroken
from storage.akte.events import Event
from tests.storage.akte.conftest import AT, CLERK


@pytest.fixture
def path(tmp_path):
    return tmp_path / "anchors.jsonl"


def _write(database, path, minutes=0):
    with database.begin() as conn:
        return anchor.write(conn, path, at=AT + timedelta(minutes=minutes))


def _happen(database, case):
    with database.begin() as conn:
        changes.append(conn, case.key, case.id, [Event("vermerk", AT, CLERK, {})])


def _verify(database, store, path):
    with database.read() as conn:
        return verify.verify(conn, store, path)


def test_only_chains_that_have_grown_are_anchored_again(database, case, another_case, path):
    another_case(2)
    assert [_write(database, path), _write(database, path)] == [2, 0]
    _happen(database, case)
    assert _write(database, path) == 1
    entries = [entry for entry, _ in anchor.read(path, "darmstadt")]
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [(head.kind, head.chain_id, head.seq) for head in entries[2].heads] == [("vorgang", case.id, 2)]


def test_the_file_is_lines_of_json_that_anybody_can_read(database, case, path):
    _write(database, path)
    line = json.loads(path.read_text())
    assert (line["tenant"], line["seq"], line["at"]) == ("darmstadt", 1, "2026-11-24T09:30:15.123456+00:00")
    assert path.stat().st_mode & 0o777 == 0o600


def test_tenants_share_a_file_and_are_chained_apart(open_database, database, store, case, path):
    kassel = open_database("kassel")
    for number in range(2):
        _write(database, path, number)
        _write(kassel, path, number)
    assert [[entry.seq for entry, _ in anchor.read(path, tenant)] for tenant in ("darmstadt", "kassel")] == [
        [1, 2],
        [1, 2],
    ]
    assert _verify(database, store, path).clean
    assert _verify(kassel, store, path).clean


def test_an_anchor_whose_transaction_did_not_commit_is_made_up_for(database, store, case, path):
    def write_and_fail():
        with database.begin() as conn:
            anchor.write(conn, path, at=AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert _verify(database, store, path).clean
    assert _write(database, path, 1) == 0
    assert [entry.seq for entry, _ in anchor.read(path, "darmstadt")] == [1, 2]
    assert _verify(database, store, path).clean


def test_half_a_line_after_a_crash_does_no_harm(database, store, case, path):
    _write(database, path)
    with path.open("ab") as file:
        file.write(b'{"tenant":"darmst')
    _happen(database, case)
    assert _write(database, path, 1) == 1
    assert [entry.seq for entry, _ in anchor.read(path, "darmstadt")] == [1, 2]
    assert _verify(database, store, path).clean


def test_a_shortened_file_stops_the_next_anchor(database, store, case, path):
    _write(database, path)
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    with pytest.raises(AnchorBroken, match="kürzer"):
        _write(database, path)
    assert {finding.code for finding in _verify(database, store, path).findings} == {"anchor_missing"}


def test_a_file_that_vanished_is_noticed(database, store, case, path):
    _write(database, path)
    path.unlink()
    assert [finding.sentence for finding in _verify(database, store, path).findings] == [
        "Ankerdatei: Eintrag 1 fehlt, obwohl die Datenbank ihn vermerkt."
    ]


def test_an_entry_taken_out_of_the_middle_is_noticed(database, store, case, path):
    for number in range(3):
        _happen(database, case)
        _write(database, path, number)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    codes = {finding.code for finding in _verify(database, store, path).findings}
    assert codes == {"anchor_changed", "anchor_missing"}


def test_many_heads_go_into_several_entries(database, store, case, another_case, path, monkeypatch):
    monkeypatch.setattr(anchor, "_HEADS_PER_ENTRY", 2)
    for number in range(2, 6):
        another_case(number)
    assert _write(database, path) == 5
    assert [len(entry.heads) for entry, _ in anchor.read(path, "darmstadt")] == [2, 2, 1]
    assert _verify(database, store, path).clean


def test_before_the_first_anchor_the_report_says_so(database, store, case, path):
    report = _verify(database, store, path)
    assert report.clean
    assert "noch keinen Anker" in " ".join(report.sentences())
