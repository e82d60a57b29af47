"""The demo as a new user starts it, on a free port with data of its own, and a browser to walk through it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY_WITHIN_S = 60


@contextmanager
def running_demo(folder: Path) -> Iterator[str]:
    """Give the address of a running demo; web and worker are ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AMTSWEG_")}
    environment |= {
        "AMTSWEG_DATA_DIR": str(folder / "var"),
        "AMTSWEG_PORT": str(port),
        "AMTSWEG_BASE_URL": address,
    }
    amtsweg = Path(sys.executable).with_name("amtsweg")
    with (folder / "demo.log").open("wb") as log:
        demo = subprocess.Popen([str(amtsweg), "demo"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait(address, demo, folder / "demo.log")
        yield address
    finally:
        demo.terminate()
        demo.wait(timeout=30)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


def sign_in(page: Page, address: str, realm: str, name: str, *, next_path: str) -> None:
    """Sign in at the demo provider as the named person, as a person does it."""
    page.goto(f"{address}/anmelden/{realm}?next={next_path}")
    page.locator(".personas li").filter(has_text=name).get_by_role("button").last.click()
    page.wait_for_url(f"{address}/**")


def _wait(address: str, demo: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < end:
        if demo.poll() is not None:
            raise RuntimeError(f"the demo ended: {log.read_text()[-2000:]}")
        try:
            if requests.get(f"{address}/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the demo does not answer: {log.read_text()[-2000:]}")
