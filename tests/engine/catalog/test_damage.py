"""Whatever happens to a folder's bytes, checking it gives findings and never raises."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import catalog

FOLDER = Path(__file__).parents[3] / "processes" / "meldebescheinigung"
FILES = catalog.read_folder(FOLDER)
PLACES = st.tuples(st.sampled_from(sorted(FILES)), st.floats(0, 1, exclude_max=True))
BYTES = st.one_of(st.binary(max_size=6), st.sampled_from([b"", b"{", b"]", b'"', b"\n[", b"</", b"=", b"\x00", b"&x;"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PLACES, st.integers(0, 40), BYTES), min_size=1, max_size=3))
def test_damaged_files_give_findings(damages: list[tuple[tuple[str, float], int, bytes]]) -> None:
    files = dict(FILES)
    for (name, place), length, inserted in damages:
        data = files[name]
        at = int(place * len(data))
        files[name] = data[:at] + inserted + data[at + length :]
    procedure, findings = catalog.inspect(files, folder=FOLDER.name)
    assert (procedure is None) == bool(catalog.errors(findings))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.binary(max_size=200))
def test_files_of_random_bytes_give_findings(name: str, data: bytes) -> None:
    procedure, findings = catalog.inspect({**FILES, name: data}, folder=FOLDER.name)
    assert (procedure is None) == bool(catalog.errors(findings))
