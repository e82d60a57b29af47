"""Links the elements of one or more files into a requirements graph, and compiles them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from engine.dmn.boxes import Boxes, accepted, located_null, run_body, typed
from engine.dmn.evaluation import Evaluation
from engine.dmn.findings import Finding
from engine.dmn.graph import DecisionNode, Graph, InputNode, Key, KnowledgeNode, Need, order_below
from engine.dmn.items import Types
from engine.dmn.model import (
    Boxed,
    Context,
    DecisionElement,
    Definitions,
    FunctionBox,
    InputData,
    Invocation,
    ItemDefinition,
    Knowledge,
    ListBox,
    Literal,
    Loop,
    Reference,
    Relation,
    Service,
    Text,
)
from engine.dmn.run import Code, DecisionRun
from engine.feel.frame import Frame
from engine.feel.library import Library
from engine.feel.types import ANY, FunctionOf, Type, sure_classes
from engine.feel.values import Function, Value
from engine.language import LIBRARY

_Element = InputData | DecisionElement | Knowledge | Service


def link(files: Sequence[Definitions], library: Library = LIBRARY) -> tuple[Graph, dict[str, list[Finding]]]:
    """Compile the files into one graph; findings by file name."""
    linker = _Linker(files, library)
    linker.link()
    return linker.graph, linker.findings


class _Linker:
    def __init__(self, files: Sequence[Definitions], library: Library) -> None:
        self.files = files
        self.library = library
        self.graph = Graph()
        self.findings: dict[str, list[Finding]] = {file.file: [] for file in files}
        self.elements: dict[Key, _Element] = {}
        self.by_namespace = {file.namespace: file for file in files}
        self.boxes: dict[str, Boxes] = {}
        self.owner: _Element | None = None
        self.members: set[str] = set()

    def link(self) -> None:
        for file in self.files:
            self.index(file)
        self.members = {name for file in self.files for name in _members(file)}
        for file in self.files:
            self.boxes[file.file] = Boxes((), self.library, self.refuser(file))
        types: dict[str, Types] = {}
        for file in self.in_import_order():
            types[file.namespace] = self.typed(file, types)
        for file in self.files:
            self.compile(file)
        self.check_circles()

    def refuser(self, file: Definitions) -> Callable[[int, str, str], None]:
        def refuse(line: int, code: str, message: str) -> None:
            owner = self.owner
            element_id, name = (None, None) if owner is None else (owner.element_id, owner.name)
            self.findings[file.file].append(Finding(element_id, name, line, code, message))

        return refuse

    def index(self, file: Definitions) -> None:
        refuse = self.refuser(file)
        for element in _elements(file):
            key = file.namespace, element.element_id
            if key in self.elements:
                refuse(element.line, "duplicate_id", f"Die Kennung „{element.element_id}“ kommt zweimal vor")
            self.elements[key] = element
        if not file.inputs and not file.imports:
            self.graph.open_models.add(file.namespace)

    def in_import_order(self) -> list[Definitions]:
        """Files after those they import, so that imported types are known; a circle is a finding."""
        done: list[Definitions] = []
        waiting = list(self.files)
        while waiting:
            names = {file.namespace for file in waiting}
            ready = [file for file in waiting if not any(one.namespace in names for one in file.imports)]
            if not ready:
                for file in waiting:
                    self.refuser(file)(1, "import_circle", "Die Modelle importieren sich im Kreis")
                return [*done, *waiting]
            done += ready
            waiting = [file for file in waiting if file not in ready]
        return done

    def typed(self, file: Definitions, known: Mapping[str, Types]) -> Types:
        refuse = self.refuser(file)
        imported: dict[str, Type] = {}
        for one in file.imports:
            if one.namespace not in self.by_namespace:
                refuse(one.line, "import_missing", f"Das importierte Modell „{one.name}“ liegt nicht dabei")
            elif one.namespace in known:
                prefix = f"{one.name}." if one.name else ""
                imported.update({f"{prefix}{name}": kind for name, kind in known[one.namespace].own.items()})
        boxes = self.boxes[file.file]
        types = Types(file.items, imported, boxes.tests, refuse)
        boxes.use_types(types, self.members, self.library)
        return types

    def compile(self, file: Definitions) -> None:
        boxes = self.boxes[file.file]
        for element in file.inputs:
            self.owner = element
            key = file.namespace, element.element_id
            kind = boxes.kind(element.variable.type_ref, Text("", element.line, f"Eingabe „{element.name}“"))
            name = element.variable.name
            self.graph.inputs[key] = InputNode(key, name, f"{file.namespace}#{name}", kind, sure_classes(kind))
        for knowledge in file.knowledge:
            self.owner = knowledge
            self.graph.functions[file.namespace, knowledge.element_id] = self.knowledge(file, knowledge, boxes)
        for service in file.services:
            self.owner = service
            self.graph.functions[file.namespace, service.element_id] = self.service(file, service, boxes)
        for decision in file.decisions:
            self.owner = decision
            node = self.decision(file, decision, boxes)
            self.graph.decisions[node.key] = node
        self.owner = None

    def decision(self, file: Definitions, element: DecisionElement, boxes: Boxes) -> DecisionNode:
        references = (*element.inputs, *element.decisions, *element.knowledge)
        needs = self.needs(file, references)
        place = f"Entscheidung „{element.name}“"
        boxes.collected()
        kind = boxes.kind(element.variable.type_ref, Text("", element.line, place))
        code = _nothing if element.content is None else boxes.box(element.content, _names_of(needs))
        met = boxes.collected()
        undeclared = tuple(dict.fromkeys(name for _, name in met.unknown_names))
        is_open = file.namespace in self.graph.open_models
        return DecisionNode(
            (file.namespace, element.element_id),
            element,
            needs,
            typed(code, kind, place),
            met.tables,
            () if is_open else met.unknown_names,
            met.possible_names.union(undeclared) if is_open else frozenset(),
            undeclared if is_open else (),
        )

    def needs(self, file: Definitions, references: Iterable[Reference]) -> tuple[Need, ...]:
        needs = (self.need(file, reference) for reference in references)
        return tuple(need for need in needs if need is not None)

    def need(self, file: Definitions, reference: Reference) -> Need | None:
        namespace = reference.namespace or file.namespace
        key = namespace, reference.element_id
        element = self.elements.get(key)
        if element is None:
            message = f"Der Verweis auf „{reference.element_id}“ führt ins Leere"
            self.refuser(file)(reference.line, "bad_reference", message)
            return None
        import_name = ""
        if namespace != file.namespace:
            imports = [one for one in file.imports if one.namespace == namespace]
            if not imports:
                message = f"Das Modell von „{element.name}“ wird benutzt, aber nicht importiert"
                self.refuser(file)(reference.line, "not_imported", message)
                return None
            import_name = imports[0].name
        return Need(key, import_name, element.variable.name)

    # Functions: business knowledge models and decision services.

    def knowledge(self, file: Definitions, element: Knowledge, boxes: Boxes) -> Function:
        place = f"Wissen „{element.name}“"
        needs = self.needs(file, element.knowledge)
        function = element.function or FunctionBox((), _NULL_BOX, "FEEL", place)
        parameters = tuple(parameter.name for parameter in function.parameters)
        where = Text("", element.line, place)
        kinds = tuple(boxes.kind(parameter.type_ref, where) for parameter in function.parameters)
        result = self.result_kind(element, boxes, where)
        scope = {*_names_of(needs), *parameters, element.variable.name}
        boxes.collected()
        body = typed(boxes.box(function.body, scope), result, place) if function.kind == "FEEL" else _refusing(function)
        met = boxes.collected()
        self.graph.knowledge[file.namespace, element.element_id] = KnowledgeNode(element, met.tables, met.unknown_names)
        functions = self.graph.functions
        own_key = file.namespace, element.element_id

        def invoke(frame: Frame, arguments: Sequence[Value]) -> Value:
            names = _function_names(needs, functions)
            names[element.variable.name] = functions[own_key]
            names.update(accepted(arguments, kinds, parameters))
            return run_body(frame, body, names)

        return Function(element.variable.name, parameters, invoke, FunctionOf(kinds, result))

    def result_kind(self, element: Knowledge, boxes: Boxes, where: Text) -> Type:
        """The type of the result; since DMN 1.3 the variable may name the function's type instead."""
        kind = boxes.kind(element.variable.type_ref, where)
        target = getattr(kind, "target", kind)
        return target.result if isinstance(target, FunctionOf) else kind

    def service(self, file: Definitions, element: Service, boxes: Boxes) -> Function:
        place = f"Entscheidungsdienst „{element.name}“"
        where = Text("", element.line, place)
        parameters = self.needs(file, (*element.input_data, *element.input_decisions))
        outputs = self.needs(file, element.outputs)
        self.needs(file, element.encapsulated)
        kinds = tuple(self.parameter_kind(need, boxes, where) for need in parameters)
        names = tuple(need.name for need in parameters)
        result = boxes.kind(element.variable.type_ref, where)
        graph = self.graph

        def invoke(frame: Frame, arguments: Sequence[Value]) -> Value:
            values = accepted(arguments, kinds, names)
            given = {need.key: values[need.name] for need in parameters}
            return run_body(frame, typed(_service_code(graph, outputs, given), result, place), {})

        return Function(element.variable.name, names, invoke, FunctionOf(kinds, result))

    def parameter_kind(self, need: Need, boxes: Boxes, where: Text) -> Type:
        return boxes.kind(self.elements[need.key].variable.type_ref, where) if need.key[0] in self.by_namespace else ANY

    # Circles.

    def without_foundation(self) -> dict[Key, DecisionNode]:
        """The decisions that no order of deciding reaches: those on circles, and those above them."""
        decisions = self.graph.decisions
        open_needs = {key: {need.key for need in node.needs} & decisions.keys() for key, node in decisions.items()}
        above: dict[Key, list[Key]] = {key: [] for key in decisions}
        for key, needs in open_needs.items():
            for need in needs:
                above[need].append(key)
        ready = [key for key, needs in open_needs.items() if not needs]
        waiting = dict(decisions)
        while ready:
            key = ready.pop()
            del waiting[key]
            for dependent in above[key]:
                open_needs[dependent].discard(key)
                if not open_needs[dependent]:
                    ready.append(dependent)
        return waiting

    def check_circles(self) -> None:
        """Every decision that needs itself, directly or through others, is a finding."""
        waiting = self.without_foundation()
        for node in waiting.values():
            if any(need.key == node.key for step in order_below(node, waiting) for need in step.needs):
                self.owner = node.element
                message = f"Die Entscheidung „{node.element.name}“ braucht am Ende sich selbst"
                self.refuser(self.by_namespace[node.key[0]])(node.element.line, "decision_circle", message)
        self.owner = None


