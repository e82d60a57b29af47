"""What a citizen may write and a bad page may hold: no request leaves, no file gets in, no page takes the machine."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
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
    outcomes = _drawn_in_one_process(world.payloads())

    drawn = [one for one in outcomes if isinstance(one, bytes)]
    assert {one for one in outcomes if isinstance(one, str)} == {"FatalURLFetchingError"}
    assert len(drawn) <= 5
    assert [one for one in drawn if SECRET.encode() in _content(one)] == []
    assert world.knocks == []


def test_an_address_in_a_page_stops_the_child_with_its_reason(world):
    for payload in (world.payloads()[0], world.payloads()[12]):
        with pytest.raises(RenderFailed) as caught:
            ChildRenderer().render(f"<!doctype html><title>x</title>{payload}", title="x", at=AT)

        assert caught.value.code == "letter_render_address"
        assert world.address not in repr(caught.value.details)
    assert world.knocks == []


_DRAW_ALL = """
import base64, json, sys
from pathlib import Path
from integrations.letters import client
for payload in json.load(sys.stdin):
    page = f"<!doctype html><title>x</title><p>x</p>{payload}"
    request = {"html": page, "title": "x", "created": "2026-11-24T09:30:00+00:00", "attachments": []}
    try:
        pdf = client.draw(request, Path(client.__file__).with_name("assets"))
        print(json.dumps({"pdf": base64.b64encode(pdf).decode()}))
    except BaseException as error:
        print(json.dumps({"error": type(error).__name__}))
"""


def _drawn_in_one_process(payloads: list[str]) -> list[bytes | str]:
    """Draw every payload without the child's other walls, so that the fixed table alone is tried; one start for all."""
    done = subprocess.run(
        [sys.executable, "-c", _DRAW_ALL],
        input=json.dumps(payloads),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(payloads)
    return [base64.b64decode(one["pdf"]) if "pdf" in one else one["error"] for one in answers]


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
