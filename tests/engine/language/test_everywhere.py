"""The law's functions work wherever a procedure may write FEEL, and nothing compiles FEEL without them."""

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.bpmn import gate
from engine.catalog import inspect
from engine.dmn import read_dmn
from engine.feel import FeelSyntaxError, parse_expression, parse_unary_tests
from engine.language import parse_expression as parse_of_procedure
from engine.runtime.effects import JobRequested, TaskOpened, TimerSet
from forms.schema import FormRefused
from forms.validate import validate_values
from forms.view import Filling, form_views
from tests.dmn_factory import NOW, decision, definitions, inputs, literal, needs_input, table
from tests.engine.bpmn.models import line
from tests.engine.catalog.test_procedure import changed, findings
from tests.engine.runtime.play import START, Play, bpmn
from tests.forms.builders import component, form, given

ROOT = Path(__file__).resolve().parents[3]
FRIDAY, MONDAY = date(2027, 1, 15), date(2027, 1, 18)
NEXT = "law.next working day(tag)"


def played(*elements: str) -> Play:
    return Play(bpmn(line(*elements))).start(tag=date(2027, 1, 16))


def io(*parameters: str) -> str:
    return f"<extensionElements><camunda:inputOutput>{''.join(parameters)}</camunda:inputOutput></extensionElements>"


def test_conditions_at_a_gateway() -> None:
    body = (
        '<startEvent id="s"/><sequenceFlow id="f0" sourceRef="s" targetRef="g"/>'
        '<exclusiveGateway id="g" default="f1"/><sequenceFlow id="f1" sourceRef="g" targetRef="a"/>'
        '<sequenceFlow id="f2" sourceRef="g" targetRef="b">'
        "<conditionExpression>=not(law.is working day(tag))</conditionExpression></sequenceFlow>"
        '<userTask id="a"/><userTask id="b"/>'
    )
    game = Play(bpmn(body)).start(tag=date(2027, 1, 16))
    assert game.effect(TaskOpened).element == "b"


def test_scripts() -> None:
    script = f'<scriptTask id="x" scriptFormat="feel" camunda:resultVariable="am"><script>{NEXT}</script></scriptTask>'
    game = played(script, '<userTask id="t"/>')
    assert game.state.variables()["am"] == MONDAY


def test_timers() -> None:
    event = '<intermediateCatchEvent id="x"><timerEventDefinition><timeDate>={}</timeDate></timerEventDefinition></intermediateCatchEvent>'  # noqa: E501 - one element
    game = played(event.format("law.first moment after(law.next working day(tag))"))
    assert game.effect(TimerSet).due_at == datetime(2027, 1, 18, 23, tzinfo=UTC)


def test_due_dates() -> None:
    game = played(f'<userTask id="t" camunda:dueDate="={NEXT}"/>')
    assert game.effect(TaskOpened).due_at == datetime(2027, 1, 18, 22, 59, 59, tzinfo=UTC)


def test_collections_of_multi_instances() -> None:
    loop = '<multiInstanceLoopCharacteristics camunda:collection="=law.holidays(2027)" camunda:elementVariable="tag"/>'
    game = played(f'<userTask id="t">{loop}</userTask>')
    assert len([one for one in game.effects if isinstance(one, TaskOpened)]) == 10


def test_inputs_and_outputs() -> None:
    parameters = io(
        f'<camunda:inputParameter name="bis">={NEXT}</camunda:inputParameter>',
        '<camunda:outputParameter name="danach">=law.add working days(tag, 2)</camunda:outputParameter>',
    )
    task = f'<serviceTask id="j" camunda:type="external" camunda:topic="x">{parameters}</serviceTask>'
    game = played(task, '<userTask id="t"/>')
    assert game.effect(JobRequested).inputs["bis"] == MONDAY
    assert game.finish_job("j").state.variables()["danach"] == date(2027, 1, 19)


