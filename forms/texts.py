"""The texts of a form in one language: `texte/de.toml`, `leicht.toml`, `en.toml` of a procedure and of shared blocks.

Keys begin with the form's name (the file without `.form`) or, in a shared block, the block's name:
`antrag.seiten.<page>`, `antrag.gruppen.<group>`, `antrag.texte.<id>`, `antrag.felder.<key>.label` (also `hint`, `why`,
`item`, `example`), `antrag.felder.<key>.antworten.<value>`. What is missing is taken from the form.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Final

from forms.model import Choice, Component, Field, Form, Group, Prose, Repeat, walk
from forms.richtext import Block, RichTextRefused, feel_sources, read_markdown
from forms.source import Finding

WORDS: Final[Mapping[str, str]] = {
    "add": "{item} hinzufügen",
    "remove": "Entfernen",
    "remove_row": "{item} {number} entfernen",
    "remove_file": "{file} entfernen",
    "later": "Ich reiche das später nach",
    "example_date": "Tag, Monat und Jahr, zum Beispiel 15.01.2027.",
    "example_time": "Zum Beispiel 14:30.",
    "example_datetime": "Zum Beispiel 15.01.2027 14:30.",
    "one_file": "Eine Datei: {kinds}. Höchstens {size}.",
    "some_files": "Bis zu {count} Dateien: {kinds}. Je Datei höchstens {size}.",
    "longest": "Höchstens {count} Zeichen.",
    "choose": "Antwort auswählen",
    "revealed": "Durch Ihre Angaben sind weitere Fragen dazugekommen",
    "yes": "Ja",
    "no": "Nein",
    "nothing": "keine Angabe",
    "promised": "wird nachgereicht",
    "date": "{day}. {month} {year}",
    "months": "Januar, Februar, März, April, Mai, Juni, Juli, August, September, Oktober, November, Dezember",
}
"""What every form says beside its own texts; another language has it as `formular.<key>`."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by dotted key."""

    entries: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, *tables: Mapping[str, object]) -> "Texts":
        """Parsed TOML; a later table wins. Keys may be written nested or in one, `[felder."hunde.name"]`."""
        entries: dict[str, str] = {}
        for table in tables:
            entries.update(_flat(table))
        return cls(entries)

    def find(self, *keys: str) -> str:
        """The first of these keys that has a text, else the empty text."""
        return next((self.entries[key] for key in keys if self.entries.get(key)), "")


@dataclass(frozen=True, slots=True)
class FormTexts:
    """The texts of one form, with what stands in the form itself behind them."""

    texts: Texts
    name: str

    def page(self, key: str, label: str) -> str:
        return self.texts.find(f"{self.name}.seiten.{key}") or label

    def group(self, group: Group) -> str:
        keys = [f"{self.name}.gruppen.{group.text_key}", f"{group.block}.titel" if group.block else ""]
        return self.texts.find(*keys) or group.label

    def prose(self, prose: Prose) -> tuple[Block, ...]:
        """The blocks of this language; the form's own where there are none, or none that can be used."""
        markdown = self.texts.find(f"{self.name}.texte.{prose.text_key}")
        try:
            return read_markdown(markdown) if markdown else prose.blocks
        except RichTextRefused:
            return prose.blocks

    def label(self, component: Field | Repeat) -> str:
        return self._find(component, "label") or component.label

    def hint(self, component: Field | Repeat) -> str:
        return self._find(component, "hint") or (component.description if isinstance(component, Field) else "")

    def why(self, component: Field) -> str:
        """The reason; a `why` of the form may itself be a key."""
        return self._find(component, "why") or self.texts.find(component.why) or component.why

    def item(self, repeat: Repeat) -> str:
        return self._find(repeat, "item") or repeat.item_label

    def option(self, component: Field, value: str, label: str) -> str:
        return self._find(component, f"antworten.{value}") or label

    def word(self, key: str, /, **values: object) -> str:
        """One of `WORDS` with its values filled in."""
        try:
            return (self.texts.find(f"formular.{key}") or WORDS[key]).format_map(values)
        except (LookupError, ValueError, AttributeError):
            return WORDS[key].format_map(values)

    def _find(self, component: Field | Repeat, part: str) -> str:
        return self.texts.find(*_keys(self.name, component, part))


