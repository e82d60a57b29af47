"""The examples of docs/api.md work, in their order, one leading to the next."""

import shlex
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs" / "api.md"


def test_the_examples_of_the_page_work(program):
    call = program("steueramt")
    known = {"BASE": "", "TOKEN": ""}
    ran = 0
    for line in DOCS.read_text("utf-8").splitlines():
        if not line.startswith("curl "):
            continue
        method, path, headers, body = _parsed(line, known)
        answer = call(method, path.removeprefix("/api/v1"), headers=headers, data=body)
        assert answer.status_code < 300, (line, answer.text)
        found = answer.json or {}
        if "access_code" in found:
            known |= {"AKTENZEICHEN": found["aktenzeichen"], "CODE": found["access_code"]}
            known["VORGANG"] = found["vorgang_id"]
        if found.get("tasks"):
            known["TASK"] = found["tasks"][0]["id"]
        ran += 1
    assert ran == 9


def _parsed(line, known):
    """What curl would send; single quotes of the page keep the names of variables, which people replace."""
    words = shlex.split(line)
    for name, value in known.items():
        words = [word.replace(f"${name}", value) for word in words]
    method, headers, body, path = "GET", {}, None, ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers |= {} if name == "Authorization" else {name: value}
        elif word == "-d":
            body = next(rest)
        elif word != "-s":
            path = word
    return method, path, headers, body
