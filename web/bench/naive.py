"""The usual loop of programs that use SpiffWorkflow: one row that holds the whole workflow as JSON."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from lxml import etree
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.camunda.parser import CamundaParser
from SpiffWorkflow.camunda.serializer.config import CAMUNDA_CONFIG
from SpiffWorkflow.util.task import TaskState

from web.bench.cases import PROCEDURE, STEPS
from web.bench.drivers import Driver

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_RESULT = "{http://camunda.org/schema/1.0/bpmn}resultVariable"


class Naive:
    """Load the workflow's JSON, let SpiffWorkflow run to the next wait, save it, keep an entry, commit."""

    def __init__(self, driver: Driver, cases: int) -> None:
        self._driver = driver
        self._cases = cases
        self._spec, self._subprocesses = _naive_specs()
        self._serializer = BpmnWorkflowSerializer(registry=BpmnWorkflowSerializer.configure(CAMUNDA_CONFIG))

    def prepare(self) -> None:
        """Nothing to prepare."""

    def run(self) -> int:
        ids = [self._start() for _ in range(self._cases)]
        for complete in (self._answer, self._decide, self._end):
            for id_ in ids:
                self._step(id_, complete)
        return STEPS * self._cases

    def _start(self) -> Any:
        workflow = BpmnWorkflow(self._spec, self._subprocesses)
        data: dict[str, Any] = {f"angabe_{n}": f"Angabe {n} der Messung" for n in range(1, 38)}
        data |= {"vollstaendig": False, "anzahl": 2, "gefaehrlich": False, "aktenzeichen": "00.00/2026-1"}
        workflow.get_tasks(state=TaskState.READY)[0].data.update(data)
        workflow.do_engine_steps()
        id_ = self._driver.id(uuid4())
        state = self._serializer.serialize_json(workflow)
        self._driver.run("INSERT INTO naive_state VALUES (?, ?, ?)", (id_, 1, state))
        self._driver.run("INSERT INTO naive_log VALUES (?, ?, ?)", (id_, 1, "start"))
        self._driver.commit()
        return id_

    def _step(self, id_: Any, complete: Callable[[BpmnWorkflow], None]) -> None:
        version, state = self._driver.run("SELECT version, state FROM naive_state WHERE id = ?", (id_,)).fetchone()
        workflow = self._serializer.deserialize_json(state)
        complete(workflow)
        workflow.do_engine_steps()
        state = self._serializer.serialize_json(workflow)
        update = (version + 1, state, id_, version)
        self._driver.run("UPDATE naive_state SET version = ?, state = ? WHERE id = ? AND version = ?", update)
        self._driver.run("INSERT INTO naive_log VALUES (?, ?, ?)", (id_, version + 1, complete.__name__))
        self._driver.commit()

    def _answer(self, workflow: BpmnWorkflow) -> None:
        (task,) = workflow.get_tasks(state=TaskState.READY)
        task.data["vollstaendig"] = True
        task.run()

    def _decide(self, workflow: BpmnWorkflow) -> None:
        (task,) = workflow.get_tasks(state=TaskState.READY)
        task.data.update(anzahl=2, gefaehrlich=False)
        task.run()

    def _end(self, workflow: BpmnWorkflow) -> None:
        workflow.refresh_timers()
        workflow.do_engine_steps()
        if not workflow.is_completed():
            raise RuntimeError("the naive loop did not finish its case")

    def statements(self) -> int:
        return self._driver.statements


def _naive_specs() -> tuple[Any, Any]:
    """The model of the bench with Python instead of FEEL, and a period so short that it is over by the fourth step."""
    model = etree.fromstring((PROCEDURE / "process.bpmn").read_bytes())
    for script in model.iterfind(f".//{_BPMN}scriptTask/{_BPMN}script"):
        task = script.getparent()
        if task is not None:
            script.text = " = ".join([str(task.get(_RESULT)), script.text or ""])
    for condition in model.iter(f"{_BPMN}conditionExpression"):
        condition.text = (condition.text or "").removeprefix("=")
    for duration in model.iter(f"{_BPMN}timeDuration"):
        duration.text = '"PT0.01S"'
    etree.strip_elements(model, f"{_BPMN}extensionElements", with_tail=False)
    table = (PROCEDURE / "steuer.dmn").read_bytes().replace(b">false<", b">False<").replace(b">true<", b">True<")
    parser = CamundaParser()
    parser.add_bpmn_xml(model, filename="process.bpmn")
    parser.add_dmn_xml(etree.fromstring(table), filename="steuer.dmn")
    return parser.get_spec("dauerlauf"), parser.get_subprocess_specs("dauerlauf")