def _service_code(graph: Graph, outputs: Sequence[Need], given: Mapping[Key, Value]) -> Code:
    """The output decisions over what the service was given; one output is its value, several are a context."""

    def code(names: Mapping[str, Value], run: DecisionRun) -> Value:  # noqa: ARG001
        inner = Evaluation(graph, {}, run)
        for key, value in given.items():
            inner.give(key, value)
        results = {need.name: inner.decide(graph.decisions[need.key]) for need in outputs}
        return next(iter(results.values())) if len(outputs) == 1 else dict(results)

    return code


def _function_names(needs: Sequence[Need], functions: Mapping[Key, Function]) -> dict[str, Value]:
    names: dict[str, Value] = {}
    for need in needs:
        if need.import_name:
            imported = names.setdefault(need.import_name, {})
            if isinstance(imported, dict):
                imported[need.name] = functions[need.key]
        else:
            names[need.name] = functions[need.key]
    return names


def _names_of(needs: Sequence[Need]) -> set[str]:
    return {need.import_name or need.name for need in needs}


def _nothing(names: Mapping[str, Value], run: DecisionRun) -> Value:  # noqa: ARG001
    return None


def _refusing(function: FunctionBox) -> Code:
    def code(names: Mapping[str, Value], run: DecisionRun) -> Value:  # noqa: ARG001
        return located_null(run, function.place, f"Funktionen aus {function.kind} führt Amtsweg nicht aus")

    return code