def test_forms() -> None:
    frei = form(
        component("datetime", "tag", properties={"earliest": "law.add working days(today(), 1)"}),
        component("textfield", "grund", conditional={"hide": "=law.is working day(tag)"}),
        {"type": "expression", "id": "e", "key": "bis", "expression": f"={NEXT}"},
        {"type": "text", "id": "t", "text": "Spätestens am {{law.german date(" + NEXT + ")}}"},
    )
    saturday = validate_values(frei, {"tag": date(2027, 1, 16), "grund": "Umzug"}, given())
    assert saturday.values == {"tag": date(2027, 1, 16), "grund": "Umzug", "bis": MONDAY}
    monday = validate_values(frei, {"tag": MONDAY, "grund": "Umzug"}, given())
    assert "grund" not in monday.values
    assert validate_values(frei, {"tag": date(2026, 11, 24)}, given()).errors  # not before the next working day
    [page] = form_views(frei, Filling(given=given(), entries={"tag": "16.01.2027"}))
    assert "18.01.2027" in str(page)


def test_decisions() -> None:
    logic = table(["Tag"], [["law.is working day(?)", '"offen"'], ["-", '"zu"']], policy="FIRST")
    model = read_dmn(definitions(inputs("Tag") + decision("D", logic, needs=needs_input(0))), name="x.dmn")
    assert model.decisions["d"].evaluate({"Tag": FRIDAY}, now=NOW).value == "offen"
    assert model.decisions["d"].evaluate({"Tag": date(2027, 1, 16)}, now=NOW).value == "zu"
    body = inputs("Tag") + decision("D", literal("law.next working day(Tag)"), needs=needs_input(0))
    result = read_dmn(definitions(body), name="x.dmn").decisions["d"].evaluate({"Tag": FRIDAY}, now=NOW)
    assert result.value == FRIDAY


def test_the_facts_of_a_procedure() -> None:
    files = changed("procedure.toml", "[start.variables]", '[start.variables]\nbis = "law.next working day(today())"')
    procedure, found = inspect(files, folder="hundesteuer_anmelden")
    assert procedure is not None, found
    assert procedure.start_variables["bis"].evaluate({}, now=START).value == date(2026, 1, 2)


def test_the_place_of_a_procedure_reaches_its_expressions() -> None:
    old = "[start.variables]"
    new = f'{old}\nbis = "law.next working day(@\\"2027-05-27\\")"'
    files = changed("procedure.toml", old, new)
    files["procedure.toml"] = files["procedure.toml"].replace(b'"DE-HE"', b'"DE-BE"')
    procedure, _ = inspect(files, folder="hundesteuer_anmelden")
    if procedure is not None:
        assert procedure.start_variables["bis"].evaluate({}, now=START).value == date(2027, 5, 27)


@pytest.mark.parametrize("text", ["law.add workin days(tag, 3)", "is defined(tag)", "law.heute", "trim(tag)"])
def test_a_function_that_nobody_offers_is_refused(text: str) -> None:
    with pytest.raises(FeelSyntaxError, match="gibt es nicht"):
        parse_of_procedure(text)
    with pytest.raises(FormRefused, match="gibt es nicht"):
        form(component("textfield", "tag"), component("textfield", "a", conditional={"hide": f"={text}"}))
    script = f'<scriptTask id="x" scriptFormat="feel" camunda:resultVariable="y"><script>{text}</script></scriptTask>'
    assert "gibt es nicht" in gate.check(bpmn(line(script)))[0].message_de
    files = changed("procedure.toml", "[start.variables]", f'[start.variables]\nbis = "{text}"')
    assert ("procedure.toml", "bad_expression") in findings(files)


def test_a_misspelt_function_is_answered_with_what_may_be_meant() -> None:
    with pytest.raises(FeelSyntaxError) as refused:
        parse_of_procedure("1 + law.add workin days(tag, 3)")
    assert (refused.value.line, refused.value.column) == (1, 5)
    assert "„law.add working days“" in refused.value.expected


def test_nothing_of_a_procedure_is_compiled_without_the_law() -> None:
    """The bare parser is for the package itself, and where a scope with the law's functions is passed explicitly."""
    allowed = ("engine/feel/", "engine/language/__init__.py", "engine/dmn/boxes.py", "engine/dmn/regions.py")
    allowed += ("web/cli/feel.py", "web/bench/")
    names = {parse_expression.__name__, parse_unary_tests.__name__}
    for top in ("engine", "forms", "integrations", "storage", "web"):
        for path in (ROOT / top).rglob("*.py"):
            place = path.relative_to(ROOT).as_posix()
            if place.startswith(allowed):
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom) and str(node.module).startswith("engine.feel"):
                    assert not names & {alias.name for alias in node.names}, place
