"""Makes letters for tests: a full tax decision whose parts a test may replace."""

from datetime import date
from decimal import Decimal

from engine import law
from engine.letters import Head, Letter, Sender, compose

DAY = date(2026, 11, 24)
OFFICE = law.Office(
    name="Magistrat der Wissenschaftsstadt Darmstadt, Kassen- und Steueramt",
    address="Beispielplatz 1, 64283 Darmstadt",
)
HEAD = Head(
    sender=Sender(
        city="Wissenschaftsstadt Darmstadt",
        office="Der Magistrat, Kassen- und Steueramt",
        street="Beispielplatz 1",
        place="64283 Darmstadt",
        phone="06151 115",
        email="steueramt@darmstadt.example",
    ),
    addressee=("Ayşe Öztürk-Müller", "Rheinstraße 12", "64283 Darmstadt"),
    aktenzeichen="20.31-2026-000123-7",
    day=DAY,
    kassenzeichen="HS-2026-000123-4",
    signatory="Beispiel, Oberinspektorin",
)
TEMPLATE = """{% extends "brief.html" %}
{% block betreff %}Bescheid über die Hundesteuer {{ jahr }}{% endblock %}
{% block inhalt %}
<p>für Ihren Hund {{ hund }} setzen wir {{ summe | geld }} fest.</p>
<table><caption>Steuer</caption>
<thead><tr><th scope="col">Hund</th><th scope="col" class="zahl">Betrag</th></tr></thead>
<tbody>{% for zeile in zeilen %}
<tr><th scope="row">{{ zeile.name }}</th><td class="zahl">{{ zeile.betrag | geld }}</td></tr>
{% endfor %}</tbody></table>
<h2>Begründung</h2><p>{{ begruendung | zeilen }}</p>
{% endblock %}
"""


def letter(template: str = TEMPLATE, *, head: Head = HEAD, **data: object) -> Letter:
    """Compose the tax decision; keywords replace its data."""
    values: dict[str, object] = {
        "hund": "Bello",
        "jahr": Decimal(2026),
        "summe": Decimal("120.00"),
        "zeilen": [{"name": "Bello", "betrag": Decimal("120.00")}],
        "begruendung": "Sie halten einen Hund.",
        **data,
    }
    return compose(
        template,
        name="bescheid.html",
        head=head,
        data=values,
        blocks=law.legal_blocks(
            OFFICE, verfahrensrecht="AO/KAG", on=DAY, basis=["Hundesteuersatzung"], abgabe=law.Abgabe.STEUER
        ),
        norms=law.norms("AO/KAG", on=DAY),
    )


def body(text: str) -> str:
    """A template with `text` as its body."""
    return (
        f'{{% extends "brief.html" %}}{{% block betreff %}}B{{% endblock %}}{{% block inhalt %}}{text}{{% endblock %}}'
    )