def _elements(file: Definitions) -> Iterator[_Element]:
    yield from file.inputs
    yield from file.decisions
    yield from file.knowledge
    yield from file.services


def _members(file: Definitions) -> Iterator[str]:
    """Names that may stand after a dot in this file's expressions."""
    for item in file.items:
        yield from _item_members(item)
    for element in _elements(file):
        yield element.variable.name
    for decision in file.decisions:
        yield from _box_members(decision.content)
    for knowledge in file.knowledge:
        yield from _box_members(knowledge.function)


def _item_members(item: ItemDefinition) -> Iterator[str]:
    for component in item.components:
        yield component.name
        yield from _item_members(component)


def _box_members(box: Boxed | None) -> Iterator[str]:
    match box:
        case Context(entries):
            for entry in entries:
                if entry.variable is not None:
                    yield entry.variable.name
                yield from _box_members(entry.content)
        case Relation(columns):
            yield from columns
        case ListBox(items):
            for item in items:
                yield from _box_members(item)
        case FunctionBox(_, body) | Loop(_, _, _, body):
            yield from _box_members(body)
        case Invocation(function):
            yield from _box_members(function)
        case _:
            yield from _output_names(box)


def _output_names(box: Boxed | None) -> Iterator[str]:
    for output in getattr(box, "outputs", ()):
        if output.name:
            yield output.name


_NULL_BOX: Final = Literal(Text("null", 1, ""), None)
