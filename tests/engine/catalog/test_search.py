import csv

import pytest

from engine.catalog import Entry, search
from tests.shared_data import shared


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    with shared("catalogue/procedures.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        Entry(row["key"], row["title"], tuple(row["synonyms"].split(", ")), (row["text"], row["unit"])) for row in rows
    ]


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("Hund anmelden", "hundesteuer_anmelden"),
        ("ich möchte meinen Hund anmelden", "hundesteuer_anmelden"),
        ("HUNDEMARKE", "hundesteuer_anmelden"),
        ("ermäßigung hundesteuer", "hundesteuer_ermaessigung"),
        ("ermassigung hundesteuer", "hundesteuer_ermaessigung"),
        ("Ermaessigung Hundesteuer", "hundesteuer_ermaessigung"),
        ("Meldebescheingung", "meldebescheinigung"),
        ("meldebesch", "meldebescheinigung"),
        ("Umzug", "wohnsitz_anmelden"),
        ("mein Hund ist gestorben und abgemeldet", "hundesteuer_abmelden"),
    ],
)
def test_what_people_type_finds_the_procedure(entries: list[Entry], query: str, key: str) -> None:
    assert key in [hit.key for hit in search(entries, query)[:3]]


@pytest.mark.parametrize("query", ["", "   ", "der die das", "xyzxyzxyz", "?!", "🐕", "a" * 100_000])
def test_nothing_meaningful_finds_nothing(entries: list[Entry], query: str) -> None:
    assert search(entries, query) == []


def test_the_exact_title_comes_first(entries: list[Entry]) -> None:
    for entry in entries[:60]:
        assert search(entries, entry.title)[0].key == entry.key


def test_the_limit_is_kept(entries: list[Entry]) -> None:
    assert len(search(entries, "anmelden", limit=3)) == 3
