"""Reading BPMN files: what cannot be read, or could be an attack, is refused with a German sentence."""

import gzip

import pytest

from engine.bpmn.findings import ModelRefused
from engine.bpmn.reader import MAX_BYTES, MAX_NODES, read_bpmn

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SMALL = f'<definitions xmlns="{MODEL}"><process id="p"/></definitions>'


def refused(data: bytes) -> tuple[str, str]:
    with pytest.raises(ModelRefused) as caught:
        read_bpmn(data, name="m.bpmn")
    [finding] = caught.value.findings
    return finding.code, finding.message_de


@pytest.mark.parametrize("data", [b"", b"hallo", b"<a>", b"\x00\x01", b"{}", b"\xff\xfe<", SMALL.encode()[:-3]])
def test_what_is_not_xml_is_refused(data: bytes) -> None:
    code, message = refused(data)
    assert code == "not_xml"
    assert message.startswith("Die Datei ist kein lesbares XML")


def test_a_compressed_file_is_not_unpacked() -> None:
    assert refused(gzip.compress(SMALL.encode()))[0] == "not_xml"


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE definitions>",
        '<!DOCTYPE d [<!ENTITY a "b">]>',
        '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE d [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x"> %a;]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_refused_in_every_encoding(doctype: str, encoding: str) -> None:
    assert refused(f"{doctype}{SMALL}".encode(encoding))[0] == "doctype"


def test_exploding_entities_are_refused_quickly() -> None:
    levels = "".join(f'<!ENTITY l{i} "{"&l" + str(i - 1) + ";" if i else "ha"}">' * 1 for i in range(10))
    data = f"<!DOCTYPE d [{levels}]>{SMALL.replace('<process', '<documentation>&l9;</documentation><process')}"
    assert refused(data.encode())[0] in {"doctype", "not_xml"}


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    assert refused(b" " * (MAX_BYTES + 1))[0] == "too_large"


def test_too_many_elements_are_refused_also_in_the_drawing() -> None:
    many = "<task id='t'/>" * (MAX_NODES + 1)
    assert refused(SMALL.replace('id="p"/>', f'id="p">{many}</process>').encode())[0] == "too_many_nodes"
    drawing = '<d:x xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI">' + "<d:y/>" * (MAX_NODES + 1) + "</d:x>"
    assert refused(SMALL.replace("</definitions>", f"{drawing}</definitions>").encode())[0] == "too_many_nodes"


def test_deep_nesting_is_refused() -> None:
    deep = '<subProcess id="s">' * 400 + "</subProcess>" * 400
    code, message = refused(SMALL.replace('id="p"/>', f'id="p">{deep}</process>').encode())
    assert code == "not_xml"
    assert "verschachtelt" in message


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"<html/>", "html"),
        (SMALL.replace(MODEL, "http://schema.omg.org/spec/BPMN/1.2").encode(), "1.2"),
        (SMALL.replace(f' xmlns="{MODEL}"', "").encode(), "Namensraum"),
    ],
)
def test_another_format_is_refused_by_name(data: bytes, part: str) -> None:
    code, message = refused(data)
    assert code == "not_bpmn"
    assert part in message


def test_elements_keep_lines_attributes_and_vendor_names() -> None:
    data = f"""<b:definitions xmlns:b="{MODEL}" xmlns:o="http://operaton.org/schema/1.0/bpmn"
        xmlns:x="http://example.com">
      <b:process id="p" name="P">
        <!-- a comment -->
        <b:userTask id="t" o:formKey="f.form" x:color="red"><b:documentation> Text </b:documentation></b:userTask>
      </b:process>
    </b:definitions>""".encode()
    model = read_bpmn(data, name="m.bpmn")
    [task] = model.processes[0].all("userTask")
    assert (task.id, task.line, task.vendor, task.foreign) == (
        "t",
        5,
        {"formKey": "f.form"},
        {"{http://example.com}color": "red"},
    )
    assert task.first("documentation").text == "Text"


def test_the_same_bytes_have_the_same_hash() -> None:
    assert read_bpmn(SMALL.encode(), name="a").sha256 == read_bpmn(SMALL.encode(), name="b").sha256
