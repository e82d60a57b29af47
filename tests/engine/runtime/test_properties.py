"""What must hold for every model: no token is lost or doubled, and a history replays to the same state."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bpmn.gate import check
from engine.runtime import commands, execute
from engine.runtime.effects import InstanceEnded, Moved, WaitClosed
from engine.runtime.state import State
from tests.engine.runtime.generator import Drawn, Generated, Seeded, generate
from tests.engine.runtime.play import Play

STEPS = 400


def begin(generated: Generated) -> Play:
    return Play(generated.bpmn, generated.processes[0]).start(**generated.variables)


def go_on(game: Play, chooser: Any) -> None:
    """Do one of the things that can happen next."""
    waits = list(game.waits.items())
    name, wait = waits[chooser.integer(0, len(waits) - 1)]
    values: dict[str, Any] = {"wait": name, "at": game.at, "bindings": game.bindings}
    if wait.kind == "task":
        game.do(commands.CompleteTask(**values))
    elif wait.kind == "timer":
        game.at = max(game.at, wait.due_at)
        game.do(commands.FireTimer(**values | {"at": game.at}))
    elif wait.kind == "message":
        game.do(commands.DeliverMessage(**values))
    elif not wait.stage and wait.element.startswith("host") and chooser.integer(0, 1):
        game.do(commands.FailJob(error_code="E1", **values))
    else:
        game.do(commands.CompleteJob(**values))


def play_out(game: Play, chooser: Any) -> None:
    """Go on until the instance ends; non-interrupting messages may come for ever, so the steps are bounded."""
    for _ in range(STEPS):
        if game.state.ended:
            return
        go_on(game, chooser)


def counts(game: Play, how: str) -> Counter[str]:
    return Counter(effect.element for effect in game.all_effects if isinstance(effect, Moved) and effect.how == how)


def check_balance(game: Play) -> None:
    """Whatever was entered is still open, or ended exactly once; whatever waits was announced."""
    check_closed(game)
    if not game.state.ended:
        assert game.waits, "a sound model never gets stuck"


def check_closed(game: Play) -> None:
    entered, completed, canceled = (counts(game, how) for how in ("entered", "completed", "canceled"))
    still_open = entered - completed - canceled
    assert completed + canceled + still_open == entered
    closed = [effect.wait for effect in game.all_effects if isinstance(effect, WaitClosed)]
    assert len(closed) == len(set(closed))
    assert not set(closed) & set(game.waits)
    if game.state.ended:
        assert not still_open
        assert game.waits == {}
        assert isinstance(game.effects[-1], InstanceEnded)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_token_is_lost_or_doubled(data: Any) -> None:
    chooser = Drawn(data)
    generated = generate(chooser)
    assert check(generated.bpmn) == []
    game = begin(generated)
    play_out(game, chooser)
    check_balance(game)
    if generated.visits is not None:
        assert game.state.ended == "completed"
        entered = counts(game, "entered")
        assert {name: entered[name] for name in entered if name not in generated.processes} == generated.visits


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_many_seeded_models_run_as_their_blocks_say(first: int) -> None:
    for seed in range(first, first + 50):
        chooser = Seeded(seed)
        generated = generate(chooser)
        game = begin(generated)
        play_out(game, chooser)
        check_balance(game)
        if generated.visits is not None:
            entered = counts(game, "entered")
            assert {name: entered[name] for name in entered if name not in generated.processes} == generated.visits


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_replaying_the_stored_commands_gives_the_identical_state(data: Any) -> None:
    chooser = Drawn(data)
    game = begin(generate(chooser))
    play_out(game, chooser)
    stored = [json.dumps(commands.to_json(command)) for command in game.commands]
    state: State | None = None
    for text in stored:
        state = execute(game.programs, state, commands.from_json(json.loads(text))).state
    assert state is not None
    assert json.dumps(state.to_json()) == json.dumps(game.state.to_json())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_cancelling_at_any_time_leaves_nothing_open(data: Any) -> None:
    chooser = Drawn(data)
    game = begin(generate(chooser))
    for _ in range(chooser.integer(0, 8)):
        if not game.state.ended:
            go_on(game, chooser)
    if not game.state.ended:
        game.do(commands.Cancel(game.at, "zurückgezogen"))
        assert (game.state.ended, game.waits) == ("canceled", {})
        check_balance(game)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_same_choices_give_the_same_model_and_effects(data: Any) -> None:
    seed = data.draw(st.integers(0, 10_000))
    one, two = begin(generate(Seeded(seed))), begin(generate(Seeded(seed)))
    assert one.all_effects == two.all_effects
