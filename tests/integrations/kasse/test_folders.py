"""The two folders between the house and the finance system: nothing half, nothing twice, nothing foreign."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from engine.kasse_port import Verdict
from integrations.kasse.folders import MAX_BYTES, KasseFolders

ID = UUID("5b0c3c1e-6d5e-4c0a-9f58-0d6a3f7e2b11")
GOOD = {"format": "amtsweg.quittung/1", "sollstellung": str(ID), "stand": "bestaetigt"}


@pytest.fixture
def folders(tmp_path: Path) -> KasseFolders:
    return KasseFolders(tmp_path / "a" / "ausgang", tmp_path / "a" / "eingang")


def put(folders: KasseFolders, name: str, content: bytes) -> Path:
    folders.inbox.mkdir(parents=True, exist_ok=True)
    path = folders.inbox / name
    path.write_bytes(content)
    return path


def test_a_record_lies_there_once_and_for_its_owner_alone(folders: KasseFolders) -> None:
    folders.hand_over(ID, b"first")
    folders.hand_over(ID, b"first")
    (path,) = folders.outbox.iterdir()
    assert (path.name, path.read_bytes(), path.stat().st_mode & 0o077) == (f"{ID}.json", b"first", 0)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "ausgang").write_text("a file, no folder")
    with pytest.raises(OSError, match="ausgang"):
        KasseFolders(tmp_path / "ausgang", tmp_path / "eingang").hand_over(ID, b"record")


def test_an_answer_is_there_until_it_is_put_aside(folders: KasseFolders) -> None:
    put(folders, "q.json", json.dumps(GOOD).encode())
    (answer,) = folders.acknowledgements()
    assert (answer.sollstellung_id, answer.verdict, answer.reason) == (ID, Verdict.BESTAETIGT, None)
    assert list(folders.acknowledgements()) == [answer]
    folders.done(answer)
    folders.done(answer)
    assert list(folders.acknowledgements()) == []
    assert (folders.inbox / "gelesen" / "q.json").is_file()


def test_a_folder_that_is_not_there_holds_no_answer(folders: KasseFolders) -> None:
    assert list(folders.acknowledgements()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[1, 2]",
        b"null",
        json.dumps({**GOOD, "sollstellung": 7}).encode(),
        json.dumps({**GOOD, "stand": None}).encode(),
        json.dumps({**GOOD, "stand": "abgelehnt", "grund": "   "}).encode(),
        json.dumps({**GOOD, "padding": "x" * MAX_BYTES}).encode(),
    ],
    ids=range(9),
)
def test_what_is_no_answer_is_put_aside_and_the_others_are_read(folders: KasseFolders, content: bytes) -> None:
    put(folders, "a.json", content)
    put(folders, "b.json", json.dumps(GOOD).encode())
    assert [answer.name for answer in folders.acknowledgements()] == ["b.json"]
    assert folders.unreadable() == 1


def test_a_link_and_a_file_that_is_being_written_are_left_alone(folders: KasseFolders, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(json.dumps({**GOOD, "sollstellung": str(uuid4())}))
    put(folders, "q.tmp", b"half")
    (folders.inbox / "link.json").symlink_to(secret)
    assert list(folders.acknowledgements()) == []
    assert sorted(path.name for path in folders.inbox.iterdir()) == ["link.json", "q.tmp"]
