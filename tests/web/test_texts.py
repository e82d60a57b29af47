import re
import tomllib
from pathlib import Path

import pytest

import web
from web.texts import read_texts

WEB = Path(web.__file__).parent
PROCESSES = WEB.parent / "processes"
FOR_STAFF_AND_PROGRAMS = (
    "errors.no_token.",
    "errors.refused.",
    "errors.code.role_missing",
    "errors.media_type.",
    "api.",
)


@pytest.fixture(scope="module")
def texts():
    return read_texts(WEB)


@pytest.mark.parametrize("code", ["leicht", "en"])
def test_a_variant_says_everything_that_citizens_read(texts, code):
    citizens = [key for key in texts.gaps(code) if not key.startswith((*FOR_STAFF_AND_PROGRAMS, "inbox.", "desk."))]
    assert citizens == []


@pytest.mark.parametrize("code", ["leicht", "en"])
def test_a_variant_says_nothing_that_german_does_not(texts, code):
    assert sorted(texts.tables[code].keys() - texts.tables["de"].keys()) == []


@pytest.mark.parametrize("code", ["leicht", "en"])
def test_a_variant_fills_in_the_same_values(texts, code):
    def places(text):
        return sorted(part.split("}")[0] for part in text.split("{")[1:])

    for key, text in texts.tables[code].items():
        assert places(text) == places(texts.tables["de"][key]), key


def test_leichte_sprache_has_short_sentences(texts):
    for key, text in texts.tables["leicht"].items():
        for sentence in text.replace("?", ".").replace(":", ".").split(". "):
            assert len(sentence.split()) <= 14, (key, sentence)


def numbers(text):
    """Articles, sections and years, without the paragraph within an article."""
    return set(re.findall(r"\d+[a-z]?\b", re.sub(r"Abs\. \d+", "", text)))


def test_leichte_sprache_names_the_same_rights(texts):
    german, easy = texts.tables["de"], texts.tables["leicht"]
    legal = [key for key in german if ".datenschutz." in key or ".privacy." in key]
    assert len(legal) > 20
    for key in legal:
        assert numbers(german[key]) <= numbers(easy[key]), key


@pytest.mark.parametrize("folder", [path.parent for path in sorted(PROCESSES.glob("*/procedure.toml"))])
def test_the_notice_of_a_procedure_in_leichte_sprache_names_the_same_laws_and_times(folder):
    facts = tomllib.loads((folder / "procedure.toml").read_text("utf-8"))["privacy"]
    easy = tomllib.loads((folder / "texte/leicht.toml").read_text("utf-8"))["datenschutz"]
    for key, said in facts.items():
        assert numbers(str(said)) <= numbers(easy[key]), key


def test_buttons_and_errors_say_sie(texts):
    for key, text in texts.tables["de"].items():
        assert not {"du", "dein", "deine", "dir", "dich"} & set(text.lower().replace(".", " ").split()), key


def test_values_are_filled_in(texts):
    german = texts.language("de")
    assert texts.text(german, "form.step", step=2, steps=5) == "Schritt 2 von 5"


def test_a_missing_variant_is_shown_in_german_and_a_missing_text_is_an_error(texts):
    english = texts.language("en")
    assert texts.text(english, "errors.refused.title") == texts.text(texts.language("de"), "errors.refused.title")
    with pytest.raises(KeyError):
        texts.text(english, "gibt.es.nicht")


def test_an_unknown_language_is_german(texts):
    assert texts.language("klingonisch").code == "de"
    assert texts.language(None).code == "de"


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


HEAD = '[language]\nname = "x"\ntag = "x"\nlocale = "de"\ndirection = "ltr"\n'


def test_a_language_is_a_file_and_the_keys_of_an_area_begin_with_its_name(tmp_path):
    files = {"texte/de.toml": HEAD + "[a]\nb = 'oben'", "inbox/texte/de.toml": "a.b = 'unten'"}
    texts = read_texts(write(tmp_path, files | {"texte/uk.toml": HEAD}))
    assert set(texts.languages) == {"de", "uk"}
    assert texts.tables["de"] == {"a.b": "oben", "inbox.a.b": "unten"}


@pytest.mark.parametrize(
    "files",
    [
        {"texte/de.toml": HEAD + "[a]\nb = 5"},
        {"texte/de.toml": HEAD, "inbox/texte/fr.toml": "a = 'x'"},
        {"texte/de.toml": "kein toml"},
    ],
)
def test_a_broken_table_is_refused(tmp_path, files):
    with pytest.raises(ValueError, match=r"toml|is missing|not a text|Expected|Invalid"):
        read_texts(write(tmp_path, files))
