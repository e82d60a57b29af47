"""What a citizen may write and a bad page may hold: no request leaves, no file gets in, no page takes the machine."""

import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from engine.letters import RenderFailed
from integrations.letters.renderer import ChildRenderer
from tests.letter_factory import HEAD, letter

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SECRET = "geheim-4711-wortlaut"


@dataclass
class World:
    """A socket that counts who knocks, and a file that must not be read."""

    address: str
    file: str
    knocks: list[bytes]

    def payloads(self) -> list[str]:
        here, file = self.address, self.file
        return [
            f'<img src="{here}/img">',
            f'<style>@import "{here}/import.css";</style>',
            f'<link rel="stylesheet" href="{here}/link.css">',
            f'<div style="background:url({here}/bg)">x</div>',
            f"<style>@font-face{{font-family:E;src:url({here}/font)}} p{{font-family:E}}</style><p>x</p>",
            f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{here}/svg" width="9" height="9"/></svg>',
            f'<svg><use href="{here}/use#a"/></svg>',
            f'<object data="{here}/object" type="image/png"></object>',
            f'<embed src="{here}/embed" type="image/png">',
            f'<iframe src="{here}/iframe"></iframe>',
            f'<a rel="attachment" href="{here}/attachment">x</a>',
            f'<link rel="attachment" href="{here}/attachment">',
            f'<a rel="attachment" href="file://{file}">x</a>',
            f'<link rel="attachment" href="file://{file}">',
            f'<img src="file://{file}">',
            f'<object data="file://{file}" type="image/svg+xml"></object>',
            f'<link rel="stylesheet" href="file://{file}">',
            '<img src="asset:../client.py">',
            f'<img src="asset:{file}">',
        ]


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    file = tmp_path / "secret.txt"
    file.write_text(SECRET, "utf-8")
    knocks: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        done = threading.Event()
        thread = threading.Thread(target=_count, args=(server, knocks, done))
        thread.start()
        yield World(f"http://127.0.0.1:{server.getsockname()[1]}", str(file), knocks)
        done.set()
        thread.join()


def _count(server: socket.socket, knocks: list[bytes], done: threading.Event) -> None:
    while not done.is_set():
        try:
            connection, _ = server.accept()
        except TimeoutError:
            continue
        with connection:
            connection.settimeout(1)
            knocks.append(connection.recv(200))


def _content(pdf: bytes) -> bytes:
    """Everything in a PDF, unpacked: its bytes, all streams, all attachments."""
    with pikepdf.open(BytesIO(pdf)) as document:
        streams = [one.read_bytes() for one in document.objects if isinstance(one, pikepdf.Stream) and _is_plain(one)]
        assert list(document.attachments) == []
    return b"\n".join([pdf, *streams])


def _is_plain(stream: pikepdf.Stream) -> bool:
    return stream.get("/Filter") in (None, pikepdf.Name.FlateDecode)


def test_payloads_in_citizens_fields_cause_no_request_and_leak_no_byte(world):
    payloads = world.payloads()
    head = HEAD.__class__(
        **{**{key: getattr(HEAD, key) for key in HEAD.__dataclass_fields__}, "addressee": tuple(payloads[:3])}
    )
    one = letter(
        hund=" ".join(payloads),
        begruendung="\n".join(payloads),
        zeilen=[{"name": payload, "betrag": 1} for payload in payloads],
        head=head,
    )

    pdf = ChildRenderer().render(one.html, title=payloads[0], at=AT)

    assert world.knocks == []
    assert SECRET.encode() not in _content(pdf)
    assert not re.search(rb"/URI\b", pdf)


def test_payloads_as_markup_cause_no_request_and_leak_no_byte(world):
    """The second line: even a template that let markup through draws nothing foreign."""
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(_drawn_or_refused, world.payloads()))

    assert {one for one in outcomes if isinstance(one, str)} == {"letter_render_address"}
    assert [one for one in outcomes if isinstance(one, bytes) and SECRET.encode() in _content(one)] == []
    assert len([one for one in outcomes if isinstance(one, str)]) >= 14
    assert world.knocks == []


def _drawn_or_refused(payload: str) -> bytes | str:
    try:
        return ChildRenderer().render(f"<!doctype html><title>x</title><p>x</p>{payload}", title="x", at=AT)
    except RenderFailed as failure:
        return failure.code


def test_the_listener_of_these_tests_would_notice_a_request(world):
    with socket.create_connection(("127.0.0.1", int(world.address.rpartition(":")[2]))) as connection:
        connection.sendall(b"GET /control")
    for _ in range(50):
        if world.knocks:
            break
        time.sleep(0.02)

    assert world.knocks == [b"GET /control"]


_BOMBS = {
    "nested flex": '<div style="display:flex">' * 14 + "x" + "</div>" * 14,
    "colspan": '<table><tr><td colspan="50000000">x</td></tr></table>',
    "nested boxes": "<div>" * 5000 + "x",
    "tiny pages": "<style>@page{size:1mm;margin:0}</style>" + "x " * 20_000,
    "many words": "wort " * 390_000,
}


@pytest.mark.parametrize("bomb", _BOMBS)
def test_resource_bombs_end_within_the_limits(bomb):
    started = time.monotonic()

    with pytest.raises(RenderFailed) as caught:
        ChildRenderer(timeout_s=2).render(f"<!doctype html><title>x</title>{_BOMBS[bomb]}", title="x", at=AT)

    assert caught.value.code in {
        "letter_render_timeout",
        "letter_render_memory",
        "letter_render_too_deep",
        "letter_render_crashed",
    }
    assert time.monotonic() - started < 6


def test_a_page_over_two_million_characters_is_not_even_tried():
    with pytest.raises(RenderFailed) as caught:
        ChildRenderer(timeout_s=4).render("x" * 2_000_001, title="x", at=AT)

    assert caught.value.code == "letter_render_too_large"


def test_a_killed_child_leaves_no_process_and_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = _children()

    with pytest.raises(RenderFailed) as caught:
        ChildRenderer(timeout_s=0.05).render("<p>x</p>", title="x", at=AT)

    assert caught.value.code == "letter_render_timeout"
    assert list(tmp_path.iterdir()) == []
    assert _children() == before


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split())


def test_a_good_letter_still_comes_out_after_a_bad_one():
    with pytest.raises(RenderFailed):
        ChildRenderer(timeout_s=4).render('<img src="http://127.0.0.1:9/">', title="x", at=AT)
    one = letter()

    assert ChildRenderer().render(one.html, title=one.title, at=AT).startswith(b"%PDF-1.7")
