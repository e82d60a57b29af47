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
            "a format of the table below; `eur` for numbers and computed values",
            "checks, stores and shows the value in this form",
        ),
        Property(
            "autocomplete",
            ("textfield", "textarea", "number", "datetime", "select"),
            "a value of the HTML attribute, for example `family-name`",
            "the browser fills the field in (WCAG 1.3.5)",
        ),
        Property("why", FIELDS, "a sentence, or a text key", "says below the label why this is asked"),
        Property("example", FIELDS, "a valid value", "stands in the error message after „zum Beispiel“"),
        Property("error", FIELDS, "a sentence that says what to do", "replaces the field's error messages"),
        Property("earliest", ("datetime",), "FEEL without `=`, for example `today()`", "earliest date"),
        Property("latest", ("datetime",), "FEEL without `=`, for example `today()`", "latest date"),
        Property("min", ("dynamiclist",), "whole number, else 0", "fewest entries"),
        Property("max", ("dynamiclist",), "whole number up to 100, else 20", "most entries"),
        Property("item", ("dynamiclist",), "a word, else the label", "what one entry is called: „Hund 2“"),
        Property(
            "nachreichbar",
            ("filepicker",),
            "`true`",
            "a required file may be promised; the promise is the boolean `<key>_nachreichen` beside the field",
        ),
        Property("max_files", ("filepicker",), "whole number up to 20", "most files, where `multiple` is set"),
        Property("max_mb", ("filepicker",), "whole number up to 50, else 10", "largest file"),
        Property("block", ("group",), "name of a shared group", "puts `forms/blocks/<name>.form` here"),
        Property("without", ("group",), "keys with commas", "leaves fields of the shared group out"),
        Property(
            "page",
            ("group",),
            "lower case letters, digits, - and _",
            "the page's name in addresses and text keys; else its id",
        ),
    )
}
