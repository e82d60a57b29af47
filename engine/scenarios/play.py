"""Play a scenario on a stage and compare what came out with what must come out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from engine.bpmn.nodes import Kind
from engine.catalog import Procedure
from engine.errors import EngineError, Invalid, NotAllowed
from engine.feel import FeelSyntaxError
from engine.feel.values import Value
from engine.language import parse_expression
from engine.runtime.commands import Command
from engine.scenarios.script import Act, Expectation, Letter, Refusal, Scenario, merge
from engine.scenarios.stage import Stage, StageLetter, StageTask
from forms.model import Form
from forms.validate import Given, Result, validate_values
from forms.view import start_entries

_GATEWAYS: Final = frozenset({Kind.EXCLUSIVE, Kind.PARALLEL})
_REFUSALS: Final[Mapping[Refusal, type[EngineError]]] = {Refusal.NOT_ALLOWED: NotAllowed, Refusal.INVALID: Invalid}


@dataclass(frozen=True, slots=True)
class Played:
    """What came out of a scenario; `problems` are German sentences, none when all is as expected.

    `entered` are all elements in order, gateways too; `flows` are the sequence flows taken; `commands` are what another
    engine needs to replay the case.
    """

    scenario: Scenario
    entered: tuple[str, ...]
    path: tuple[str, ...]
    tasks: tuple[str, ...]
    flows: tuple[str, ...]
    problems: tuple[str, ...]
    commands: tuple[Command, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.problems


class _Stopped(Exception):
    """The scenario cannot go on; the message is a German sentence."""


def play(procedure: Procedure, scenario: Scenario, stage: Stage) -> Played:
    """Play one scenario from the form to its end; never raises for anything the procedure or the scenario does."""
    problems: list[str] = []
    try:
        _hand_in(procedure, scenario, stage)
        for act in scenario.do:
            _act(procedure, act, stage)
    except _Stopped as stopped:
        problems.append(str(stopped))
    moves = stage.moves()
    gateways = {node.id for program in procedure.programs.values() for node in program.nodes if node.kind in _GATEWAYS}
    processes = set(procedure.programs)
    entered = [element for move in moves for element in move.entered]
    path = tuple(element for element in entered if element not in gateways | processes)
    tasks = tuple(element for move in moves for element in move.tasks)
    flows = tuple(flow for move in moves for flow in move.flows)
    if not problems:
        variables, at = stage.variables(), _end(scenario)

        def evaluate(text: str) -> Value:
            return parse_expression(text, procedure.scope).evaluate(variables, now=at).value

        problems += _differences(scenario.expect, path, tasks, stage.letters(), evaluate)
    return Played(scenario, tuple(entered), path, tasks, flows, tuple(problems), tuple(stage.commands()))


def _end(scenario: Scenario) -> datetime:
    return scenario.do[-1].at if scenario.do else scenario.start


def _hand_in(procedure: Procedure, scenario: Scenario, stage: Stage) -> None:
    result = validate_values(procedure.start_form, _values(scenario.form), Given(now=scenario.start))
    if result.errors:
        raise _Stopped(f"Das Startformular nimmt die Angaben nicht an: {_listed(result)}")
    try:
        if scenario.bestand:
            objects: list[Value] = [_values(one) for one in scenario.bestand]
            stage.take_over(result.values, objects, at=scenario.start)
        stage.start(result.values, channel=scenario.channel, signed_in=scenario.signed_in, at=scenario.start)
        stage.pass_time(scenario.start)
    except EngineError as error:
        raise _Stopped(f"Der Vorgang lässt sich nicht starten: {_reason(error)}") from error


def _act(procedure: Procedure, act: Act, stage: Stage) -> None:
    try:
        stage.pass_time(act.at)
    except EngineError as error:
        raise _Stopped(f"Am {_moment(act.at)} geht es nicht weiter: {_reason(error)}") from error
    if act.task:
        task = _find(act, stage)
        if act.answers or act.extend_to:
            _deal_with_question(act, task, stage)
        else:
            _complete(procedure, act, task, stage)


def _deal_with_question(act: Act, task: StageTask, stage: Stage) -> None:
    try:
        if act.answers:
            stage.answer(task, act.answers, at=act.at)
        if act.extend_to:
            stage.extend(task, act.extend_to, by=act.by, at=act.at)
        stage.pass_time(act.at)
    except EngineError as error:
        raise _Stopped(f"Die Rückfrage „{act.task}“ am {_moment(act.at)} ist gescheitert: {_reason(error)}") from error


def _find(act: Act, stage: Stage) -> StageTask:
    tasks = stage.open_tasks()
    found = next((task for task in tasks if task.element == act.task), None)
    if found is None:
        present = ", ".join(task.element for task in tasks) or "keine Aufgabe"
        raise _Stopped(f"Am {_moment(act.at)} ist „{act.task}“ nicht offen; offen ist: {present}.")
    return found


def _complete(procedure: Procedure, act: Act, task: StageTask, stage: Stage) -> None:
    form = procedure.forms.get(task.form_key or "")
    what = f"„{act.task}“ am {_moment(act.at)}"
    result = _filled(form, act, task)
    if result.errors:
        if act.refused is Refusal.INVALID:
            return
        raise _Stopped(f"Das Formular von {what} nimmt die Angaben nicht an: {_listed(result)}")
    try:
        stage.complete(task, result.values, by=act.by, at=act.at)
        stage.pass_time(act.at)
    except EngineError as error:
        if act.refused is not None and isinstance(error, _REFUSALS[act.refused]):
            return
        raise _Stopped(f"{what} ist gescheitert: {_reason(error)}") from error
    if act.refused is not None:
        raise _Stopped(f"{what} hätte abgelehnt werden müssen ({act.refused}).")


def _filled(form: Form | None, act: Act, task: StageTask) -> Result:
    """What the form shows already, with the scenario's values laid over it."""
    if form is None:
        return Result(_values(act.values), {}, {})
    shown = start_entries(form, task.inputs)
    return validate_values(form, merge(shown, _values(act.values)), Given(now=act.at, inputs=task.inputs))


