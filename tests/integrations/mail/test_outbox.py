from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from integrations.mail.outbox import FolderOutbox


@pytest.fixture
def outbox(tmp_path: Path) -> FolderOutbox:
    return FolderOutbox(tmp_path / "mail", "post@stadt.example", "Stadt", "https://stadt.example")


def test_a_notification_lies_in_the_folder_as_a_mail(outbox: FolderOutbox) -> None:
    outbox(address="person@example.org", message_id="6c1a")

    (path,) = outbox.folder.iterdir()
    mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert mail["To"] == "person@example.org"
    assert mail["Message-ID"] == "<6c1a@stadt.example>"
    assert "https://stadt.example/postfach" in mail.get_content()


def test_the_same_message_twice_leaves_one_mail(outbox: FolderOutbox) -> None:
    outbox(address="person@example.org", message_id="6c1a")
    outbox(address="person@example.org", message_id="6c1a")

    assert len(list(outbox.folder.iterdir())) == 1


def test_an_address_cannot_add_headers(outbox: FolderOutbox) -> None:
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        outbox(address="a@example.org\r\nBcc: b@example.org", message_id="1")

    assert not list(outbox.folder.glob("*.eml"))
