"""What forms add to form-js in a component's `properties`: the table behind docs/forms.md and the reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FIELDS: Final = (
    "textfield",
    "textarea",
    "number",
    "datetime",
    "checkbox",
    "checklist",
    "radio",
    "select",
    "taglist",
    "filepicker",
)


@dataclass(frozen=True, slots=True)
class Property:
    """One property; `on` are the component types that take it."""

    name: str
    on: tuple[str, ...]
    values: str
    meaning: str


PROPERTIES: Final[Mapping[str, Property]] = {
    item.name: item
    for item in (
        Property(
            "format",
            ("textfield", "number", "expression"),
            "ein Format der Tabelle unten; bei Zahlen und Berechnungen `eur`",
            "prüft, speichert und zeigt den Wert in dieser Form",
        ),
        Property(
            "autocomplete",
            ("textfield", "textarea", "number", "datetime", "select"),
            "ein Wert des HTML-Attributs, zum Beispiel `family-name`",
            "der Browser füllt das Feld aus (WCAG 1.3.5)",
        ),
        Property("why", FIELDS, "ein Satz oder ein Textschlüssel", "sagt unter dem Feld, warum danach gefragt wird"),
        Property("example", FIELDS, "ein Beispielwert", "steht in der Fehlermeldung nach „zum Beispiel“"),
        Property("error", FIELDS, "ein Satz, der sagt, was zu tun ist", "ersetzt die Fehlermeldung des Feldes"),
        Property("earliest", ("datetime",), "FEEL ohne `=`, zum Beispiel `today()`", "frühestes Datum"),
        Property("latest", ("datetime",), "FEEL ohne `=`, zum Beispiel `today()`", "spätestes Datum"),
        Property("min", ("dynamiclist",), "ganze Zahl, sonst 0", "so viele Einträge müssen es mindestens sein"),
        Property("max", ("dynamiclist",), "ganze Zahl bis 100, sonst 20", "so viele Einträge dürfen es höchstens sein"),
        Property("item", ("dynamiclist",), "ein Wort, sonst das Label", "heißt der einzelne Eintrag: „Hund 2“"),
        Property(
            "nachreichbar",
            ("filepicker",),
            "`true`",
            "eine verlangte Datei darf versprochen werden; das Versprechen ist der Wahrheitswert `<key>_nachreichen`",
        ),
        Property("max_files", ("filepicker",), "ganze Zahl bis 20", "höchstens so viele Dateien, wenn `multiple` gilt"),
        Property("max_mb", ("filepicker",), "ganze Zahl bis 50, sonst 10", "höchstens so groß ist eine Datei"),
        Property("block", ("group",), "Name eines Bausteins", "setzt den Baustein `forms/blocks/<name>.form` ein"),
        Property("without", ("group",), "Schlüssel mit Komma", "lässt Felder des Bausteins weg"),
        Property("page", ("group",), "Kleinbuchstaben, Ziffern, - und _", "Name der Seite in Adresse und Texten"),
    )
}
