"""Read a BPMN file into a `Model`: its elements with ids, names, attributes and lines, nothing interpreted yet.

The reader walks the document with an explicit stack, so its depth does not depend on the model. What it refuses here is
what cannot be read at all or could be an attack (DOCTYPE, size, number of nodes); all else is the gate's business.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from lxml import etree

from engine.bpmn.findings import Finding, ModelRefused

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_NODES: Final = 20_000

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
VENDOR: Final = frozenset(
    {
        "http://camunda.org/schema/1.0/bpmn",
        "http://operaton.org/schema/1.0/bpmn",
        "http://activiti.org/bpmn",
        "http://flowable.org/bpmn",
        "http://www.camunda.com/fox",
        "http://www.operaton.com/fox",
    }
)
"""Namespaces of the family of engines in which an attribute of one name means one thing; all are called `camunda:`."""
TRUE: Final = frozenset({"true", "1"})
FALSE: Final = frozenset({"false", "0"})
"""How XML Schema writes true and false."""
DRAWING: Final = frozenset(
    {
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
    }
)


@dataclass(slots=True, eq=False)
class Element:
    """One XML element of the model.

    `tag` is the BPMN name ("userTask"), "camunda:inputOutput" for the vendor's, else "{namespace}name".
    `vendor` holds the attributes of Camunda's namespaces, `foreign` those of all others as "{namespace}name".
    `text` is the content up to the first child, stripped.
    """

    tag: str
    line: int
    attributes: Mapping[str, str]
    vendor: Mapping[str, str]
    foreign: Mapping[str, str]
    text: str
    parent: "Element | None"
    children: list["Element"] = field(default_factory=list)

    @property
    def id(self) -> str | None:
        return self.attributes.get("id")

    @property
    def name(self) -> str | None:
        return self.attributes.get("name")

    def all(self, tag: str) -> list["Element"]:
        """Return the children with this tag, in document order."""
        return [child for child in self.children if child.tag == tag]

    def first(self, tag: str) -> "Element | None":
        return next((child for child in self.children if child.tag == tag), None)

    def extensions(self, tag: str) -> list["Element"]:
        """Return the vendor elements "camunda:<tag>" of this element."""
        return [found for group in self.all("extensionElements") for found in group.all(f"camunda:{tag}")]

    def walk(self) -> Iterator["Element"]:
        """Yield this element and all below it in document order."""
        pending = [self]
        while pending:
            element = pending.pop()
            yield element
            pending.extend(reversed(element.children))


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A BPMN file as read; `name` is the file's name, `sha256` the hash of its bytes."""

    name: str
    sha256: str
    definitions: Element

    @property
    def processes(self) -> list[Element]:
        """All processes of the file, in document order; those that say `isExecutable="false"` included."""
        return self.definitions.all("process")

    def executable(self) -> list[Element]:
        return [process for process in self.processes if process.attributes.get("isExecutable") not in FALSE]


def read_bpmn(data: bytes, *, name: str) -> Model:
    """Read a file; raises ModelRefused when it is no readable BPMN 2.0 document."""
    if len(data) > MAX_BYTES:
        raise _refused("too_large", f"Die Datei ist größer als {MAX_BYTES // 1024 // 1024} MB.")
    root = _parse(data)
    if root.tag != f"{{{BPMN}}}definitions":
        raise _refused("not_bpmn", _wrong_root(root), _line(root))
    return Model(name, hashlib.sha256(data).hexdigest(), _copy(root))


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _refused("not_xml", _unreadable(error), error.lineno) from error
    except ValueError as error:
        raise _refused("not_xml", "Die Datei ist kein lesbares XML.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused("doctype", "Die Datei enthält eine DOCTYPE-Angabe. Entfernen Sie sie.", 1)
    return root


def _unreadable(error: etree.XMLSyntaxError) -> str:
    if "depth" in (error.msg or ""):
        return "Die Datei ist kein lesbares XML: Sie ist zu tief verschachtelt."
    _, column = error.position
    return (
        f"Die Datei ist kein lesbares XML (Fehler in Spalte {column}). Prüfen Sie sie in Ihrem Modellierungswerkzeug."
    )


def _wrong_root(root: etree._Element) -> str:
    name = etree.QName(root)
    if name.localname == "definitions" and name.namespace != BPMN:
        return (
            f"Der Namensraum „{name.namespace or ''}“ ist nicht der von BPMN 2.0 ({BPMN}). "
            "Speichern Sie das Modell als BPMN 2.0."
        )
    return f"Die Datei ist kein BPMN-2.0-Modell: Sie beginnt mit „{name.localname}“ statt mit „definitions“."


def _copy(root: etree._Element) -> Element:
    """Copy the XML tree into elements; drawings are left out, but count as nodes."""
    top = _element(root, None)
    pending: list[tuple[etree._Element, Element]] = [(root, top)]
    nodes = 1
    while pending:
        source, element = pending.pop()
        for child in source:
            nodes += 1
            if nodes > MAX_NODES:
                raise _refused("too_many_nodes", f"Das Modell hat mehr als {MAX_NODES} XML-Elemente.")
            if not isinstance(child.tag, str):
                raise _refused(
                    "entity", "Das Modell enthält eine Entität. Ersetzen Sie sie durch den Text.", child.sourceline
                )
            if etree.QName(child).namespace in DRAWING:
                nodes += sum(1 for _ in child.iterdescendants())
                continue
            copied = _element(child, element)
            element.children.append(copied)
            pending.append((child, copied))
    if nodes > MAX_NODES:
        raise _refused("too_many_nodes", f"Das Modell hat mehr als {MAX_NODES} XML-Elemente.")
    return top


def _element(source: etree._Element, parent: Element | None) -> Element:
    plain: dict[str, str] = {}
    vendor: dict[str, str] = {}
    foreign: dict[str, str] = {}
    for key, value in source.attrib.items():
        name = etree.QName(key)
        if name.namespace is None or name.namespace == BPMN:
            plain[name.localname] = str(value)
        elif name.namespace in VENDOR:
            vendor[name.localname] = str(value)
        elif name.namespace != XSI:
            foreign[str(key)] = str(value)
    return Element(
        tag=_tag(source),
        line=_line(source),
        attributes=plain,
        vendor=vendor,
        foreign=foreign,
        text=(source.text or "").strip(),
        parent=parent,
    )


def _line(source: etree._Element) -> int:
    return cast("int | None", source.sourceline) or 0


def _tag(source: etree._Element) -> str:
    name = etree.QName(source)
    if name.namespace == BPMN:
        return name.localname
    if name.namespace in VENDOR:
        return f"camunda:{name.localname}"
    return str(source.tag)


def _refused(code: str, message_de: str, line: int | None = None) -> ModelRefused:
    return ModelRefused([Finding(None, None, line, code, message_de)])
