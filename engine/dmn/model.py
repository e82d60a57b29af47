"""A DMN model as it is written: what the reader makes of the XML, before anything is compiled."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Union


class HitPolicy(StrEnum):
    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregation(StrEnum):
    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


@dataclass(frozen=True, slots=True)
class Text:
    """FEEL as written, with the line of the file it begins in and a German name of its place."""

    text: str
    line: int
    place: str


@dataclass(frozen=True, slots=True)
class Literal:
    text: Text
    type_ref: str | None


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    type_ref: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a boxed context; the row without a variable is the result."""

    variable: Variable | None
    content: "Boxed"


@dataclass(frozen=True, slots=True)
class Context:
    entries: tuple[Entry, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Invocation:
    function: "Boxed"
    bindings: tuple[tuple[str, "Boxed"], ...]
    place: str


@dataclass(frozen=True, slots=True)
class Relation:
    columns: tuple[str, ...]
    rows: tuple[tuple["Boxed", ...], ...]


@dataclass(frozen=True, slots=True)
class ListBox:
    items: tuple["Boxed", ...]


@dataclass(frozen=True, slots=True)
class FunctionBox:
    """`kind` is FEEL; Java and PMML functions exist but have no value here."""

    parameters: tuple[Variable, ...]
    body: "Boxed"
    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: "Boxed"
    then: "Boxed"
    otherwise: "Boxed"
    place: str


@dataclass(frozen=True, slots=True)
class FilterBox:
    source: "Boxed"
    condition: "Boxed"
    place: str


@dataclass(frozen=True, slots=True)
class Loop:
    """`for`, `some` or `every` as a box."""

    kind: str
    variable: str
    source: "Boxed"
    body: "Boxed"
    place: str


@dataclass(frozen=True, slots=True)
class InputClause:
    label: str
    expression: Text
    type_ref: str | None
    allowed: Text | None


@dataclass(frozen=True, slots=True)
class OutputClause:
    """`name` is None for a single output without one; `label` is what people read."""

    name: str | None
    label: str
    type_ref: str | None
    allowed: Text | None
    default: Text | None


@dataclass(frozen=True, slots=True)
class Rule:
    rule_id: str
    number: int
    line: int
    tests: tuple[Text, ...]
    outputs: tuple[Text, ...]
    annotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    annotation_names: tuple[str, ...]
    output_label: str
    line: int
    place: str


Boxed = Union[  # noqa: UP007 - the classes above refer to it by name
    Literal, Context, Invocation, Relation, ListBox, FunctionBox, Conditional, FilterBox, Loop, Table
]


@dataclass(frozen=True, slots=True)
class Reference:
    """A requirement: the namespace is empty for the model itself."""

    namespace: str
    element_id: str
    line: int


@dataclass(frozen=True, slots=True)
class InputData:
    element_id: str
    name: str
    variable: Variable
    line: int


@dataclass(frozen=True, slots=True)
class DecisionElement:
    element_id: str
    name: str
    variable: Variable
    question: str
    description: str
    inputs: tuple[Reference, ...]
    decisions: tuple[Reference, ...]
    knowledge: tuple[Reference, ...]
    content: Boxed | None
    line: int


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A business knowledge model: a named function."""

    element_id: str
    name: str
    variable: Variable
    knowledge: tuple[Reference, ...]
    function: FunctionBox | None
    line: int


@dataclass(frozen=True, slots=True)
class Service:
    """A decision service; its parameters are the input data, then the input decisions."""

    element_id: str
    name: str
    variable: Variable
    outputs: tuple[Reference, ...]
    encapsulated: tuple[Reference, ...]
    input_decisions: tuple[Reference, ...]
    input_data: tuple[Reference, ...]
    line: int


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A type; components make it a context, `function` a function type, else it refers to `type_ref`."""

    name: str
    type_ref: str | None
    is_collection: bool
    components: tuple["ItemDefinition", ...]
    function: tuple[tuple[Variable, ...], str | None] | None
    allowed: Text | None
    constraint: Text | None
    line: int


@dataclass(frozen=True, slots=True)
class Import:
    name: str
    namespace: str
    line: int


@dataclass(frozen=True, slots=True)
class Definitions:
    """One file."""

    file: str
    name: str
    namespace: str
    imports: tuple[Import, ...]
    items: tuple[ItemDefinition, ...]
    inputs: tuple[InputData, ...]
    decisions: tuple[DecisionElement, ...]
    knowledge: tuple[Knowledge, ...]
    services: tuple[Service, ...]
