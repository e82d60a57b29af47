import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.richtext import BlockKind, RichTextRefused, RunKind, feel_sources, read_html, read_markdown, safe_link


def plain(blocks):
    return [(block.kind.value, ["".join(run.text for run in line) for line in block.lines]) for block in blocks]


def test_markdown_has_paragraphs_headings_and_lists():
    blocks = read_markdown("# Was Sie brauchen\nEin Satz,\nder weitergeht.\n\n- Ausweis\n- Vertrag\n\n1. erst\n2. dann")
    assert plain(blocks) == [
        ("heading", ["Was Sie brauchen"]),
        ("paragraph", ["Ein Satz, der weitergeht."]),
        ("list", ["Ausweis", "Vertrag"]),
        ("numbered", ["erst", "dann"]),
    ]


def test_markdown_marks_stretches_of_text():
    [block] = read_markdown("Nur **wichtig**, *leise*, [hier](https://example.org/a?b=1) und {{hund.name}}.")
    marked = [(run.kind, run.text, run.is_feel) for run in block.lines[0]]
    assert [one for one in marked if one[0] is not RunKind.PLAIN or one[2]] == [
        (RunKind.STRONG, "wichtig", False),
        (RunKind.EMPHASIS, "leise", False),
        (RunKind.LINK, "hier", False),
        (RunKind.PLAIN, "hund.name", True),
    ]


@pytest.mark.parametrize("read", [read_markdown, lambda text: read_html(f"<p>{text}</p>")])
@pytest.mark.parametrize(
    ("text", "feel"),
    [
        ("Es sind {{a * b}} und {{c * d}}.", ["a * b", "c * d"]),
        ("{{ {x: {y: 1}}.x.y }}", ["{x: {y: 1}}.x.y"]),
        ('{{"}}" + "\\"}}"}}', ['"}}" + "\\"}}"']),
        ("{{if a < b\nthen c else d}}", ["if a < b\nthen c else d"]),
    ],
)
def test_expressions_are_taken_whole(read, text, feel):
    assert list(feel_sources(read(text))) == feel


def test_an_expression_is_marked_as_the_text_around_it():
    for blocks in (read_markdown("**Summe {{x}} EUR**"), read_html("<p><b>Summe {{x}} EUR</b></p>")):
        assert [(run.kind, run.text, run.is_feel) for run in blocks[0].lines[0]] == [
            (RunKind.STRONG, "Summe ", False),
            (RunKind.STRONG, "x", True),
            (RunKind.STRONG, " EUR", False),
        ]


@pytest.mark.parametrize("read", [read_markdown, read_html])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('="Guten Tag " + name', "mit = beginnt"),
        ("{{name", "fehlt zu"),
        ("name}}", "ohne"),
        ("{{ }}", "steht nichts"),
        ("{{#if a}}x{{/if}}", "Statt {{#if}}"),
        ("{{#loop liste}}{{this}}{{/loop}}", "statt {{#loop}}"),
        ("\ue000", "nicht darstellbar"),
    ],
)
def test_what_templates_of_form_js_can_do_beyond_is_refused(read, text, reason):
    with pytest.raises(RichTextRefused) as refused:
        read(text)
    assert reason in str(refused.value)


@pytest.mark.parametrize("text", ["[{{name}}](https://example.org)", "[hier](https://example.org/{{name}})"])
def test_a_link_has_no_expression(text):
    with pytest.raises(RichTextRefused, match="kein Ausdruck"):
        read_markdown(text)


def test_names_with_underscores_are_no_emphasis():
    [block] = read_markdown("Datei mein_bild_neu.png")
    assert [run.kind for run in block.lines[0]] == [RunKind.PLAIN]


def test_markup_in_markdown_is_text():
    assert plain(read_markdown("<script>alert(1)</script>")) == [("paragraph", ["<script>alert(1)</script>"])]


def test_html_becomes_the_same_blocks():
    blocks = read_html(
        "<h2>Was</h2><p>Ein <strong>Satz</strong> &amp; <a href='/hilfe'>Hilfe</a>.</p>"
        "<ul><li>eins</li><li>zwei</li></ul>"
    )
    assert plain(blocks) == [
        ("heading", ["Was"]),
        ("paragraph", ["Ein Satz & Hilfe."]),
        ("list", ["eins", "zwei"]),
    ]
    assert [run.kind for run in blocks[1].lines[0] if run.kind is not RunKind.PLAIN] == [RunKind.STRONG, RunKind.LINK]


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "<p onclick='x'>a</p>",
        "<p style='color:red'>a</p>",
        "<img src=x>",
        "<a href='javascript:alert(1)'>a</a>",
        "<a href='//evil.example'>a</a>",
        "<iframe></iframe>",
        "<svg/onload=alert(1)>",
        "<!-- a -->",
        "<!DOCTYPE html>",
        "<?php ?>",
    ],
)
def test_html_that_could_do_something_is_refused(markup):
    with pytest.raises(RichTextRefused) as refused:
        read_html(markup)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:x",
        "data:text/html,x",
        "//evil",
        "http://plain",
        "\tjavascript:x",
        'https://a"b',
        "vbscript:x",
        "/\\evil",
    ],
)
def test_links_that_leave_the_safe_ways_are_refused(href):
    assert not safe_link(href)
    with pytest.raises(RichTextRefused):
        read_markdown(f"[a]({href.strip()})") if " " not in href and "\t" not in href else read_html(
            f'<a href="{href}">a</a>'
        )


@pytest.mark.parametrize(
    "href", ["https://example.org/a?b=c#d", "/leistungen/x", "#teil", "mailto:a@example.org", "tel:+4961511234"]
)
def test_safe_links_are_taken(href):
    assert safe_link(href)


@given(st.text(max_size=200))
def test_no_text_breaks_the_readers(text):
    for read in (read_markdown, read_html):
        try:
            blocks = read(text)
        except RichTextRefused:
            continue
        assert all(block.kind in BlockKind and block.lines for block in blocks)
