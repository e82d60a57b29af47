import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel.errors import NoValue
from engine.feel.regex import compile_pattern


def spans(pattern: str, text: str, flags: str = "") -> list[str]:
    compiled = compile_pattern(pattern, flags)
    found, at = [], 0
    while (match := compiled.search(text, at, lambda steps: None)) is not None and at <= len(text):
        found.append(match.group(0))
        at = max(match.end, match.start + 1)
    return found


@pytest.mark.parametrize(
    ("pattern", "text", "flags", "found"),
    [
        ("[a-c]+", "xabcz", "", ["abc"]),
        ("[^a-c]+", "xabcz", "", ["x", "z"]),
        ("[a-z-[aeiou]]+", "hallo", "", ["h", "ll"]),
        ("a.c", "a\nc abc", "", ["abc"]),
        ("a.c", "a\nc abc", "s", ["a\nc", "abc"]),
        ("^b$", "a\nb\nc", "m", ["b"]),
        ("^b$", "a\nb\nc", "", []),
        ("a+?", "aaa", "", ["a", "a", "a"]),
        ("(a|ab)(c|bcd)", "abcd", "", ["abcd"]),
        (r"(.)\1", "hallo", "", ["ll"]),
        (r"(.)(?:x)\1", "axa", "", ["axa"]),
        (r"\d+", "a12b٣", "", ["12", "٣"]),
        (r"\p{Lu}\p{Ll}+", "die Stadt Köln", "", ["Stadt", "Köln"]),
        (r"\p{IsBasicLatin}+", "aäb", "", ["a", "b"]),
        (r"\P{L}+", "a1 b", "", ["1 "]),
        (r"\w+", "a-b c", "", ["a", "b", "c"]),
        ("straße", "STRASSE Straße", "i", ["Straße"]),
        ("K", "k\u212a", "i", ["k", "\u212a"]),
        ("a b", "ab", "x", ["ab"]),
        ("a.b", "axb a.b", "q", ["a.b"]),
        ("x{2,3}", "x xx xxxx", "", ["xx", "xxx"]),
        ("x{2,}?", "xxxx", "", ["xx", "xx"]),
        ("(a*)*", "b", "", ["", ""]),
        (r"\$\^\.", "$^.", "", ["$^."]),
        ("[-a]+", "a-b", "", ["a-"]),
    ],
)
def test_patterns_find_what_xpath_says(pattern, text, flags, found):
    assert spans(pattern, text, flags) == found


_BROKEN = r"( ) a** [ [] a{ a{2,1} \ \q \1 (a)\2 (a\1) [\1] \p{Xx} \p{IsNix} [b-a] * {1} ] (?=a) [a-[b]c]"


@pytest.mark.parametrize("pattern", _BROKEN.split(" "))
def test_what_is_no_pattern_is_refused_with_a_reason(pattern):
    with pytest.raises(NoValue, match="ungültig"):
        compile_pattern(pattern, "")


def test_unknown_flags_are_refused():
    with pytest.raises(NoValue, match="Unbekannte Option „z“"):
        compile_pattern("a", "iz")


_atoms = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "(a)", "(?:ab)", "(a|b)", "(?:^)", "(?:$)"])
_pieces = st.builds(
    lambda atom, count: atom + count, _atoms, st.sampled_from(["", "*", "+", "?", "*?", "{2}", "{1,2}"])
)
_patterns = st.lists(_pieces, min_size=1, max_size=5).map("".join)


@settings(max_examples=300, deadline=None)
@given(_patterns, st.text(alphabet="abc", max_size=12))
def test_common_patterns_agree_with_pythons_own(pattern, text):
    theirs = re.compile(pattern.replace("$", r"\Z"))
    mine = compile_pattern(pattern, "").search(text, 0, lambda steps: None)
    other = theirs.search(text)
    assert (mine is None) == (other is None)
    if mine is not None and other is not None:
        assert (mine.start, mine.end) == other.span()
