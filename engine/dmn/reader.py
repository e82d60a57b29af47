"""Reads DMN 1.1 to 1.5 XML into `model.Definitions`; whatever it does not know exactly becomes a finding.

The parser takes no DOCTYPE, no entities, no network, 2 MB and 20,000 nodes at most (research: billion laughs, XXE).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from lxml import etree

from engine.dmn.findings import Finding, ModelRefused
from engine.dmn.model import (
    Aggregation,
    Boxed,
    Conditional,
    Context,
    DecisionElement,
    Definitions,
    Entry,
    FilterBox,
    FunctionBox,
    HitPolicy,
    Import,
    InputClause,
    InputData,
    Invocation,
    ItemDefinition,
    Knowledge,
    ListBox,
    Literal,
    Loop,
    OutputClause,
    Reference,
    Relation,
    Rule,
    Service,
    Table,
    Text,
    Variable,
)

MAX_BYTES: Final = 2_000_000
MAX_NODES: Final = 20_000
MAX_BOXES_DEEP: Final = 40

NAMESPACES: Final = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",  # 1.1
        "http://www.omg.org/spec/DMN/20180521/MODEL/",  # 1.2
        "https://www.omg.org/spec/DMN/20191111/MODEL/",  # 1.3
        "https://www.omg.org/spec/DMN/20211108/MODEL/",  # 1.4
        "https://www.omg.org/spec/DMN/20230324/MODEL/",  # 1.5
    }
)
_FEEL: Final = frozenset(
    {
        "feel",
        "http://www.omg.org/spec/FEEL/20140401",
        "http://www.omg.org/spec/DMN/20180521/FEEL/",
        "https://www.omg.org/spec/DMN/20191111/FEEL/",
        "https://www.omg.org/spec/DMN/20211108/FEEL/",
        "https://www.omg.org/spec/DMN/20230324/FEEL/",
    }
)
# Drawing and documentation: nothing in it changes a decision.
_HARMLESS: Final = frozenset(
    {
        "description",
        "extensionElements",
        "question",
        "allowedAnswers",
        "authorityRequirement",
        "knowledgeSource",
        "textAnnotation",
        "association",
        "group",
        "performanceIndicator",
        "organizationUnit",
        "elementCollection",
        "businessContextElement",
        "supportedObjective",
        "impactedPerformanceIndicator",
        "decisionMaker",
        "decisionOwner",
        "usingProcess",
        "usingTask",
    }
)

_Read = TypeVar("_Read")
_Element = etree._Element  # noqa: SLF001 - lxml has no public name for it


def read_definitions(data: bytes, *, file: str) -> tuple[Definitions, list[Finding]]:
    """The model in `data` and what stands in the way of evaluating it.

    Raises ModelRefused when the bytes are no DMN at all.
    """
    reader = _Reader(file)
    return reader.definitions(_root(data)), reader.findings


def _root(data: bytes) -> _Element:
    if len(data) > MAX_BYTES:
        raise _refused("too_large", f"Die Datei ist größer als {MAX_BYTES // 1_000_000} MB")
    if b"<!DOCTYPE" in data.replace(b"\0", b""):  # also in UTF-16 and UTF-32
        raise _refused("doctype", "Die Datei enthält eine DOCTYPE-Angabe; entfernen Sie sie")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _refused("no_xml", "Die Datei ist kein gültiges XML", error.lineno) from error
    if _has_doctype(root):  # written in an encoding that was not looked for above
        raise _refused("doctype", "Die Datei enthält eine DOCTYPE-Angabe; entfernen Sie sie")
    if sum(1 for _ in root.iter()) > MAX_NODES:
        raise _refused("too_many_nodes", f"Die Datei hat mehr als {MAX_NODES} Elemente")
    name = etree.QName(root)
    if name.namespace not in NAMESPACES or name.localname != "definitions":
        raise _refused("no_dmn", "Die Datei ist kein DMN 1.1 bis 1.5 (es fehlt „definitions“)", _line(root))
    return root


def _has_doctype(root: _Element) -> bool:
    return bool(root.getroottree().docinfo.doctype)  # type: ignore[attr-defined]  # the stubs lack it


def _refused(code: str, message: str, line: int | None = None) -> ModelRefused:
    return ModelRefused([Finding(None, None, line, code, message)])


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.namespace = ""
        self.findings: list[Finding] = []
        self.element: _Element | None = None
        self.depth = 0

    def refuse(self, node: _Element, code: str, message: str) -> None:
        owner = node if self.element is None else self.element
        self.findings.append(Finding(owner.get("id"), owner.get("name"), _line(node), code, message))

    def definitions(self, root: _Element) -> Definitions:
        self.namespace = root.get("namespace") or ""
        found: dict[str, list[_Element]] = {tag: [] for tag in _TOP}
        for child in _children(root):
            tag = _tag(child)
            if tag in _TOP:
                found[tag].append(child)
            else:
                self.check_harmless(child)
        return Definitions(
            self.file,
            root.get("name") or self.file,
            self.namespace,
            tuple(imported for node in found["import"] for imported in self.imported(node)),
            tuple(self.owned(node, self.item) for node in found["itemDefinition"]),
            tuple(self.owned(node, self.input_data) for node in found["inputData"]),
            tuple(self.owned(node, self.decision) for node in found["decision"]),
            tuple(self.owned(node, self.knowledge) for node in found["businessKnowledgeModel"]),
            tuple(self.owned(node, self.service) for node in found["decisionService"]),
        )

    def owned(self, node: _Element, read: Callable[[_Element], _Read]) -> _Read:
        """Read one top-level element; findings inside name it."""
        self.element = node
        element = read(node)
        self.element = None
        return element

    def check_harmless(self, node: _Element) -> None:
        tag = _tag(node)
        if tag not in _HARMLESS:
            self.refuse(node, "unknown_element", f"Das Element „{tag}“ kennt Amtsweg an dieser Stelle nicht")

    # Elements of the requirements graph.

    def imported(self, node: _Element) -> list[Import]:
        kind = node.get("importType") or ""
        if kind and kind not in NAMESPACES:
            self.refuse(node, "foreign_import", f"Amtsweg importiert nur DMN-Modelle, nicht „{kind}“")
            return []
        return [Import(node.get("name") or "", node.get("namespace") or "", _line(node))]

    def item(self, node: _Element) -> ItemDefinition:
        components: list[ItemDefinition] = []
        texts: dict[str, Text] = {}
        type_ref: str | None = None
        function: tuple[tuple[Variable, ...], str | None] | None = None
        for child in _children(node):
            tag = _tag(child)
            if tag == "typeRef":
                type_ref = _type_name(child, child.text)
            elif tag == "itemComponent":
                components.append(self.item(child))
            elif tag in {"allowedValues", "typeConstraint"}:
                texts[tag] = self.text(child, f"Typ „{node.get('name')}“, erlaubte Werte")
            elif tag == "functionItem":
                function = self.parameters(child, "parameters"), _type_name(child, child.get("outputTypeRef"))
            else:
                self.check_harmless(child)
        return ItemDefinition(
            self.name(node),
            type_ref,
            node.get("isCollection") == "true",
            tuple(components),
            function,
            texts.get("allowedValues"),
            texts.get("typeConstraint"),
            _line(node),
        )

    def input_data(self, node: _Element) -> InputData:
        variable = self.variable_of(node)
        return InputData(self.element_id(node), self.name(node), variable, _line(node))

    def decision(self, node: _Element) -> DecisionElement:
        requirements = _Requirements()
        content: list[Boxed] = []
        for child in _children(node):
            tag = _tag(child)
            if tag in _REQUIREMENTS:
                self.requirement(child, requirements)
            elif tag in _BOXES:
                content.append(self.box(child, f"Entscheidung „{self.name(node)}“"))
            elif tag != "variable":
                self.check_harmless(child)
        if len(content) != 1:
            self.refuse(node, "no_logic", "Die Entscheidung braucht genau eine Tabelle oder einen Ausdruck")
        return DecisionElement(
            self.element_id(node),
            self.name(node),
            self.variable_of(node),
            " ".join((node.findtext("{*}question") or "").split()),
            " ".join((node.findtext("{*}description") or "").split()),
            tuple(requirements.inputs),
            tuple(requirements.decisions),
            tuple(requirements.knowledge),
            content[0] if content else None,
            _line(node),
        )

    def knowledge(self, node: _Element) -> Knowledge:
        requirements = _Requirements()
        function: FunctionBox | None = None
        for child in _children(node):
            tag = _tag(child)
            if tag in _REQUIREMENTS:
                self.requirement(child, requirements)
            elif tag == "encapsulatedLogic":
                function = self.function(child, f"Wissen „{self.name(node)}“")
            elif tag != "variable":
                self.check_harmless(child)
        return Knowledge(
            self.element_id(node),
            self.name(node),
            self.variable_of(node),
            tuple(requirements.knowledge),
            function,
            _line(node),
        )

    def service(self, node: _Element) -> Service:
        references: dict[str, list[Reference]] = {
            tag: [] for tag in ("outputDecision", "encapsulatedDecision", "inputDecision", "inputData")
        }
        for child in _children(node):
            tag = _tag(child)
            if tag in references:
                references[tag].append(self.reference(child))
            elif tag != "variable":
                self.check_harmless(child)
        if not references["outputDecision"]:
            self.refuse(node, "no_output", "Der Entscheidungsdienst nennt keine Ausgabe-Entscheidung")
        return Service(
            self.element_id(node),
            self.name(node),
            self.variable_of(node),
            tuple(references["outputDecision"]),
            tuple(references["encapsulatedDecision"]),
            tuple(references["inputDecision"]),
            tuple(references["inputData"]),
            _line(node),
        )

    def requirement(self, node: _Element, requirements: "_Requirements") -> None:
        kinds = {
            "requiredInput": requirements.inputs,
            "requiredDecision": requirements.decisions,
            "requiredKnowledge": requirements.knowledge,
        }
        for child in _children(node):
            references = kinds.get(_tag(child))
            if references is None:
                self.check_harmless(child)
            else:
                references.append(self.reference(child))

    def reference(self, node: _Element) -> Reference:
        namespace, sharp, element_id = (node.get("href") or "").rpartition("#")
        namespace = "" if namespace == self.namespace else namespace
        if not sharp or not element_id:
            self.refuse(node, "bad_reference", f"Der Verweis „{node.get('href') or ''}“ nennt kein Element")
        return Reference(namespace, element_id, _line(node))

    # Boxed expressions.

    def box(self, node: _Element, place: str) -> Boxed:
        self.depth += 1
        if self.depth > MAX_BOXES_DEEP:
            raise _refused("too_deep", "Die Ausdrücke sind zu tief verschachtelt", _line(node))
        box = _BOXES[_tag(node)](self, node, place)
        self.depth -= 1
        return box

    def only_box(self, node: _Element, place: str) -> Boxed:
        """The one boxed expression inside `node`."""
        boxes = [child for child in _children(node) if _tag(child) in _BOXES]
        for child in _children(node):
            if _tag(child) not in _BOXES:
                self.check_harmless(child)
        if len(boxes) != 1:
            self.refuse(node, "no_expression", f"{place}: Hier gehört genau ein Ausdruck hin")
            return Literal(Text("null", _line(node), place), None)
        return self.box(boxes[0], place)

    def literal(self, node: _Element, place: str) -> Boxed:
        for child in _children(node):
            if _tag(child) != "text":
                self.check_harmless(child)
        return Literal(self.text(node, place), _type_name(node, node.get("typeRef")))

    def context(self, node: _Element, place: str) -> Boxed:
        entries: list[Entry] = []
        for child in _children(node):
            if _tag(child) != "contextEntry":
                self.check_harmless(child)
                continue
            variable_node = child.find("{*}variable")
            variable = None if variable_node is None else self.variable(variable_node, variable_node.get("name") or "")
            where = f"{place}, Eintrag „{variable.name}“" if variable else f"{place}, Ergebnis"
            boxes = [part for part in _children(child) if _tag(part) in _BOXES]
            if len(boxes) != 1:
                self.refuse(child, "no_expression", f"{where}: Hier gehört genau ein Ausdruck hin")
                continue
            entries.append(Entry(variable, self.box(boxes[0], where)))
        if any(entry.variable is None for entry in entries[:-1]):
            self.refuse(node, "result_not_last", f"{place}: Das Ergebnis muss der letzte Eintrag sein")
        return Context(tuple(entries), place)

    def invocation(self, node: _Element, place: str) -> Boxed:
        bindings: list[tuple[str, Boxed]] = []
        functions: list[Boxed] = []
        for child in _children(node):
            tag = _tag(child)
            if tag == "binding":
                parameter = child.find("{*}parameter")
                name = "" if parameter is None else parameter.get("name") or ""
                boxes = [part for part in _children(child) if _tag(part) in _BOXES]
                where = f"{place}, Argument „{name}“"
                if len(boxes) > 1:
                    self.refuse(child, "no_expression", f"{where}: Hier gehört genau ein Ausdruck hin")
                empty = Literal(Text("null", _line(child), where), None)
                bindings.append((name, self.box(boxes[0], where) if boxes else empty))
            elif tag in _BOXES:
                functions.append(self.box(child, place))
            else:
                self.check_harmless(child)
        if len(functions) != 1:
            self.refuse(node, "no_function", f"{place}: Der Aufruf nennt nicht genau eine Funktion")
            functions = [Literal(Text("null", _line(node), place), None)]
        return Invocation(functions[0], tuple(bindings), place)

    def relation(self, node: _Element, place: str) -> Boxed:
        columns = tuple(self.name(child) for child in _children(node) if _tag(child) == "column")
        rows: list[tuple[Boxed, ...]] = []
        for child in _children(node):
            tag = _tag(child)
            if tag == "row":
                where = f"{place}, Zeile {len(rows) + 1}"
                cells = tuple(self.box(cell, where) for cell in _children(child) if _tag(cell) in _BOXES)
                if len(cells) != len(columns):
                    self.refuse(child, "row_length", f"{where}: {len(cells)} Zellen für {len(columns)} Spalten")
                else:
                    rows.append(cells)
            elif tag != "column":
                self.check_harmless(child)
        return Relation(columns, tuple(rows))

    def list(self, node: _Element, place: str) -> Boxed:
        boxes: list[Boxed] = []
        for child in _children(node):
            if _tag(child) in _BOXES:
                boxes.append(self.box(child, f"{place}, Element {len(boxes) + 1}"))
            else:
                self.check_harmless(child)
        return ListBox(tuple(boxes))

    def function(self, node: _Element, place: str) -> FunctionBox:
        boxes = [child for child in _children(node) if _tag(child) in _BOXES]
        for child in _children(node):
            if _tag(child) not in _BOXES and _tag(child) != "formalParameter":
                self.check_harmless(child)
        if len(boxes) != 1:
            self.refuse(node, "no_expression", f"{place}: Die Funktion braucht genau einen Ausdruck")
        empty = Literal(Text("null", _line(node), place), None)
        body = self.box(boxes[0], place) if boxes else empty
        return FunctionBox(self.parameters(node, "formalParameter"), body, node.get("kind") or "FEEL", place)

    def parameters(self, node: _Element, tag: str) -> tuple[Variable, ...]:
        return tuple(self.variable(child, child.get("name") or "") for child in _children(node) if _tag(child) == tag)

    def conditional(self, node: _Element, place: str) -> Boxed:
        condition, then, otherwise = (self.part(node, tag, place) for tag in ("if", "then", "else"))
        return Conditional(condition, then, otherwise, place)

    def filter(self, node: _Element, place: str) -> Boxed:
        return FilterBox(self.part(node, "in", place), self.part(node, "match", place), place)

    def loop(self, node: _Element, place: str) -> Boxed:
        kind = _tag(node)
        variable = " ".join((node.get("iteratorVariable") or "").split())
        if not variable:
            self.refuse(node, "no_variable", f"{place}: Die Laufvariable fehlt")
        body = self.part(node, "return" if kind == "for" else "satisfies", place)
        return Loop(kind, variable, self.part(node, "in", place), body, place)

    def part(self, node: _Element, tag: str, place: str) -> Boxed:
        found = [child for child in _children(node) if _tag(child) == tag]
        if len(found) != 1:
            self.refuse(node, "no_expression", f"{place}: „{tag}“ fehlt oder steht mehrfach da")
            return Literal(Text("null", _line(node), place), None)
        return self.only_box(found[0], place)

    # Decision tables.

    def table(self, node: _Element, place: str) -> Boxed:
        inputs, outputs, rules = (
            [child for child in _children(node) if _tag(child) == tag] for tag in ("input", "output", "rule")
        )
        for child in _children(node):
            if _tag(child) not in {"input", "output", "rule", "annotation"}:
                self.check_harmless(child)
        if not outputs:
            self.refuse(node, "no_output", f"{place}: Die Tabelle hat keine Ergebnisspalte")
        output_clauses = tuple(self.output(child, number, place) for number, child in enumerate(outputs, 1))
        if len(outputs) > 1 and any(clause.name is None for clause in output_clauses):
            self.refuse(node, "output_without_name", f"{place}: Bei mehreren Ergebnisspalten braucht jede einen Namen")
        input_clauses = tuple(self.input(child, number, place) for number, child in enumerate(inputs, 1))
        return Table(
            self.hit_policy(node, place),
            self.aggregation(node, len(outputs), place),
            input_clauses,
            output_clauses,
            tuple(
                self.rule(child, number, input_clauses, output_clauses, place) for number, child in enumerate(rules, 1)
            ),
            tuple(child.get("name") or "" for child in _children(node) if _tag(child) == "annotation"),
            node.get("outputLabel") or "",
            _line(node),
            place,
        )

    def hit_policy(self, node: _Element, place: str) -> HitPolicy:
        name = node.get("hitPolicy") or "UNIQUE"
        if name not in set(HitPolicy):
            self.refuse(node, "hit_policy", f"{place}: Die Trefferregel „{name}“ gibt es nicht")
            return HitPolicy.UNIQUE
        return HitPolicy(name)

    def aggregation(self, node: _Element, outputs: int, place: str) -> Aggregation | None:
        name = node.get("aggregation")
        if name is None or node.get("hitPolicy") != "COLLECT":
            return None
        if name not in set(Aggregation):
            self.refuse(node, "aggregation", f"{place}: Die Zusammenfassung „{name}“ gibt es nicht")
            return None
        if outputs > 1:
            message = f"{place}: „{name}“ fasst nur eine Ergebnisspalte zusammen, die Tabelle hat {outputs}"
            self.refuse(node, "aggregation", message)
        return Aggregation(name)

    def input(self, node: _Element, number: int, place: str) -> InputClause:
        where = f"{place}, Eingabe {number}"
        expression = node.find("{*}inputExpression")
        if expression is None:
            self.refuse(node, "no_expression", f"{where}: Der Eingabeausdruck fehlt")
            return InputClause(node.get("label") or "", Text("null", _line(node), where), None, None)
        for child in _children(node):
            if _tag(child) not in {"inputExpression", "inputValues"}:
                self.check_harmless(child)
        text = self.text(expression, where)
        return InputClause(
            " ".join((node.get("label") or text.text).split()),
            text,
            _type_name(expression, expression.get("typeRef")),
            self.optional_text(node, "inputValues", f"{where}, erlaubte Werte"),
        )

    def output(self, node: _Element, number: int, place: str) -> OutputClause:
        where = f"{place}, Ergebnis {number}"
        for child in _children(node):
            if _tag(child) not in {"outputValues", "defaultOutputEntry"}:
                self.check_harmless(child)
        name = node.get("name") or None
        return OutputClause(
            name,
            " ".join((node.get("label") or name or "").split()),
            _type_name(node, node.get("typeRef")),
            self.optional_text(node, "outputValues", f"{where}, erlaubte Werte"),
            self.optional_text(node, "defaultOutputEntry", f"{where}, Standardwert"),
        )

    def rule(
        self,
        node: _Element,
        number: int,
        inputs: tuple[InputClause, ...],
        outputs: tuple[OutputClause, ...],
        place: str,
    ) -> Rule:
        where = f"{place}, Regel {number}"
        tests = [child for child in _children(node) if _tag(child) == "inputEntry"]
        results = [child for child in _children(node) if _tag(child) == "outputEntry"]
        for child in _children(node):
            if _tag(child) not in {"inputEntry", "outputEntry", "annotationEntry"}:
                self.check_harmless(child)
        if len(tests) != len(inputs) or len(results) != len(outputs):
            self.refuse(node, "rule_length", f"{where}: Die Zahl der Zellen passt nicht zu den Spalten der Tabelle")
        return Rule(
            node.get("id") or f"rule{number}",
            number,
            _line(node),
            tuple(
                self.text(cell, f"{where}, Spalte „{clause.label}“")
                for cell, clause in zip(tests, inputs, strict=False)
            ),
            tuple(
                self.text(cell, f"{where}, Ergebnis „{clause.label}“" if clause.label else f"{where}, Ergebnis")
                for cell, clause in zip(results, outputs, strict=False)
            ),
            self.annotations(node),
        )

    def annotations(self, node: _Element) -> tuple[str, ...]:
        """The annotation cells; before DMN 1.2 the rule's description serves as one."""
        entries = [child for child in _children(node) if _tag(child) == "annotationEntry"]
        if entries:
            return tuple(" ".join((entry.findtext("{*}text") or "").split()) for entry in entries)
        description = " ".join((node.findtext("{*}description") or "").split())
        return (description,) if description else ()

    # Small parts.

    def text(self, node: _Element, place: str) -> Text:
        """The FEEL in `node`. Another language is refused."""
        language = node.get("expressionLanguage")
        if language and language not in _FEEL and language.lower() != "feel":
            self.refuse(node, "language", f"{place}: Amtsweg wertet nur FEEL aus, nicht „{language}“")
        child = node.find("{*}text")
        return Text("" if child is None else child.text or "", _line(node if child is None else child), place)

    def optional_text(self, node: _Element, tag: str, place: str) -> Text | None:
        child = node.find("{*}" + tag)
        return None if child is None else self.text(child, place)

    def variable_of(self, node: _Element) -> Variable:
        child = node.find("{*}variable")
        return Variable(self.name(node), None) if child is None else self.variable(child, self.name(node))

    def variable(self, node: _Element, otherwise: str) -> Variable:
        name = " ".join((node.get("name") or otherwise).split())
        return Variable(name, _type_name(node, node.get("typeRef")))

    def name(self, node: _Element) -> str:
        name = " ".join((node.get("name") or "").split())
        if not name:
            self.refuse(node, "no_name", f"Das Element „{_tag(node)}“ hat keinen Namen")
        return name

    def element_id(self, node: _Element) -> str:
        """The id; the standard lets it be missing, then the name serves."""
        return node.get("id") or self.name(node)


