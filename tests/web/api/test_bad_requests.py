"""Whatever a program sends: a problem document, never a server error, and nothing is started."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

START = "/procedures/hundesteuer_anmelden/instances"
JSON = {"Content-Type": "application/json", "Idempotency-Key": "k"}


def is_problem(answer, status):
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    assert answer.json["code"]
    assert answer.json["detail"]
    return answer.json


BODIES = {
    "empty": b"",
    "no json": b"{",
    "NaN": b'{"values": {"weitere_hunde": NaN}}',
    "infinity": b'{"values": {"weitere_hunde": 1e999999999}}',
    "twice": b'{"values": {}, "values": {}}',
    "depth 900": b'{"values": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
    "lists 900": b'{"values": ' + b"[" * 900 + b"]" * 900 + b"}",
    "no UTF-8": b'{"values": {"person": "\xff"}}',
    "a list": b"[]",
    "no object inside": b'{"values": [1]}',
    "null": b'{"values": null}',
    "unknown member": b'{"values": {}, "tenant": "koeln"}',
    "typename": b'{"values": {"typename": "x", "__class__": "y"}}',
    "NUL": b'{"values": {"person": {"vorname": "a\\u0000b"}}}',
    "lone surrogate": b'{"values": {"person": {"vorname": "\\ud800"}, "\\ud800": 1}}',
    "wrong types": b'{"values": {"person": [], "hunde": "x", "anschrift": 7, "weitere_hunde": {"n": "1"}}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_cannot_be_taken_is_refused_and_nothing_started(site, program, body):
    problem = is_problem(program()("POST", START, data=body, headers=JSON), 422)
    assert problem["errors"]
    with site.house.db.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM vorgang")).scalar_one() == 0


def test_the_sender_is_told_each_field_that_does_not_exist(program, start, dog):
    problem = is_problem(start(program(), values=dog | {"typename": "x"}), 422)
    assert [one["field"] for one in problem["errors"]] == ["typename"]


def test_every_kind_of_wrong_request_has_its_answer(program):
    call = program("steueramt")
    is_problem(call("GET", "/gibt/es/nicht"), 404)
    is_problem(call("GET", "/tasks/keine-uuid"), 404)
    assert "GET" in call("DELETE", "/tasks").headers["Allow"]
    is_problem(call("DELETE", "/tasks"), 405)
    is_problem(call("POST", START, data=b"{}", headers={"Idempotency-Key": "k", "Content-Type": "text/plain"}), 415)
    is_problem(call("POST", START, data=b'{"values": "' + b"x" * 5_000_000 + b'"}', headers=JSON), 413)
    is_problem(call("GET", "/tasks", headers={"Authorization": "Bearer \x7f"}), 401)


@pytest.mark.parametrize(
    "query",
    ["seite=2", "limit=0", "limit=101", "limit=x", "limit=1&limit=2", "shelf=alle", "after=x", "after=%00", "after=ä",
     "after=MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMF94", "%00=1"],
)  # fmt: skip
def test_a_query_that_the_description_does_not_know_is_refused(program, query):
    assert is_problem(program("steueramt")("GET", f"/tasks?{query}"), 422)["errors"]


@pytest.mark.parametrize("number", ["a\x00", "\ud800", "x" * 501, 7, None, [], {"a": 1}, True])
def test_a_number_that_is_none_is_refused(program, number):
    body = {"aktenzeichen": number, "access_code": "x"}
    is_problem(program()("POST", "/status", json=body), 422)


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
names = st.sampled_from(["person", "hunde", "anschrift", "vorname", "geboren_am", "typename"]) | st.text(max_size=8)
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4))


def test_no_body_makes_a_server_error(program):
    call = program("steueramt")

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(values=trees, number=leaves)
    def try_it(values, number):
        for path, body in ((START, {"values": values}), ("/status", {"aktenzeichen": number, "access_code": values})):
            answer = call("POST", path, json=body, headers={"Idempotency-Key": "k"})
            is_problem(answer, answer.status_code)
            assert answer.status_code < 500

    try_it()
