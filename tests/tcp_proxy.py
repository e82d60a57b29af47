"""A TCP proxy that can become a black hole: what comes in is taken and acknowledged, and nothing comes back."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread


class Proxy:
    """Stands between a client and 127.0.0.1:`target_port`; listens on `port`.

    Connections that were swallowed once never come back to life, as behind a firewall that forgot them.
    """

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[tuple[socket.socket, socket.socket]] = []
        self._swallowed: set[socket.socket] = set()
        self._is_hole = False
        self._trigger: list[bytes] = []
        Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        """Answer nobody from now on."""
        self._is_hole = True
        self._swallowed.update(client for client, _ in self._open)

    def swallow_from(self, *words: bytes) -> None:
        """Let requests pass until one connection has sent these words in this order; nobody hears the answer to it."""
        self._trigger = list(words)

    def pass_on(self) -> None:
        """Let new connections through again."""
        self._is_hole = False
        self._trigger = []

    def close(self) -> None:
        self._listener.close()
        for pair in self._open:
            for end in pair:
                _shut(end)

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._target)
                except OSError:  # nobody listens there: nobody does here
                    client.close()
                    continue
                self._open.append((client, server))
                if self._is_hole:
                    self._swallowed.add(client)
                Thread(target=self._forward, args=(client, server), daemon=True).start()
                Thread(target=self._return, args=(client, server), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        missing = list(self._trigger)
        with suppress(OSError):
            while data := client.recv(65536):
                missing = missing or list(self._trigger)
                while missing and missing[0] in data:
                    if len(missing) == 1:
                        self._swallowed.add(client)
                        self._is_hole = True
                        server.sendall(data)
                        break
                    missing.pop(0)
                if client not in self._swallowed:
                    server.sendall(data)
        _shut(server)

    def _return(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if client not in self._swallowed:
                    client.sendall(data)
        if client not in self._swallowed:
            _shut(client)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def running(target_port: int) -> Iterator[Proxy]:
    proxy = Proxy(target_port)
    try:
        yield proxy
    finally:
        proxy.close()
