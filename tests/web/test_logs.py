import io
import json
import logging

import pytest

from web import logs
from web.settings import LogFormat


@pytest.fixture(autouse=True)
def undisturbed():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(log_format, write):
    stream = io.StringIO()
    logs.configure(log_format, stream=stream)
    write(logging.getLogger("amtsweg.test"))
    return stream.getvalue().splitlines()


def test_an_event_is_one_json_object_with_its_fields():
    token = logs.request_id.set("ABCDE-FGHJK")
    [line] = lines(LogFormat.JSON, lambda log: log.info("task_completed", extra={"task_id": 7}))
    logs.request_id.reset(token)
    entry = json.loads(line)
    assert (entry["event"], entry["task_id"], entry["level"]) == ("task_completed", 7, "info")
    assert entry["request_id"] == "ABCDE-FGHJK"
    assert entry["at"].endswith("+00:00")


def test_no_input_can_forge_a_line_or_move_the_cursor():
    evil = 'x\n{"event": "signed_in"}\r\x1b[2J\u2028'
    [line] = lines(LogFormat.JSON, lambda log: log.info("search", extra={"words": evil}))
    assert line.isprintable()
    assert json.loads(line)["words"] == evil


def test_the_text_of_an_exception_stays_out_and_its_place_stays_in():
    def fail(log):
        try:
            raise ValueError("Erika Mustermann, Heinrichstraße 17")
        except ValueError:
            log.exception("request_failed")

    [line] = lines(LogFormat.JSON, fail)
    entry = json.loads(line)
    assert entry["exception"] == "ValueError"
    assert entry["trace"][-1].endswith(" fail")
    assert "Erika" not in line


def test_what_cannot_be_written_as_json_is_written_as_text():
    [line] = lines(LogFormat.JSON, lambda log: log.info("x", extra={"thing": {1, 2}.__class__}))
    assert json.loads(line)["thing"] == "<class 'set'>"


def test_a_developer_sees_text_with_the_trace():
    def fail(log):
        try:
            raise ValueError("genau hier")
        except ValueError:
            log.exception("request_failed", extra={"status": 500})

    found = lines(LogFormat.TEXT, fail)
    assert "request_failed status=500" in found[0]
    assert "ValueError: genau hier" in found[-1]


def test_configuring_twice_writes_once():
    logs.configure(LogFormat.TEXT, stream=io.StringIO())
    assert len(lines(LogFormat.TEXT, lambda log: log.info("once"))) == 1


def test_a_request_is_logged_by_its_route_and_never_with_what_was_typed(client, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/?suche=Erika+Mustermann")
    [record] = [record for record in caplog.records if record.getMessage() == "request"]
    assert (record.route, record.method, record.status) == ("/", "GET", 200)
    assert "Erika" not in str(vars(record))


def test_probes_and_style_sheets_do_not_fill_the_log(client, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/healthz")
        client.get("/static/css/base.css")
    assert [record for record in caplog.records if record.getMessage() == "request"] == []
