import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.formats import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_its_own_example_and_shows_it_as_written(name):
    known = FORMATS[name]
    stored = known.read(known.example)
    assert stored is not None
    assert known.read(stored) == stored, "what is stored can be read again"
    assert known.show(stored) == known.example
    assert known.example in known.error, "the sentence gives the example"
    assert known.error.endswith(".")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("iban", "DE02 1203 0000 0000 2020 52"),
        ("iban", "DE02 1203 0000 0000 2020 5"),
        ("iban", "XX00"),
        ("iban", ""),
        ("bic", "BYLADEM10"),
        ("chipnummer", "276 098 106 123 45"),
        ("chipnummer", "000098106123456"),
        ("chipnummer", "276098106123456٣"),
        ("plz", "00999"),
        ("plz", "6428"),
        ("plz", "99999"),
        ("plz", "６４２８３"),
        ("email", "name@"),
        ("email", "name@localhost"),
        ("email", "name @example.org"),
        ("email", "a@b@example"),
        ("email", "name@example..org"),
        ("email", "name@-example.org"),
        ("email", "name@1.2.3.4"),
        ("email", "n" * 65 + "@example.org"),
        ("email", "name@example.org\n"),
        ("telefon", "123"),
        ("telefon", "nein"),
        ("telefon", "0" * 21),
    ],
)
def test_what_does_not_fit_is_refused(name, text):
    assert FORMATS[name].read(text) is None


@pytest.mark.parametrize(
    ("name", "text", "stored"),
    [
        ("iban", "de02 1203 0000 0000 2020 51", "DE02120300000000202051"),
        ("iban", "GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("chipnummer", "276-098.106123456", "276098106123456"),
        ("email", "jürgen.müller+amt@städtchen.de", "jürgen.müller+amt@städtchen.de"),
        ("telefon", "+49 (6151) 123-456", "+49 (6151) 123-456"),
    ],
)
def test_the_ways_people_write_are_taken(name, text, stored):
    assert FORMATS[name].read(text) == stored


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=300))
def test_no_text_breaks_a_format_and_what_is_stored_stays(name, text):
    known = FORMATS[name]
    stored = known.read(text)
    if stored is not None:
        assert known.read(stored) == stored
        assert known.read(known.show(stored)) == stored
