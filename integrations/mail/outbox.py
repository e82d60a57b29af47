"""Notices as mail files in a folder: what a mail server would be given, for trying and for a village."""

from dataclasses import dataclass
from pathlib import Path

from integrations.mail.notice import compose
from storage.files import make_folders, replace_file


@dataclass(frozen=True, slots=True)
class FolderOutbox:
    """`engine.house.Notifier`: one file per message id, so that a repeated call leaves one mail."""

    folder: Path
    sender: str
    city: str
    portal_url: str

    def __call__(self, *, address: str, message_id: str) -> None:
        """Write the mail durably; raises OSError when the folder cannot be written."""
        mail = compose(
            address=address, message_id=message_id, sender=self.sender, city=self.city, portal_url=self.portal_url
        )
        make_folders(self.folder, below=self.folder.parent)
        replace_file(self.folder / f"{message_id}.eml", mail.as_bytes())
