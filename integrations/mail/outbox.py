"""Notifications as mail files in a folder: what a mail relay would be given, for trying and for a village.

The mail says that something lies in the Postfach and nothing else: no name, no number, no content.
"""

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

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
        make_folders(self.folder, below=self.folder.parent)
        replace_file(self.folder / f"{message_id}.eml", self._mail(address, message_id).as_bytes(policy=SMTP))

    def _mail(self, address: str, message_id: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self.sender
        mail["To"] = address
        mail["Subject"] = f"Neue Nachricht der {self.city}"
        mail["Message-ID"] = f"<{message_id}@{self.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(
            "Guten Tag,\n\n"
            "in Ihrem Postfach liegt eine neue Nachricht. Melden Sie sich an, um sie zu lesen:\n\n"
            f"{self.portal_url}/postfach\n\n"
            "Auf diese E-Mail können Sie nicht antworten.\n\n"
            f"{self.city}\n"
        )
        return mail
