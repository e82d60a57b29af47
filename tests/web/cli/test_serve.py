import json
import logging
import os
import signal
import time

import pytest
import requests
from click.testing import CliRunner

from web.cli import main


def ready(address: str, *, within_s: float = 15) -> requests.Response:
    """Return the first answer of /readyz."""
    end = time.monotonic() + within_s
    while True:
        try:
            return requests.get(f"{address}/readyz", timeout=5)
        except requests.ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(start, free_port, number):
    address = f"http://127.0.0.1:{free_port}"
    process = start("serve", AMTSWEG_PORT=str(free_port), AMTSWEG_BASE_URL=address)
    assert ready(address).json()["status"] == "ok"
    assert "Was möchten Sie erledigen?" in requests.get(address, timeout=5).text
    process.send_signal(number)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 0, output


def test_every_line_of_the_log_is_json_when_asked_for(start, free_port):
    address = f"http://127.0.0.1:{free_port}"
    process = start("serve", AMTSWEG_PORT=str(free_port), AMTSWEG_BASE_URL=address, AMTSWEG_LOG_FORMAT="json")
    ready(address)
    requests.get(f"{address}/gibt-es-nicht", timeout=5)
    process.terminate()
    output, _ = process.communicate(timeout=15)
    events = [json.loads(line)["event"] for line in output.splitlines()]
    assert "request" in events
    assert any("Listening at" in event for event in events)


def test_several_processes_know_the_same_sessions(start, free_port):
    address = f"http://127.0.0.1:{free_port}"
    start("serve", "--workers", "2", AMTSWEG_PORT=str(free_port), AMTSWEG_BASE_URL=address)
    ready(address)
    browser = requests.Session()
    page = browser.get(f"{address}/anmelden/buergerkonto?weiter=/konto", timeout=5)
    sealed = page.text.split('name="anfrage" value="')[1].split('"')[0]
    page = browser.post(page.url, data={"anfrage": sealed, "person": "erika:hoch"}, timeout=5)
    assert "Erika Mustermann" in page.text
    for _ in range(8):
        assert "Erika Mustermann" in requests.get(f"{address}/konto", cookies=browser.cookies, timeout=5).text


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"AMTSWEG_PORT": "abc"}, "AMTSWEG_PORT: 'abc' is not a whole number"),
        ({"AMTSWEG_MASTER_KEY_FILE": "/gibt/es/nicht"}, "/gibt/es/nicht"),
        ({"AMTSWEG_OBJECT_DIR": "/gibt/es/nicht"}, "/gibt/es/nicht"),
        ({"AMTSWEG_ENV": "production"}, "AMTSWEG_IDENTITY"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_what_is_missing_is_said_in_a_line_without_a_trace(command, settings, said, data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    (tmp_path / "objects").mkdir()
    house = {"AMTSWEG_DATA_DIR": str(data_dir), "AMTSWEG_OBJECT_DIR": str(tmp_path / "objects")}
    result = CliRunner().invoke(main, [command], env=house | settings)
    assert result.exit_code in {1, 2}
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_port_in_use_ends_the_start(start, free_port):
    address = f"http://127.0.0.1:{free_port}"
    start("serve", AMTSWEG_PORT=str(free_port), AMTSWEG_BASE_URL=address)
    ready(address)
    second = start("serve", AMTSWEG_PORT=str(free_port), AMTSWEG_BASE_URL=address)
    output, _ = second.communicate(timeout=15)
    assert second.returncode == 1
    assert "in use" in output


def test_a_worker_stops_when_told_to_and_leaves_an_anchor(start, tmp_path):
    process = start("worker", AMTSWEG_LOG_FORMAT="json")
    end = time.monotonic() + 15
    while not (tmp_path / "anchors.jsonl").exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    assert '"event": "worker_stopped"' in output
    assert (tmp_path / "anchors.jsonl").exists(), output
