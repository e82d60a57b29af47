"""The one mail the product sends: something lies in your Postfach. It never says what."""

from email.message import EmailMessage
from email.policy import SMTP

_TEXT = """\
Guten Tag,

in Ihrem Postfach bei der {city} liegt eine neue Nachricht für Sie.

Melden Sie sich an und öffnen Sie das Postfach:
{postfach}

Aus Gründen des Datenschutzes steht in dieser E-Mail nicht, worum es geht. Wir fragen Sie per E-Mail nie nach Ihrem
Passwort. Sind Sie unsicher, geben Sie die Adresse selbst in Ihren Browser ein.

Freundliche Grüße
{city}

Diese E-Mail wurde automatisch gesendet. Antworten auf diese Adresse liest niemand.
"""


def compose(*, address: str, message_id: str, sender: str, city: str, portal_url: str) -> EmailMessage:
    """Return the mail; the same `message_id` gives the same Message-ID, by which receivers know a repetition.

    Raises ValueError for an address that would add a header or a second receiver.
    """
    if "," in address or "@" not in address:
        raise ValueError("not one e-mail address")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = address
    mail["Subject"] = f"Neue Nachricht in Ihrem Postfach ({city})"
    mail["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_TEXT.format(city=city, postfach=f"{portal_url}/postfach"))
    return mail