def missing_texts(form: Form, texts: Texts) -> tuple[str, ...]:
    """The keys for which this language has no text of its own, in the order of the form."""
    name = form_name(form.name)
    wanted: list[tuple[str, ...]] = [(f"{name}.seiten.{page.key}",) for page in form.pages if page.label]
    wanted += [keys for component in walk(form.children) for keys in _wanted(name, component)]
    return tuple(keys[0] for keys in wanted if not texts.find(*keys))


def text_findings(form: Form, texts: Texts) -> tuple[Finding, ...]:
    """Texts of this form that name nothing it has, or that cannot be shown as they are (the form's own then stands).

    A finding's `key` is the text's.
    """
    name = form_name(form.name)
    prose = {f"{name}.texte.{one.text_key}": one for one in walk(form.children) if isinstance(one, Prose)}
    known = set(_known_keys(form, name))
    found = []
    for key, text in texts.entries.items():
        if key.startswith(f"{name}.") and key not in known and not key.startswith(tuple(_open_keys(form, name))):
            found.append(Finding("", key, "unknown_text", f"Das Formular hat nichts, was „{key}“ heißt."))
        elif key in prose:
            found += _prose_findings(key, text, prose[key])
    return tuple(found) + tuple(_word_findings(texts))


def missing_words(texts: Texts) -> tuple[str, ...]:
    """The keys of `WORDS` for which this language has no text."""
    return tuple(f"formular.{key}" for key in WORDS if not texts.find(f"formular.{key}"))


def form_name(file_name: str) -> str:
    """`antrag` for `antrag.form`."""
    return file_name.rpartition("/")[2].removesuffix(".form")


def _known_keys(form: Form, name: str) -> Iterator[str]:
    yield from (f"{name}.seiten.{page.key}" for page in form.pages)
    for component in walk(form.children):
        match component:
            case Prose():
                yield f"{name}.texte.{component.text_key}"
            case Group():
                yield f"{name}.gruppen.{component.text_key}"
            case Field() | Repeat():
                yield from (f"{name}.felder.{component.text_key}.{part}" for part in ("label", "hint", "why", "item"))
        if isinstance(component, Choice):
            yield from (f"{name}.felder.{component.text_key}.antworten.{option.value}" for option in component.options)


def _open_keys(form: Form, name: str) -> Iterator[str]:
    """Where answers come from an expression, nobody knows beforehand which there are."""
    for component in form.fields():
        if isinstance(component, Choice) and component.options_from is not None:
            yield f"{name}.felder.{component.text_key}.antworten."


def _prose_findings(key: str, text: str, prose: Prose) -> Iterator[Finding]:
    try:
        foreign = set(feel_sources(read_markdown(text))) - set(prose.values)
    except RichTextRefused as refused:
        yield Finding("", key, "bad_text", str(refused))
        return
    for expression in sorted(foreign):
        message = f"„{{{{{expression}}}}}“ steht nicht im Text des Formulars und bliebe leer."
        yield Finding("", key, "foreign_expression", message)


def _word_findings(texts: Texts) -> Iterator[Finding]:
    for key, text in texts.entries.items():
        word = key.removeprefix("formular.")
        if key.startswith("formular.") and (word not in WORDS or _places(text) - _places(WORDS[word])):
            yield Finding(
                "", key, "bad_word", f"„{key}“ gibt es nicht, oder in {{…}} steht etwas, das es dort nicht gibt."
            )


def _places(text: str) -> frozenset[str]:
    try:
        return frozenset(name or "" for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError:
        return frozenset({"?"})


def _keys(name: str, component: Field | Repeat, part: str) -> tuple[str, ...]:
    own = f"{name}.felder.{component.text_key}.{part}"
    if not component.block_key:
        return (own,)
    block, _, key = component.block_key.partition(".")
    return (own, f"{block}.felder.{key}.{part}")


def _wanted(name: str, component: Component) -> Iterator[tuple[str, ...]]:
    match component:
        case Prose():
            yield (f"{name}.texte.{component.text_key}",)
        case Group(label=label) if label:
            yield (f"{name}.gruppen.{component.text_key}", f"{component.block}.titel")
        case Repeat():
            yield _keys(name, component, "label")
            yield _keys(name, component, "item")
        case Field():
            yield from (_keys(name, component, part) for part in _parts(component))


def _parts(component: Field) -> Iterator[str]:
    if component.label:
        yield "label"
    if component.description:
        yield "hint"
    if component.why:
        yield "why"
    if isinstance(component, Choice):
        yield from (f"antworten.{option.value}" for option in component.options)


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