class _Requirements:
    def __init__(self) -> None:
        self.inputs: list[Reference] = []
        self.decisions: list[Reference] = []
        self.knowledge: list[Reference] = []


_TOP: Final = frozenset(
    {"import", "itemDefinition", "inputData", "decision", "businessKnowledgeModel", "decisionService"}
)
_REQUIREMENTS: Final = frozenset({"informationRequirement", "knowledgeRequirement"})
_BOXES: Final[Mapping[str, Callable[[_Reader, _Element, str], Boxed]]] = {
    "literalExpression": _Reader.literal,
    "decisionTable": _Reader.table,
    "context": _Reader.context,
    "invocation": _Reader.invocation,
    "relation": _Reader.relation,
    "list": _Reader.list,
    "functionDefinition": _Reader.function,
    "conditional": _Reader.conditional,
    "filter": _Reader.filter,
    "for": _Reader.loop,
    "some": _Reader.loop,
    "every": _Reader.loop,
}


def _children(node: _Element) -> Iterator[_Element]:
    """The child elements of the standard; elements of other namespaces are extensions and diagrams."""
    for child in node:
        if isinstance(child.tag, str) and etree.QName(child).namespace in NAMESPACES:
            yield child


def _tag(node: _Element) -> str:
    return etree.QName(node).localname


def _line(node: _Element) -> int:
    line = node.sourceline
    return line if isinstance(line, int) else 1


def _type_name(node: _Element, written: str | None) -> str | None:
    """The type's name without the XML prefix that DMN 1.1 writes ("feel:string")."""
    if not written or not written.strip():
        return None
    name = " ".join(written.split())
    prefix, colon, rest = name.partition(":")
    return rest if colon and prefix in node.nsmap else name
