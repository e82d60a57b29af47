"""From DMN files to decisions: the front door of the package.

A model that cannot be evaluated exactly as it is written is refused; `inspect_dmn` shows the findings and what remains.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.dmn.evaluation import Decision
from engine.dmn.findings import Finding, ModelRefused
from engine.dmn.graph import Graph
from engine.dmn.link import link
from engine.dmn.model import Definitions
from engine.dmn.reader import read_definitions
from engine.feel.library import Library
from engine.feel.values import Function
from engine.language import LIBRARY


@dataclass(frozen=True)
class DecisionModel:
    """One file: its decisions by id; services and business knowledge models as FEEL functions by name."""

    name: str
    source: Definitions
    graph: Graph
    decisions: Mapping[str, Decision]
    functions: Mapping[str, Function]


def read_dmn(data: bytes, *, name: str, library: Library = LIBRARY) -> DecisionModel:
    """Read one file that imports nothing. Raises ModelRefused with every German reason."""
    return read_dmn_files({name: data}, library=library)[name]


def read_dmn_files(files: Mapping[str, bytes], *, library: Library = LIBRARY) -> dict[str, DecisionModel]:
    """Read files that may import each other, by file name. Raises ModelRefused with every German reason."""
    models, findings = inspect_dmn(files, library=library)
    found = [finding for each in findings.values() for finding in each]
    if found:
        raise ModelRefused(found)
    return models


def inspect_dmn(
    files: Mapping[str, bytes], *, library: Library = LIBRARY
) -> tuple[dict[str, DecisionModel], dict[str, list[Finding]]]:
    """The models with whatever is wrong in them, by file name, for authors' tools; a broken expression gives null.

    Raises ModelRefused for a file that is no DMN at all.
    """
    sources: list[Definitions] = []
    findings: dict[str, list[Finding]] = {}
    for name, data in files.items():
        source, found = read_definitions(data, file=name)
        sources.append(source)
        findings[name] = found
    sources = _told_apart(sources)
    graph, linked = link(sources, library)
    for name, found in linked.items():
        findings[name] += found
    return {source.file: _model(source, graph) for source in sources}, findings


def _told_apart(sources: list[Definitions]) -> list[Definitions]:
    """Files that share a namespace, as every new one of the Camunda Modeler does, are worlds of their own."""
    counts = Counter(source.namespace for source in sources)
    return [
        replace(source, namespace=f"{source.namespace}#{source.file}") if counts[source.namespace] > 1 else source
        for source in sources
    ]


def _model(source: Definitions, graph: Graph) -> DecisionModel:
    namespace = source.namespace
    decisions = {
        element.element_id: Decision(graph, graph.decisions[namespace, element.element_id])
        for element in source.decisions
    }
    functions = {element.name: graph.functions[namespace, element.element_id] for element in source.knowledge}
    functions |= {element.name: graph.functions[namespace, element.element_id] for element in source.services}
    return DecisionModel(source.name, source, graph, decisions, functions)
