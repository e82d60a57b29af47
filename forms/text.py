"""Text that people type: made uniform, and refused where it carries what nobody can see."""

import unicodedata
from typing import Final

INVISIBLE: Final = (
    "Der Text enthält Zeichen, die man nicht sehen kann. Tippen Sie ihn bitte neu ein, statt ihn einzufügen."
)

_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Co"})
# Direction overrides make a text read differently from what is stored (CVE-2021-42574); U+FEFF is a stray order mark.
_REFUSED: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff")


class TextRefused(ValueError):
    """The text cannot be stored; the message is a German sentence."""


def clean_line(text: str) -> str:
    """One line: NFC, every run of white space is one blank, trimmed. Raises TextRefused for invisible characters."""
    return " ".join(_visible(text.replace("\t", " ").replace("\r", " ").replace("\n", " ")).split())


def clean_lines(text: str) -> str:
    """Several lines: NFC, line ends as `\\n`, trimmed. Raises TextRefused for invisible characters."""
    uniform = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "\n".join(_visible(line).rstrip() for line in uniform.split("\n")).strip()


def printable(text: str, *, longest: int = 60) -> str:
    """A stranger's name for a thing, made safe to repeat in a message or a log."""
    shown = "".join(character if character.isprintable() else "?" for character in text[:longest])
    return shown + "…" if len(text) > longest else shown


def _visible(text: str) -> str:
    if any(unicodedata.category(character) in _REFUSED_CATEGORIES or character in _REFUSED for character in text):
        raise TextRefused(INVISIBLE)
    return unicodedata.normalize("NFC", text)
