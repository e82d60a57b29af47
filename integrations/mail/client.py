"""Notices by SMTP: submission with STARTTLS (RFC 6409)."""

import smtplib
import ssl
from dataclasses import dataclass, field

from integrations.mail.notice import compose

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class SmtpNotifier:
    """`engine.house.Notifier`: hands each notice to a mail server; `tls` is None only for a server on this machine."""

    host: str
    port: int
    sender: str
    city: str
    portal_url: str
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = field(default_factory=ssl.create_default_context, repr=False)

    def __call__(self, *, address: str, message_id: str) -> None:
        """Raise OSError (smtplib's errors are such) when the server does not take the mail."""
        mail = compose(
            address=address, message_id=message_id, sender=self.sender, city=self.city, portal_url=self.portal_url
        )
        with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S) as server:
            if self.tls is not None:
                server.starttls(context=self.tls)
            if self.user:
                server.login(self.user, self.password)
            server.send_message(mail)