def _values(given: Mapping[str, object]) -> dict[str, Value]:
    return {key: _value(value) for key, value in given.items()}


def _value(value: object) -> Value:
    """TOML as FEEL: whole numbers become decimals; a fraction is written as a text ("12.50")."""
    if isinstance(value, Mapping):
        return _values(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, bool | str | datetime | date | None):
        return value
    if isinstance(value, int):
        return Decimal(value)
    raise _Stopped(f"„{value}“ ist kein Wert für ein Formular. Schreiben Sie Kommazahlen in Anführungszeichen.")


def _differences(
    expect: Expectation,
    path: Sequence[str],
    tasks: Sequence[str],
    letters: Sequence[StageLetter],
    evaluate: Callable[[str], Value],
) -> Iterator[str]:
    if tuple(path) != expect.path:
        yield _sequence("Weg", expect.path, path)
    if tuple(tasks) != expect.tasks:
        yield _sequence("Aufgaben", expect.tasks, tasks)
    yield from _letters(expect.letters, letters)
    wanted_values: dict[str, str | date] = {**expect.amounts, **expect.dates}
    for text, wanted in wanted_values.items():
        yield from _compared(text, wanted, evaluate)


def _sequence(what: str, wanted: Sequence[str], got: Sequence[str]) -> str:
    place = next((i for i, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), min(len(wanted), len(got)))
    expected = wanted[place] if place < len(wanted) else "Ende"
    actual = got[place] if place < len(got) else "Ende"
    listed = ", ".join(f'"{element}"' for element in got)
    return f"{what}: an Stelle {place + 1} erwartet „{expected}“, gekommen ist „{actual}“. Ganz: [{listed}]"


def _letters(wanted: Sequence[Letter], got: Sequence[StageLetter]) -> Iterator[str]:
    named = [letter.template for letter in got if letter.template]
    expected = [letter.template for letter in wanted]
    if named != expected:
        yield f"Briefe: erwartet {expected or 'keine'}, geschrieben {named or 'keine'}."
        return
    for letter, made in zip(wanted, (one for one in got if one.template), strict=True):
        for words in letter.contains:
            if words not in made.text:
                yield f"Brief „{letter.template}“: „{words}“ steht nicht darin."
        for words in letter.lacks:
            if words in made.text:
                yield f"Brief „{letter.template}“: „{words}“ steht darin und darf es nicht."


def _compared(text: str, wanted: str | date, evaluate: Callable[[str], Value]) -> Iterator[str]:
    try:
        got = evaluate(text)
    except FeelSyntaxError as error:
        yield f"„{text}“ ist kein gültiger FEEL-Ausdruck: {error}"
        return
    expected = Decimal(wanted) if isinstance(wanted, str) else wanted
    if got != expected:
        yield f"„{text}“: erwartet {expected}, gekommen ist {got}."


def _listed(result: Result) -> str:
    return "; ".join(f"{name or 'Formular'}: {sentence}" for name, sentence in result.errors.items())


def _reason(error: EngineError) -> str:
    """The German sentence that the error carries, else its code."""
    message = error.details.get("message_de") or error.details.get("message")
    errors = "; ".join(f"{name}: {text}" for name, text in error.errors.items()) if isinstance(error, Invalid) else ""
    return str(message or errors or error.code)


def _moment(at: datetime) -> str:
    return f"{at.day}.{at.month}.{at.year} {at.hour:02}:{at.minute:02}"
