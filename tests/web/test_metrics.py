import re
from dataclasses import replace

import pytest

from web.app import create_app
from web.metrics import Metrics
from web.settings import Secret


def test_requests_are_counted_by_route_method_and_status():
    metrics = Metrics()
    for status in (200, 200, 404):
        metrics.observe(route="/a", method="GET", status=status, seconds=0.01)
    text = metrics.exposition()
    assert 'amtsweg_http_requests_total{route="/a",method="GET",status="200"} 2' in text
    assert 'amtsweg_http_requests_total{route="/a",method="GET",status="404"} 1' in text


def test_buckets_hold_everything_up_to_their_bound():
    metrics = Metrics()
    for seconds in (0.001, 0.025, 0.3, 60.0):
        metrics.observe(route="/a", method="GET", status=200, seconds=seconds)
    counts = dict(re.findall(r'_bucket\{.*le="([^"]+)"\} (\d+)', metrics.exposition()))
    assert (counts["0.005"], counts["0.025"], counts["0.5"], counts["10.0"], counts["+Inf"]) == (
        "1",
        "2",
        "3",
        "3",
        "4",
    )
    assert 'seconds_count{route="/a",method="GET"} 4' in metrics.exposition()
    assert 'seconds_sum{route="/a",method="GET"} 60.326000' in metrics.exposition()


def test_a_label_is_escaped():
    metrics = Metrics()
    metrics.observe(route='/"\n\\', method="GET", status=200, seconds=0)
    assert r'route="/\"\n\\"' in metrics.exposition()


def test_figures_name_routes_and_nothing_anybody_typed(client):
    client.get("/gibt-es-nicht/Erika-Mustermann?suche=Hund")
    text = client.get("/metrics").text
    assert 'route="unknown"' in text
    assert "Erika" not in text
    assert "Hund" not in text


def test_figures_are_for_this_machine_only(client):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "10.0.0.8"}).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"), [("Bearer s3cret", 200), ("Bearer falsch", 404), ("", 404), ("s3cré", 404)]
)
def test_with_a_token_figures_are_for_whoever_has_it(settings, site, sent, status):
    guarded = replace(settings, metrics_token=Secret("s3cret"))
    client = create_app(guarded, replace(site, settings=guarded)).test_client()
    headers = {"Authorization": sent.encode().decode("latin-1")} if sent else {}
    answer = client.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": "10.0.0.8"})
    assert answer.status_code == status
