"""A browser without a script: reads drawn pages and sends back what their forms hold."""

import tomllib
from pathlib import Path

import html5lib
import jinja2

ROOT = Path(__file__).resolve().parents[2]
WORDS = tomllib.loads((ROOT / "web" / "texte" / "de.toml").read_text())


def environment():
    """The house's templates with German words, as web/pages.py sets them up."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "web" / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    made.globals["t"] = _text
    return made


def parse(markup):
    """The tree; html5lib's strict mode raises for markup that is not as it should be."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(f'<!DOCTYPE html><html lang="de"><head></head><body>{markup}</body></html>')


def sends(tree):
    """What a browser sends for the forms in `tree`, as `request.form.to_dict(flat=False)` gives it."""
    sent = {}
    for element in tree.iter():
        name, kind = element.get("name"), element.get("type")
        if not name or element.tag == "button" or kind == "file":
            continue
        if element.tag == "input" and (kind not in ("radio", "checkbox") or "checked" in element.attrib):
            sent.setdefault(name, []).append(element.get("value"))
        if element.tag == "textarea":
            sent.setdefault(name, []).append(element.text or "")
        if element.tag == "select":
            options = list(element.iter("option"))
            chosen = next((option for option in options if "selected" in option.attrib), options[0])
            sent.setdefault(name, []).append(chosen.get("value"))
    return sent


def _text(key, /, **values):
    found = WORDS
    for part in key.split("."):
        found = found[part]
    return found.format_map(values)
