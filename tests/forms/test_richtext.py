import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.richtext import BlockKind, RichTextRefused, RunKind, read_html, read_markdown, safe_link


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
    assert [(run.kind, run.text) for run in block.lines[0] if run.kind is not RunKind.PLAIN] == [
        (RunKind.STRONG, "wichtig"),
        (RunKind.EMPHASIS, "leise"),
        (RunKind.LINK, "hier"),
        (RunKind.FEEL, "hund.name"),
    ]


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
