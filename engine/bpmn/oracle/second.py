"""One case on SpiffWorkflow: its parser, its task tree, its joins, events, loops and sub-processes.

Who moves is SpiffWorkflow; variables are kept beside it, because its own belong to single tokens. Ready tasks run one
at a time, the first in the tree before the others, so that parallel branches write shared variables in the order of the
flows. The script engine looks up keys and evaluates FEEL and DMN; it never runs Python.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import TaskNotFoundException
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.nodes import BoundarySpec, CallSpec, DecisionSpec, ErrorSpec, Kind, Node, ScriptSpec, spec_of
from engine.bpmn.oracle.opinion import Disagreement, NotComparable
from engine.bpmn.oracle.places import Place
from engine.bpmn.oracle.script_engine import Expressions
from engine.bpmn.oracle.specs import assignments, called_values, due_at, is_error, is_join, keeps_waiting, timer_of
from engine.bpmn.oracle.translation import ALWAYS, MANUAL, Part, Role, Translation
from engine.bpmn.oracle.variables import Local, Scope
from engine.feel.values import Value
from engine.runtime.decide import result_value

MAX_DEPTH: Final = 900
"""SpiffWorkflow overlooks tasks that are deeper in its tree than 1,000, without a word."""
MAX_STEPS: Final = 5_000
TIMEOUT_S: Final = 10.0

_WAIT_KINDS: Final = {Role.TASK: "task", Role.JOB: "job", Role.BEFORE: "continue", Role.AFTER: "continue"}


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A task of SpiffWorkflow at which something is awaited; `event` is its definition, None for people and workers."""

    task: Any
    part: Part
    event: Any = None
    due_at: datetime | None = None


