import socketserver
import threading
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser

import pytest

from integrations.mail.client import SmtpNotifier


class Mailbox(socketserver.StreamRequestHandler):
    """As much SMTP as a client needs to hand over one mail."""

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "EHLO":
                self._say("250 here")
            elif verb == "RCPT" and "nobody" in line:
                self._say("550 no such person")
            elif verb == "DATA":
                self._say("354 go on")
                self.server.received.append(self._mail())  # type: ignore[attr-defined]
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _mail(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def server() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as running:
        running.received = []  # type: ignore[attr-defined]
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def notify(server) -> SmtpNotifier:
    return SmtpNotifier(
        "127.0.0.1",
        server.server_address[1],
        "post@stadt.example",
        "Stadt",
        "https://stadt.example",
        user="",
        password="geheim",
        tls=None,
    )


def test_the_mail_server_gets_a_notice_that_says_where_and_not_what(server, notify):
    notify(address="person@example.org", message_id="6c1a")
    mail = BytesParser(policy=policy.default).parsebytes(server.received[0])
    assert (mail["To"], mail["From"]) == ("person@example.org", "post@stadt.example")
    assert mail["Message-ID"] == "<6c1a@stadt.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "https://stadt.example/postfach" in mail.get_content()


def test_a_receiver_the_server_refuses_is_an_error_to_try_again(notify):
    with pytest.raises(OSError, match="no such person"):
        notify(address="nobody@example.org", message_id="1")


def test_a_server_that_does_not_answer_is_an_error_to_try_again(server, notify):
    server.shutdown()
    server.server_close()
    with pytest.raises(OSError, match="refused"):
        notify(address="person@example.org", message_id="1")


def test_a_server_without_tls_gets_nothing_when_tls_is_asked_for(server):
    elsewhere = SmtpNotifier("127.0.0.1", server.server_address[1], "a@b.example", "Stadt", "https://stadt.example")
    with pytest.raises(OSError, match="STARTTLS"):
        elsewhere(address="person@example.org", message_id="1")
    assert server.received == []


@pytest.mark.parametrize("address", ["a@example.org\nBcc: b@example.org", "a@example.org, b@example.org", "niemand"])
def test_an_address_that_is_not_one_address_is_refused(server, notify, address):
    with pytest.raises(ValueError, match=r"newline|linefeed|address"):
        notify(address=address, message_id="1")
    assert server.received == []


def test_the_password_does_not_show_itself(notify):
    assert "geheim" not in repr(notify)
