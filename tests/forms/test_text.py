import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.text import TextRefused, clean_line, clean_lines, printable


def test_a_line_has_single_blanks_and_composed_letters():
    assert clean_line("  Mu\u0308ller \t\r\n  Straße  ") == "Müller Straße"


def test_lines_keep_their_breaks_and_lose_trailing_blanks():
    assert clean_lines("eins  \r\nzwei\rdrei\n\n\n") == "eins\nzwei\ndrei"


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x7f", "\x85", "\ud800", "\u202e", "\u2066", "\ufeff", "\ue000"]
)
def test_what_nobody_can_see_is_refused(character):
    for clean in (clean_line, clean_lines):
        with pytest.raises(TextRefused, match="nicht sehen"):
            clean(f"vorher{character}nachher")


@pytest.mark.parametrize("text", ["Ærøskøbing", "Łódź", "محمد", "कृष्ण", "می\u200cخواهم", "👨\u200d👩\u200d👧"])
def test_names_in_every_script_are_taken(text):
    assert clean_line(text) == unicodedata.normalize("NFC", text)


@given(st.text(max_size=200))
def test_cleaning_is_final(text):
    for clean in (clean_line, clean_lines):
        try:
            once = clean(text)
        except TextRefused:
            continue
        assert clean(once) == once
        once.encode()


def test_a_strangers_name_can_be_repeated_safely():
    assert printable("a\x1b[31m\n\ud800") == "a?[31m??"
    assert len(printable("x" * 1000)) == 61
