"""Variables as Camunda 7 and this engine mean them, written a second time: SpiffWorkflow has none of a process.

A scope belongs to a process, a sub-process or the body of a multi-instance activity; a called process sees nothing of
its caller. An assignment goes to the nearest scope that has the name, else to the process.
"""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.feel.values import Value

Local = dict[str, Value]


@dataclass(eq=False)
class Scope:
    """`outer` is None for a process; `counters` are what a multi-instance activity shows and nobody assigns."""

    variables: Local = field(default_factory=dict)
    outer: "Scope | None" = None
    counters: Mapping[str, Value] = field(default_factory=dict)

    def view(self, local: Local | None = None) -> Mapping[str, Value]:
        """Return what is visible here, `local` before all else."""
        layers: list[Local] = [local] if local else []
        scope: Scope | None = self
        while scope is not None:
            layers += [scope.variables, dict(scope.counters)]
            scope = scope.outer
        return ChainMap(*layers)

    def assign(self, name: str, value: Value, local: Local | None = None) -> None:
        if local is not None and name in local:
            local[name] = value
            return
        scope = self
        while name not in scope.variables and scope.outer is not None:
            scope = scope.outer
        scope.variables[name] = value
