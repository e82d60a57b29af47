"""Notices by SMTP (submission with STARTTLS, RFC 6409) or as files in a folder; both repeatable by message id."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from integrations.mail.notice import compose
from storage.files import replace_file

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the sender's address, the city's name, where the Postfach is."""

    sender: str
    city: str
    postfach: str


@dataclass(frozen=True, slots=True)
class SmtpNotifier:
    """Hands each notice to a mail server. Raises OSError (smtplib's errors are such) when it does not take it."""

    letterhead: Letterhead
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = field(default_factory=ssl.create_default_context)
    """None only for a server on this machine."""

    def __call__(self, *, address: str, message_id: str) -> None:
        mail = _composed(self.letterhead, address, message_id)
        with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S) as server:
            if self.tls is not None:
                server.starttls(context=self.tls)
            if self.user:
                server.login(self.user, self.password)
            server.send_message(mail)


@dataclass(frozen=True, slots=True)
class FolderNotifier:
    """Lays each notice into a folder as `<message id>.eml`, for development; a repetition replaces its file."""

    letterhead: Letterhead
    folder: Path

    def __call__(self, *, address: str, message_id: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        mail = _composed(self.letterhead, address, message_id)
        replace_file(self.folder / f"{message_id}.eml", mail.as_bytes())


def _composed(letterhead: Letterhead, address: str, message_id: str) -> EmailMessage:
    return compose(
        address=address,
        message_id=message_id,
        sender=letterhead.sender,
        city=letterhead.city,
        postfach=letterhead.postfach,
    )
