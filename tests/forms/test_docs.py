"""docs/forms.md says what the code does."""

from pathlib import Path

import pytest

from forms.components import READERS, REFUSED
from forms.formats import FORMATS
from forms.properties import PROPERTIES
from forms.texts import WORDS

DOC = (Path(__file__).resolve().parents[2] / "docs" / "forms.md").read_text()


@pytest.mark.parametrize("item", PROPERTIES.values(), ids=PROPERTIES)
def test_every_property_has_its_line(item):
    on = ", ".join(f"`{kind}`" for kind in item.on) if len(item.on) < 6 else "every field"
    line = f"| `{item.name}` | {on} | {item.values} | {item.meaning} |"
    assert line in DOC, f"docs/forms.md lacks the line\n{line}"


@pytest.mark.parametrize("item", FORMATS.values(), ids=FORMATS)
def test_every_format_has_its_line(item):
    line = f"| `{item.name}` | {item.meaning} | {item.example} |"
    assert line in DOC, f"docs/forms.md lacks the line\n{line}"


def test_no_line_names_what_there_is_not():
    properties = {line.split("`")[1] for line in section("## Our own properties", "| format |")}
    formats = {line.split("`")[1] for line in section("| format |", "## Shared groups")}
    assert properties == set(PROPERTIES)
    assert formats == {*FORMATS, "date"}


def section(start, end):
    return [line for line in DOC.partition(start)[2].partition(end)[0].splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("kind", [*READERS, *REFUSED, "group", "dynamiclist"])
def test_every_type_of_form_js_is_named(kind):
    assert f"`{kind}`" in DOC


@pytest.mark.parametrize(
    "name", ["person", "anschrift", "bankverbindung", "entscheidung", "rueckfrage", "freigabe", "abgesandt"]
)
def test_every_form_of_the_house_is_named_and_there(name):
    assert f"`{name}`" in DOC
    assert (Path(__file__).resolve().parents[2] / "forms" / "blocks" / f"{name}.form").exists()


def test_words_are_german_sentences_or_labels():
    assert all(word[0].isupper() or word[0] in "{kw" for word in WORDS.values())
