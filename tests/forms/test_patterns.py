import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.patterns import PatternRefused, compile_pattern


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("^[0-9]{5}$", "64283", True),
        ("^[0-9]{5}$", "64283 ", False),
        ("[0-9]{5}", "PLZ 64283!", True),
        (r"^\s*(?:[0-9]\s*){15}$", "276 098 106 123 456", True),
        ("^(a|bc)+d?$", "abcabcd", True),
        ("^(a|bc)+d?$", "abcabdd", False),
        (r"^[^\d\s]*$", "äöü", True),
        (r"^\w+$", "ä", False),
        ("^[a-z-]+$", "a-z", True),
        ("^[x-]?$", "-", True),
        (r"^\(\d{2,}\)$", "(123)", True),
        ("^a{0}b$", "b", True),
        ("^$", "", True),
        ("", "anything", True),
        ("^.+?$", "lazy", True),
    ],
)
def test_patterns_search_as_javascript_does(source, text, found):
    assert compile_pattern(source).found_in(text) is found


@pytest.mark.parametrize(
    "source",
    [
        "(",
        ")",
        "[",
        "[b-a]",
        "a**",
        "*a",
        "a{2,1}",
        "a{",
        "a{x}",
        r"(?=a)",
        r"(?<n>a)",
        r"\1",
        r"\bx",
        "^*",
        "a{201}",
        "\\",
    ],
)
def test_what_forms_do_not_offer_is_refused_in_german(source):
    with pytest.raises(PatternRefused) as refused:
        compile_pattern(source)
    assert str(refused.value).endswith(".")


def test_large_expressions_are_refused():
    with pytest.raises(PatternRefused, match="umfangreich"):
        compile_pattern("((a{100}){100}){100}")
    with pytest.raises(PatternRefused, match="tief"):
        compile_pattern("(" * 50 + "a" + ")" * 50)


@pytest.mark.parametrize("source", ["^(a+)+$", "^(a|a)*$", "^(a*)*b", r"^(\d+)*\d$x", "(x+x+)+y"])
def test_what_takes_other_engines_for_ever_takes_linear_time(source):
    started = time.perf_counter()
    compile_pattern(source).found_in("a" * 5_000 + "1" * 1_000 + "x" * 2_000 + "!")
    assert time.perf_counter() - started < 2


_ATOMS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", r"\d", "(a|b)", "(?:bc)", "(a|)", "^", "$"])
_QUANTIFIERS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}", "{2,}"])


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.tuples(_ATOMS, _QUANTIFIERS), max_size=6).map(
        lambda parts: "".join(atom + (quantifier if atom not in "^$" else "") for atom, quantifier in parts)
    ),
    st.text(alphabet="abc1", max_size=12),
)
def test_the_automaton_agrees_with_python_on_what_both_know(source, text):
    python = source.replace("$", r"\Z")
    assert compile_pattern(source).found_in(text) is bool(re.search(python, text))
