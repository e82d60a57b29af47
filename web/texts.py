"""Texts of the pages by key, in German first; `leicht`, `en` and more are managed variants, an open set.

A table is a TOML file `texte/<language>.toml`: the one in `web/` for every page, the one in `web/<area>/` for the pages
of an area, whose keys begin with its name. A missing variant falls back to German; a missing German text is an error.
Texts are ours, so `{name}` in them is replaced by values; what comes out is escaped by the template as always.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GERMAN = "de"


@dataclass(frozen=True, slots=True)
class Language:
    """One variant: `code` as in its file name, `tag` for the `lang` attribute, `locale` for dates and numbers."""

    code: str
    name: str
    tag: str
    locale: str
    direction: str


@dataclass(frozen=True, slots=True)
class Texts:
    languages: Mapping[str, Language]
    tables: Mapping[str, Mapping[str, str]]

    def language(self, code: str | None) -> Language:
        """Return the variant, German for one that does not exist."""
        return self.languages.get(code or GERMAN, self.languages[GERMAN])

    def has(self, key: str) -> bool:
        return key in self.tables[GERMAN]

    def text(self, language: Language, key: str, /, **values: Any) -> str:
        """Return the text with its values filled in; raises KeyError if there is none in German either."""
        text = self.tables[language.code].get(key)
        if text is None:
            text = self.tables[GERMAN][key]
        return text.format_map(values) if values else text

    def gaps(self, code: str) -> list[str]:
        """Return the keys that the variant lacks."""
        return sorted(self.tables[GERMAN].keys() - self.tables[code].keys())


def read_texts(web: Path) -> Texts:
    """Read every table below `web`; raises ValueError for one that is not as it should be."""
    languages = {path.stem: _language(path) for path in sorted((web / "texte").glob("*.toml"))}
    tables: dict[str, dict[str, str]] = {code: {} for code in languages}
    for path in sorted(web.glob("texte/*.toml")) + sorted(web.glob("*/texte/*.toml")):
        area = path.parent.parent
        if path.stem not in tables:
            raise ValueError(f"{path}: web/texte/{path.name} is missing")
        tables[path.stem] |= dict(_flat(_read(path), "" if area == web else f"{area.name}.", path))
    return Texts(languages, tables)


def _read(path: Path) -> dict[str, Any]:
    data = tomllib.loads(path.read_text("utf-8"))
    data.pop("language", None)
    return data


def _language(path: Path) -> Language:
    return Language(code=path.stem, **tomllib.loads(path.read_text("utf-8"))["language"])


def _flat(table: Mapping[str, Any], prefix: str, path: Path) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            entries += _flat(value, f"{prefix}{key}.", path)
        elif isinstance(value, str):
            entries.append((prefix + key, value))
        else:
            raise ValueError(f"{path}: {prefix}{key} is not a text")  # noqa: TRY004 -- the file is wrong, not a type
    return entries
