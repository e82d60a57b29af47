"""Find procedures by what people type: titles, phrases and texts, with umlauts folded and small slips forgiven."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_QUERY_LENGTH: Final = 200
_MAX_WORDS: Final = 12

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_WORD: Final = re.compile(r"[a-z0-9]+")
_STOP_WORDS: Final = frozenset({
    "aber", "als", "am", "an", "auf", "aus", "bei", "bin", "bitte", "brauche", "das", "dass", "dem", "den",
    "der", "des", "die", "du", "ein", "eine", "einen", "einer", "eines", "er", "es", "fuer", "gehen", "gibt",
    "habe", "haben", "hat", "hier", "ich", "ihr", "im", "in", "ist", "kann", "kannst", "koennen", "man",
    "mein", "meine", "meinen", "meiner", "mich", "mir", "mit", "moechte", "moechten", "muss", "muessen",
    "nach", "nicht", "oder", "sich", "sie", "sind", "um", "und", "uns", "vom", "von", "vor", "war", "was",
    "wer", "wie", "will", "wir", "wo", "wollen", "wurde", "zu", "zum", "zur", "a", "and", "do", "for", "have",
    "how", "i", "is", "my", "need", "of", "or", "the", "to", "want",
})  # fmt: skip
_PREFIX_LENGTH: Final = 4
_SLIP_LENGTH: Final = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be found: a procedure's key with its texts, most telling first."""

    key: str
    title: str
    phrases: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A found procedure; `score` orders hits of one search and means nothing else."""

    key: str
    title: str
    score: float


def search(entries: Iterable[Entry], query: str, *, limit: int = 10) -> list[Hit]:
    """Return the procedures that fit, best first; an empty or meaningless query finds nothing.

    At least a third of the words that mean something must fit; each that does not costs its share of the score.
    """
    words = _words(query[:MAX_QUERY_LENGTH])[:_MAX_WORDS]
    if not words:
        return []
    hits = [Hit(entry.key, entry.title, _score(entry, words, query)) for entry in entries]
    found = [hit for hit in hits if hit.score > 0]
    return sorted(found, key=lambda hit: (-hit.score, hit.title))[:limit]


def fold(text: str) -> str:
    """Return `text` in small letters without accents, umlauts written out: "Ermäßigung" -> "ermaessigung"."""
    spelled = text.casefold().translate(_UMLAUTS)
    return "".join(char for char in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(char))


def _words(text: str) -> list[str]:
    found = _WORD.findall(fold(text))
    return [word for word in found if word not in _STOP_WORDS]


def _score(entry: Entry, words: Sequence[str], query: str) -> float:
    fields = _fields(entry)
    best = [max(weight * _fit(word, tokens) for weight, tokens in fields) for word in words]
    missing = sum(1 for score in best if score == 0)
    if 3 * missing > 2 * len(words):
        return 0.0
    asked = _words(query)
    same = any(asked == _words(phrase) for phrase in (entry.title, *entry.phrases))
    return sum(best) / len(words) + (5.0 if same else 0.0)


@lru_cache(maxsize=512)
def _fields(entry: Entry) -> tuple[tuple[float, frozenset[str]], ...]:
    return (
        (3.0, _tokens([entry.title])),
        (2.0, _tokens(entry.phrases)),
        (1.0, _tokens(entry.texts)),
    )


def _tokens(texts: Iterable[str]) -> frozenset[str]:
    """The words of the texts, each also as people type it who leave the dots away ("ermassigung")."""
    both = (variant for text in texts for variant in (text, _without_dots(text)))
    return frozenset(word for text in both for word in _words(text))


def _without_dots(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _fit(word: str, tokens: frozenset[str]) -> float:
    if word in tokens:
        return 1.0
    if len(word) >= _PREFIX_LENGTH and any(_same_beginning(word, token) for token in tokens):
        return 0.7
    if len(word) >= _PREFIX_LENGTH and any(word in token for token in tokens):  # compounds: "steuer" in "hundesteuer"
        return 0.5
    if len(word) >= _SLIP_LENGTH and any(_one_slip(word, token) for token in tokens):
        return 0.4
    return 0.0


def _same_beginning(word: str, token: str) -> bool:
    """Endings differ ("hunde", "hunden"), or the citizen is still typing."""
    return token.startswith(word) or (
        len(token) >= _PREFIX_LENGTH and word.startswith(token) and len(word) - len(token) <= 2
    )


def _one_slip(word: str, token: str) -> bool:
    """Whether one letter is wrong, missing, too much, or two neighbours are swapped."""
    if abs(len(word) - len(token)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, token, strict=False)) if a != b), min(len(word), len(token)))
    rest, other = word[start:], token[start:]
    return rest[1:] == other[1:] or rest[1:] == other or rest == other[1:] or rest[:2][::-1] + rest[2:] == other
