from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.letters import LetterRefused, check_template, compose
from tests.letter_factory import HEAD, TEMPLATE, body, letter


def _refusal(template=TEMPLATE, **data):
    with pytest.raises(LetterRefused) as caught:
        letter(template, **data)
    assert caught.value.details["message"]
    return caught.value


def test_a_letter_shows_head_body_and_the_locked_blocks_in_order():
    html = letter().html

    order = ["Ayşe Öztürk-Müller", "20.31-2026-000123-7", "Bescheid über die Hundesteuer 2026", "120,00\u00a0€",
             "Rechtsgrundlagen", "Zahlung trotz Widerspruch", "Rechtsbehelfsbelehrung", "Im Auftrag"]  # fmt: skip
    places = [html.index(text) for text in order[2:]]
    assert all(text in html for text in order)
    assert places == sorted(places)


def test_the_title_names_subject_and_aktenzeichen():
    assert letter().title == "Bescheid über die Hundesteuer 2026, Aktenzeichen 20.31-2026-000123-7"


def test_the_title_is_plain_text_whatever_the_subject_holds():
    one = letter(body("x").replace("%}B{%", "%}<em>Hund</em> {{ hund }}{%"), hund="<b>&amp; Co")

    assert one.title == "Hund <b>&amp; Co, Aktenzeichen 20.31-2026-000123-7"
    assert "<title>Hund &lt;b&gt;&amp;amp; Co" in one.html


def test_citizens_text_is_text_everywhere():
    evil = "<img src=x onerror=alert(1)>\"'&{{ 7*7 }}{% raw %}"
    head = replace(HEAD, addressee=(evil, "Weg 1", "64283 Darmstadt"))

    html = letter(
        hund=evil, begruendung=f"{evil}\n{evil}", zeilen=[{"name": evil, "betrag": Decimal(1)}], head=head
    ).html

    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;{{ 7*7 }}{% raw %}") == 5


def test_line_breaks_of_a_text_are_kept():
    assert "<p>eins<br>zwei</p>" in letter(begruendung="eins\nzwei").html


def test_separators_of_other_systems_are_line_breaks():
    assert "<p>eins<br>zwei<br>drei</p>" in letter(begruendung="eins\r\nzwei\u2028drei").html


def test_an_overlong_word_may_break_and_a_title_stays_clean():
    one = letter(body("x").replace("%}B{%", "%}{{ hund }}{%"), hund="y" * 30 + "<")

    assert f"{'y' * 24}<wbr>{'y' * 6}&lt;" in one.html
    assert f"<title>{'y' * 30}&lt;, Aktenzeichen" in one.html
    assert one.title.startswith("y" * 30 + "<, ")


def test_control_and_direction_characters_are_dropped():
    assert "Bel\u202elo\x00" not in letter(hund="Bel\u202elo\x00\u200b").html
    assert "Hund Bello setzen" in letter(hund="Bel\u202elo\x00\u200b").html


def test_a_missing_value_stops_the_letter():
    assert _refusal(body("{{ gibt_es_nicht }}")).code == "letter_data_missing"
    assert _refusal(body("{{ zeilen[0].gibt_es_nicht }}")).code == "letter_data_missing"


def test_a_template_can_ask_whether_a_value_exists():
    html = letter(body("{% if x is defined %}ja{% else %}nein{% endif %}, {{ y | default('ohne') }}")).html

    assert "nein, ohne" in html


@pytest.mark.parametrize("value", [None, True, [1], {"a": 1}, Decimal("1.5")])
def test_what_has_no_german_form_is_never_printed(value):
    assert _refusal(body("{{ x }}"), x=value).code == "letter_data"


@pytest.mark.parametrize(
    ("expression", "value", "shown"),
    [
        ("x", Decimal("2027"), "2027"),
        ("x", date(2027, 7, 1), "01.07.2027"),
        ("x | datum_lang", date(2027, 3, 1), "1.\u00a0März 2027"),
        ("x | datum", datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "01.01.2027"),
        ("x | geld", Decimal("1234567.895"), "1.234.567,90\u00a0€"),
        ("x | geld", Decimal("-5"), "−5,00\u00a0€"),
        ("x | zahl", Decimal("1234.50"), "1.234,5"),
        ("x | zahl", Decimal("1200"), "1.200"),
        ("(x + 1) * 2", Decimal("2"), "6"),
        ("x | join(', ')", ["a", "<b>"], "a, &lt;b&gt;"),
        ("x | length", [1, 2], "2"),
        ("x.items", {"items": "Schlüssel, nicht Methode"}, "Schlüssel, nicht Methode"),
    ],
)
def test_values_print_in_german(expression, value, shown):
    assert f"[{shown}]" in letter(body(f"[{{{{ {expression} }}}}]"), x=value).html


@pytest.mark.parametrize("value", ["120", True, None, 1.5, date(2027, 1, 1)])
def test_money_is_an_exact_number_or_nothing(value):
    assert _refusal(body("{{ x | geld }}"), x=value).code in {"letter_data", "letter_data_type"}


