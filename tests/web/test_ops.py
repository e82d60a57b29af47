import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from storage.db import DatabaseUnavailable
from web.app import create_app
from web.assets import Assets


def test_the_house_is_ready_when_database_and_objects_are(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "checks": {"database": True, "objects": True}})


def test_it_is_alive_but_not_ready_without_its_database(client, site, monkeypatch):
    def away(_db):
        raise DatabaseUnavailable("x")

    monkeypatch.setattr(type(site.house.db), "read", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["checks"]) == (503, {"database": False, "objects": True})
    assert client.get("/healthz").status_code == 200


def test_it_is_not_ready_without_its_objects(client, settings):
    settings.object_dir.rmdir()
    assert client.get("/readyz").json["checks"]["objects"] is False


def test_it_is_not_ready_on_an_older_schema(client, site):
    with site.house.db.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert client.get("/readyz").json["checks"]["database"] is False


def test_behind_a_proxy_only_the_known_number_of_hops_is_believed(settings, site):
    forwarded = {"X-Forwarded-For": "203.0.113.9, 127.0.0.1"}
    alone = create_app(settings, site).test_client()
    assert (
        alone.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}, environ_overrides=_outside()).status_code == 404
    )
    trusting = replace(settings, trusted_proxies=2)
    behind = create_app(trusting, replace(site, settings=trusting)).test_client()
    assert behind.get("/metrics", headers=forwarded).status_code == 404


def _outside():
    return {"REMOTE_ADDR": "10.0.0.8"}


def test_a_file_with_its_hash_may_be_kept_for_a_year(app, client):
    with app.test_request_context("/"):
        address = app.extensions["amtsweg-assets"].address("css/base.css")
    answer = client.get(address)
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/css/base.css").headers["Cache-Control"] == "max-age=300"


@pytest.mark.parametrize(
    "path", ["../settings.py", "%2e%2e/settings.py", "css/../../app.py", "css/base.css.gz", "nix.css", "."]
)
def test_nothing_but_the_files_of_the_pages_is_served(client, path):
    assert client.get(f"/static/{path}").status_code == 404


def test_a_packed_file_goes_to_whoever_takes_it(app, client, tmp_path, monkeypatch):
    (tmp_path / "a.css").write_text("a{}")
    (tmp_path / "a.css.gz").write_bytes(gzip.compress(b"a{}"))
    monkeypatch.setitem(app.extensions, "amtsweg-assets", Assets(tmp_path))
    packed = client.get("/static/a.css", headers={"Accept-Encoding": "gzip, br"})
    assert (packed.headers["Content-Encoding"], packed.mimetype) == ("gzip", "text/css")
    assert gzip.decompress(packed.data) == b"a{}"
    plain = client.get("/static/a.css", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == "Accept-Encoding"


def test_while_developing_a_changed_file_gets_a_new_address(app, tmp_path: Path):
    path = tmp_path / "a.css"
    path.write_text("a{}")
    watching, resting = Assets(tmp_path, watch=True), Assets(tmp_path)
    with app.test_request_context("/"):
        before = watching.address("a.css"), resting.address("a.css")
        path.write_text("b{}")
        assert watching.address("a.css") != before[0]
        assert resting.address("a.css") == before[1]