class Case:
    """One instance on SpiffWorkflow.

    Every method may raise NotComparable (its limits are reached) or Disagreement (it cannot go on where ours did).
    `completed` are the elements that ended since it was last cleared, by id.
    """

    def __init__(self, translation: Translation, variables: Mapping[str, Value], at: datetime) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(translation.root)
        spec = parser.get_spec(translation.main)
        self.parts = translation.parts
        self.at = at
        self.deadline = time.monotonic() + TIMEOUT_S
        self.steps = 0
        self.completed: Counter[str] = Counter()
        self.workflow = BpmnWorkflow(
            spec, parser.get_subprocess_specs(translation.main), script_engine=Expressions(self)
        )
        self.scopes: dict[Any, Scope] = {self.workflow: Scope(dict(variables))}
        self.local: dict[Any, Local] = {}
        self.items: dict[Any, list[Value]] = {}
        self.noticed: set[Any] = set()
        self.waiting: dict[Any, _Waiting] = {}

    # What can happen.

    def go_on(self) -> None:
        """Run what is ready until everything waits."""
        self._notice_events()
        while (task := self._next()) is not None:
            self._watch(task)
            if self._role(task) in MANUAL:
                self._notice(task)
            else:
                self._run(task)
            self._notice_events()

    def complete(self, name: Any, variables: Mapping[str, Value]) -> None:
        """A person, a worker or a continuation is done with a waiting task."""
        task = self.waiting[name].task
        if self._role(task) in {Role.TASK, Role.JOB}:
            local = self.local[task.id]
            local.update(variables)
            self._outputs(task, local)
        self._finish(task)
        self.go_on()

    def happen(self, name: Any, variables: Mapping[str, Value]) -> None:
        """What an event waits for has happened."""
        waiting = self.waiting[name]
        task = waiting.task
        if keeps_waiting(waiting.part.node):
            raise NotComparable("SpiffWorkflow fängt an einem nicht unterbrechenden Ereignis nur eine Nachricht.")
        self.local[task.id].update(variables)
        task.task_spec.catch(task, BpmnEvent(waiting.event))
        task.task_spec._update(task)  # noqa: SLF001 -- what SpiffWorkflow's event manager does
        self.go_on()

    def fail(self, name: Any, code: str, variables: Mapping[str, Value]) -> None:
        """A worker reports an error; only an error event at the task itself is comparable."""
        task = self.waiting[name].task
        host = task.parent if self._is_item(task) else task
        catcher = self._error_event(host, code)
        if catcher is None:
            raise NotComparable(
                "Ein Fehler wird außerhalb der Aufgabe gefangen; SpiffWorkflow sucht dort anders als BPMN."
            )
        event = spec_of(self._node(catcher), BoundarySpec).event
        if isinstance(event, ErrorSpec) and event.code_variable:
            self.scope(catcher.workflow).assign(event.code_variable, code)
        if isinstance(event, ErrorSpec) and event.message_variable:
            self.scope(catcher.workflow).assign(event.message_variable, None)
        self.happen(catcher.id, variables)

    def cancel(self) -> None:
        self.workflow.cancel()

    # Where it stands.

    @property
    def ended(self) -> bool:
        return bool(self.workflow.completed)

    def variables(self) -> Mapping[str, Value]:
        """Return the variables of the process itself."""
        return self.scopes[self.workflow].variables

    def waits(self) -> dict[Place, list[Any]]:
        """Return what waits by place, in the order in which it began to wait."""
        found: dict[Place, list[Any]] = defaultdict(list)
        for name, waiting in self.waiting.items():
            if _is_open(waiting) and self._exists(waiting.task):
                found[self._place(waiting)].append(name)
        return dict(found)

    def _exists(self, task: Any) -> bool:
        """Whether a task is still in the tree, and so are the sub-processes around it."""
        while task is not None and task.id in task.workflow.tasks:
            if task.workflow is self.workflow:
                return True
            task = self._parent_or_none(task.workflow)
        return False

    def due_at(self, name: Any) -> datetime | None:
        return self.waiting[name].due_at

    def _place(self, waiting: _Waiting) -> Place:
        part = waiting.part
        event = "timer" if timer_of(part.node) else "message"
        path = self._path(waiting.task, part.node)
        return Place(path, _WAIT_KINDS.get(part.role, event), part.program.process_id)

    def _path(self, task: Any, node: Node) -> tuple[tuple[str, int | None], ...]:
        path = [(node.id, self._index(task))]
        workflow = task.workflow
        while workflow is not self.workflow:
            around = self._parent(workflow)
            if self._role(around) is not Role.GLUE:
                path.append((self._node(around).id, self._index(around)))
            workflow = around.workflow
        return tuple(reversed(path))

    # Running.

    def _next(self) -> Any:
        """The first ready task in the tree that nobody waits at yet."""
        for task in self.workflow.get_tasks_iterator(state=TaskState.READY):
            if task.id not in self.noticed or self._role(task) not in MANUAL:
                return task
        return None

    def _watch(self, task: Any) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS or time.monotonic() > self.deadline:
            raise NotComparable("SpiffWorkflow wird in der vorgesehenen Zeit nicht fertig.")
        depth, workflow = task.depth, task.workflow
        while workflow is not self.workflow:
            around = self._parent(workflow)
            depth, workflow = depth + around.depth, around.workflow
        if depth > MAX_DEPTH:
            raise NotComparable(f"Der Weg ist länger als {MAX_DEPTH} Schritte; SpiffWorkflow verliert ihn dann.")

    def _notice_events(self) -> None:
        for task in list(self.workflow.event_manager.tasks.values()):
            if task.id not in self.noticed:
                self._notice(task)

    def _notice(self, task: Any) -> None:
        """A task begins to wait: it gets its variables, a timer its time."""
        part = self._part(task)
        self.noticed.add(task.id)
        self.local[task.id] = {}
        if part.role is Role.RACE:
            self._notice_race(task)
            return
        if part.role in {Role.TASK, Role.JOB, Role.EVENT} and not isinstance(task.task_spec, BoundaryEvent):
            self.local[task.id] = self._inputs(task)
        event = task.task_spec.event_definition if part.role in {Role.EVENT, Role.TRIGGER} else None
        self.waiting[task.id] = _Waiting(task, part, event, self._due(task, part.node))

    def _notice_race(self, task: Any) -> None:
        """An event-based gateway waits for each event behind it."""
        for number, child in enumerate(task.children):
            event = task.task_spec.event_definition.event_definitions[number]
            part = self._part(child)
            self.waiting[task.id, number] = _Waiting(task, part, event, self._due(task, part.node))

    def _due(self, task: Any, node: Node) -> datetime | None:
        timer = timer_of(node)
        return due_at(timer, self._timer_view(task), self.at) if timer else None

    def _run(self, task: Any) -> None:
        part = self._find(task)
        if part is not None and not isinstance(task.task_spec, MultiInstanceTask):
            if isinstance(task.task_spec, UnstructuredJoin):
                self._check_fork(task)
            self.scope(task.workflow)
            self._before_run(task, part)
        self._finish(task)

    def _before_run(self, task: Any, part: Part) -> None:
        """Write the variables that an element gives when it ends."""
        if part.role is Role.EVENT:
            local = self.local.get(task.id, {})
            if isinstance(task.task_spec, BoundaryEvent):
                local = self._inputs(task, local)
            self._outputs(task, local)
        elif part.role is Role.SCOPE:
            self._leave_scope(task, part)
        elif part.role is Role.THROUGH and not is_join(part.node):
            self._outputs(task, self._inputs(task))

    def _finish(self, task: Any) -> None:
        task.run()
        part = self._find(task)
        counts = part is not None and part.role not in {Role.GLUE, Role.BEFORE, Role.AFTER, Role.TRIGGER}
        if part is not None and counts and not isinstance(task.task_spec, MultiInstanceTask):
            self.completed[part.node.id] += 1

    def _check_fork(self, task: Any) -> None:
        """SpiffWorkflow drops the branches behind a parallel gateway when a second token comes to it."""
        for other in task.workflow.tasks.values():
            is_before = other is task or task.is_descendant_of(other)
            if other.task_spec is task.task_spec and other.state == TaskState.COMPLETED and not is_before:
                raise NotComparable("Zwei Marken gehen durch dasselbe parallele Gateway; SpiffWorkflow verliert eine.")

    # Keys.

    def value(self, task: Any, key: str) -> Any:
        """What a key stands for: a condition, a number of instances, or whether a loop is over."""
        if key == ALWAYS:
            return True
        part = self.parts[key]
        if part.role is Role.CONDITION and part.flow is not None and part.flow.condition is not None:
            return self._truth(part.flow.condition.evaluate(self._around(task).view(), self.at), part.node)
        if part.role is Role.LOOP:
            self.items[task.id] = self._loop_items(task, part.node)
            return len(self.items[task.id])
        if part.role is Role.COMPLETION and part.node.loop is not None and part.node.loop.completion is not None:
            local = self.local.get(task.id) or self._scope_variables(task)
            return self._truth(part.node.loop.completion.evaluate(self._around(task).view(local), self.at), part.node)
        raise Disagreement(f"Zu „{part.node.id}“ fehlt der übersetzte Ausdruck.")

    def _truth(self, value: Value, node: Node) -> bool:
        if isinstance(value, bool):
            return value
        raise Disagreement(f"Eine Bedingung an „{node.id}“ ist auf SpiffWorkflow weder wahr noch falsch.")

    def work(self, task: Any, key: str) -> None:
        """Do what an element does that does not wait."""
        part = self.parts[key]
        if part.role is not Role.WORK:
            return
        self.scope(task.workflow)
        local = self._inputs(task)
        scope = self._around(task)
        spec = part.node.spec
        if isinstance(spec, ScriptSpec):
            value = spec.expression.evaluate(scope.view(local), self.at)
            for name, item in assignments(spec, value, part.node):
                scope.assign(name, item, local)
        elif isinstance(spec, DecisionSpec) and spec.decision is not None:
            result = spec.decision.evaluate(scope.view(local), now=self.at)
            if spec.result:
                scope.assign(spec.result, result_value(spec, result)[0], local)
        self.local[task.id] = local
        self._outputs(task, local)

    def _loop_items(self, task: Any, node: Node) -> list[Value]:
        loop, view = node.loop, self._around(task).view()
        if loop is not None and loop.cardinality is not None:
            count = loop.cardinality.evaluate(view, self.at)
            if isinstance(count, Decimal) and count == count.to_integral_value() and count >= 0:
                return [None] * int(count)
        elif loop is not None and loop.collection is not None:
            items = loop.collection.evaluate(view, self.at)
            if isinstance(items, list):
                return items
        raise Disagreement(f"Die Mehrfachausführung von „{node.id}“ hat auf SpiffWorkflow keine Liste oder Anzahl.")

    # Variables.

    def scope(self, workflow: Any) -> Scope:
        """Return the variables of a process or sub-process; a sub-process gets them when its first element runs."""
        if workflow not in self.scopes:
            task = self._parent(workflow)
            node = self._node(task)
            if self._role(task) is Role.GLUE:
                self.scopes[workflow] = self.scope(task.workflow)
                return self.scopes[workflow]
            is_handler = node.kind is Kind.EVENT_SUB_PROCESS
            local = dict(self.local[task.parent.id]) if is_handler else self._inputs(task)
            if isinstance(node.spec, CallSpec):
                self.local[task.id] = local
                self.scopes[workflow] = Scope(called_values(node.spec, self._around(task).view(local), self.at))
            else:
                self.scopes[workflow] = Scope(local, self._around(task))
        return self.scopes[workflow]

    def _around(self, task: Any) -> Scope:
        """The scope in which an element runs; for an instance of a loop the body with its counters."""
        outer = self.scope(task.workflow)
        if not self._is_item(task):
            return outer
        total = len(self.items[task.parent.id])
        done = len(task.parent.internal_data["merged"])
        loop = self._node(task).loop
        active = 1 if loop is not None and loop.sequential else total - done
        names = ("nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances")
        counters = zip(names, (Decimal(total), Decimal(done), Decimal(active)), strict=True)
        return Scope({}, outer, dict(counters))

    def _inputs(self, task: Any, local: Local | None = None) -> Local:
        node, scope = self._node(task), self._around(task)
        found: Local = dict(local or {})
        index = self._index(task)
        if index is not None:
            found["loopCounter"] = Decimal(index)
            if node.loop and node.loop.element:
                found[node.loop.element] = self.items[task.parent.id][index]
        for parameter in node.inputs:
            found[parameter.name] = parameter.term.evaluate(scope.view(found), self.at)
        return found

    def _outputs(self, task: Any, local: Local) -> None:
        scope = self._around(task)
        for parameter in self._node(task).outputs:
            scope.assign(parameter.name, parameter.term.evaluate(scope.view(local), self.at))

    def _leave_scope(self, task: Any, part: Part) -> None:
        inner = self.scope(self.workflow.subprocesses[task.id])
        spec = part.node.spec
        if not isinstance(spec, CallSpec):
            self._outputs(task, inner.variables)
            return
        local = self.local[task.id]
        values = dict(inner.variables) if spec.all_out else {}
        values.update({item.name: item.term.evaluate(inner.view(), self.at) for item in spec.outputs})
        for name, value in values.items():
            self._around(task).assign(name, value, local)
        self._outputs(task, local)

    def _scope_variables(self, task: Any) -> Local:
        workflow = self.workflow.subprocesses.get(task.id)
        return self.scope(workflow).variables if workflow is not None else {}

    def _timer_view(self, task: Any) -> Mapping[str, Value]:
        """What a timer's expression sees: an attached one what its activity sees."""
        if self._role(task) is Role.TRIGGER:
            return self.scope(task.workflow).view()
        if not isinstance(task.task_spec, BoundaryEvent):
            return self._around(task).view(self.local[task.id])
        host = next(child for child in task.parent.children if not isinstance(child.task_spec, BoundaryEvent))
        if isinstance(host.task_spec, MultiInstanceTask):
            return self._around(task).view()
        local = self.local.get(host.id) or self._scope_variables(host) or self._inputs(host)
        return self._around(host).view(local)

    # SpiffWorkflow's tasks.

    def _parent(self, workflow: Any) -> Any:
        """The task of the sub-process or call that a workflow belongs to."""
        return self.workflow.get_task_from_id(workflow.parent_task_id)

    def _parent_or_none(self, workflow: Any) -> Any:
        try:
            return self._parent(workflow)
        except TaskNotFoundException:
            return None

    def _find(self, task: Any) -> Part | None:
        """What a task stands for; None for those that SpiffWorkflow adds itself."""
        return self.parts.get(task.task_spec.name.removesuffix(" [child]"))

    def _part(self, task: Any) -> Part:
        part = self._find(task)
        if part is None:
            raise Disagreement(f"SpiffWorkflow wartet an „{task.task_spec.name}“, das kein Element ist.")
        return part

    def _node(self, task: Any) -> Node:
        return self._part(task).node

    def _role(self, task: Any) -> Role | None:
        part = self._find(task)
        return part.role if part and not isinstance(task.task_spec, MultiInstanceTask) else None

    def _is_item(self, task: Any) -> bool:
        return bool(task.task_spec.name.endswith(" [child]"))

    def _index(self, task: Any) -> int | None:
        """Which instance of a loop this is, from 0."""
        if not self._is_item(task):
            return None
        data = task.internal_data
        return int(data["key_or_index"] if "key_or_index" in data else data["item"])

    def _error_event(self, host: Any, code: str) -> Any:
        if not isinstance(host.parent.task_spec, BoundaryEventSplit):
            return None
        catch_all = None
        for child in host.parent.children:
            spec = self._node(child).spec if isinstance(child.task_spec, BoundaryEvent) else None
            event = spec.event if isinstance(spec, BoundarySpec) else None
            if isinstance(event, ErrorSpec) and event.code == code:
                return child
            if isinstance(event, ErrorSpec) and event.code is None:
                catch_all = child
        return catch_all


def _is_open(waiting: _Waiting) -> bool:
    """Whether a task still waits; an error event is no place at which anything waits."""
    task, state = waiting.task, TaskState.READY if waiting.event is None else TaskState.WAITING
    return bool(task.state == state) and not is_error(waiting.part.node)