@pytest.mark.parametrize(
    "text",
    [
        "{{ hund.__class__.__mro__ }}",
        "{{ hund.upper() }}",
        "{{ ''.__class__ }}",
        "{{ zeilen.append(1) }}",
        "{{ zeilen[0].pop('name') }}",
        "{{ hund.format(1) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self.__init__ }}",
        "{{ range(10) }}",
        "{{ lipsum() }}",
        "{{ 'a' * 1000000000 }}",
        "{{ (1, 2) * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ hund + hund }}",
        "{{ hund ~ hund }}",
        "{{ hund | safe }}",
        "{{ hund | attr('upper') }}",
        "{{ hund | center(1000000000) }}",
        "{{ zeilen | tojson }}",
        "{% autoescape false %}{{ hund }}{% endautoescape %}",
        "{% include 'brief.html' %}",
        "{% import 'brief.html' as b %}",
        "{% macro m() %}{{ m() }}{% endmacro %}",
        "{% set x %}{{ hund }}{% endset %}",
        "{% filter upper %}x{% endfilter %}",
        "{{ 1 / 0 }}",
        "{{ nichts",
        "{% if %}",
    ],
)
def test_what_could_harm_is_refused(text):
    assert _refusal(body(text)).code in {"letter_template", "letter_data_missing", "letter_data"}


def test_doubling_a_list_line_by_line_ends_in_a_refusal():
    doubled = "".join("{% set a = [a, a] %}" for _ in range(40))

    assert _refusal(body("{% set a = ['x'] %}" + doubled + "{{ a }}")).code == "letter_data"
    joined = "".join("{% set a = [a, a] | join %}" for _ in range(40))
    assert _refusal(body("{% set a = 'xxxxxxxxxx' %}" + joined + "{{ a }}")).code == "letter_data"


@pytest.mark.parametrize(
    "template",
    [
        "<p>ohne Gerüst</p>",
        '{% extends "anders.html" %}',
        '{% extends "brief.html" %}{% block betreff %}B{% endblock %}',
        '{% extends "brief.html" %}{% block inhalt %}x{% endblock %}',
        '{% extends "brief.html" %}{% block betreff %}B{% endblock %}{% block recht %}x{% endblock %}',
    ],
)
def test_a_letter_fills_the_base_layout_and_only_its_blocks(template):
    assert _refusal(template).code == "letter_template"


@pytest.mark.parametrize(
    "text",
    [
        '<img src="https://stadt.example/wappen.png">',
        "<style>p{color:red}</style>",
        "<script>alert(1)</script>",
        '<p style="color:red">x</p>',
        '<p class="hinweis" onclick="x()">x</p>',
        '<a href="file:///etc/passwd">x</a>',
        '<a rel="attachment" href="https://stadt.example/">x</a>',
        "<h1>zweite Überschrift</h1>",
        "<svg></svg>",
    ],
)
def test_a_template_holds_text_tables_lists_and_links_only(text):
    refusal = _refusal(body(f"\n{text}"))

    assert (refusal.code, refusal.details["line"]) == ("letter_template", 2)


def test_a_template_may_link_to_the_portal():
    assert 'href="https://stadt.example/"' in letter(body('<p><a href="https://stadt.example/">Portal</a></p>')).html


def test_a_template_is_checked_without_data():
    check_template(TEMPLATE, name="bescheid.html")
    with pytest.raises(LetterRefused) as caught:
        check_template(body("\n\n{{ x | unbekannt }}"), name="bescheid.html")
    assert caught.value.details["line"] == 3
    assert caught.value.details["template"] == "bescheid.html"


def test_a_hessian_letter_never_cites_the_federal_act():
    assert _refusal(body("<p>nach § 28 VwVfG</p>")).code == "letter_foreign_norm"
    assert "§ 28 HVwVfG" in letter(body("<p>nach § 28 HVwVfG</p>")).html


def test_the_names_of_the_layout_cannot_be_taken():
    assert _refusal(norm={"inhalt": "§ 1"}).code == "letter_name_taken"


def test_norms_and_blocks_are_at_hand_in_the_template():
    html = letter(body("[{{ norm.inhalt }}] [{{ recht.rechtsbehelfsbelehrung.norm }}]")).html

    assert "[§ 157 AO i. V. m. § 4 HessKAG] [§§ 68, 70 VwGO]" in html


def test_a_letter_without_a_decision_has_no_legal_blocks():
    html = compose(body("<p>Eine Frage</p>"), name="rueckfrage.html", head=HEAD, data={}, blocks=(), norms={}).html

    assert "Rechtsbehelfsbelehrung" not in html


def test_too_much_text_is_refused_with_advice():
    assert _refusal(begruendung="x" * 10_001).code == "letter_text_too_long"
    assert _refusal(x=["x" * 9_000] * 30).code == "letter_data_too_large"
    assert _refusal(x=[1] * 501).code == "letter_data_too_large"


def test_depth_and_foreign_types_are_refused():
    deep: object = "x"
    for _ in range(900):
        deep = [deep]
    assert _refusal(x=deep).code == "letter_data_too_deep"
    assert _refusal(x=object()).code == "letter_data_type"
    assert _refusal(x=b"bytes").code == "letter_data_type"


def test_an_endless_page_is_refused():
    grown = "{% for a in x %}{% for b in x %}{% for c in x %}Zeile {{ loop.index }}{% endfor %}{% endfor %}{% endfor %}"

    assert _refusal(body(grown), x=list(range(300))).code == "letter_too_large"
