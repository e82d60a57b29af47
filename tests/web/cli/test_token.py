from datetime import timedelta

import pytest
from click.testing import CliRunner

from engine import tokens
from storage.db import Database
from web.cli.token import command
from web.formats import utc_now


@pytest.fixture
def run(sqlite_url, data_dir, monkeypatch):
    monkeypatch.setenv("AMTSWEG_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("AMTSWEG_DATA_DIR", str(data_dir))
    return lambda *args: CliRunner().invoke(command, args)


def test_a_token_is_created_listed_and_revoked(run, sqlite_url):
    made = run("create", "Kasse", "--scope", "tasks:read", "--scope", "tasks:write", "--role", "steueramt")
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    database = Database(sqlite_url, tenant_id="darmstadt")
    with database.read() as conn:
        actor = tokens.actor_of(conn, secret, at=utc_now() + timedelta(days=89))
    assert actor.roles == {"tasks:read", "tasks:write", "steueramt"}

    listed = run("list").output
    assert "Kasse  tasks:read tasks:write steueramt" in listed
    assert secret not in listed
    token_id = listed.split()[0]
    assert run("revoke", token_id).exit_code == 0
    assert "revoked" in run("list").output
    with database.read() as conn:
        assert tokens.actor_of(conn, secret, at=utc_now()) is None
    database.close()


def test_what_makes_no_sense_is_said(run):
    assert run("create", "x", "--scope", "alles").exit_code == 2
    refused = run("create", "x", "--scope", "tasks:read", "--days", "99999")
    assert (refused.exit_code, "366" in refused.output) == (1, True)
    unknown = run("revoke", "5b943b0c-11a9-5e13-ae80-7132f0ae54be")
    assert (unknown.exit_code, "There is no token" in unknown.output) == (1, True)
