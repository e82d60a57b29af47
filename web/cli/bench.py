"""`amtsweg bench [--json]`: what a durable step costs here, beside the limits of the databases.

`amtsweg bench feel [--json]`: what decisions and expressions cost, beside other engines.

`amtsweg bench http [--json]`: what people wait for: sending forms while letters are drawn, and pages.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import click

from web.bench import databases, feel, feel_report, http, http_report, inbox, measure, report
from web.bench.databases import Target
from web.bench.postgres import NotInstalled
from web.bench.report import Report

_DATABASES: dict[str, Callable[[], AbstractContextManager[Target]]] = {
    "sqlite": databases.sqlite,
    "postgresql": databases.postgresql,
}


@click.group("bench", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--database", "names", multiple=True, type=click.Choice(sorted(_DATABASES)), help="Only this database.")
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(1, 1000), help="Interleaved rounds.")
@click.option("--processes", multiple=True, type=click.IntRange(1, 16), default=(1, 2), show_default=True)
@click.pass_context
def command(
    ctx: click.Context, *, as_json: bool, names: tuple[str, ...], rounds: int, processes: tuple[int, ...]
) -> None:
    """Measure durable steps of a realistic process on throw-away databases, and the inbox with 100,000 tasks.

    Ratios to the yardsticks are what to look at: absolute figures are those of this machine at this moment. Goals that
    are not met are marked; the exit code is 0 all the same.
    """
    if ctx.invoked_subcommand is not None:
        return
    results, statements, inboxes, missing = [], {}, [], []
    for name in names or tuple(_DATABASES):
        try:
            with _DATABASES[name]() as target:
                statements[name] = measure.statements_per_step(target)
                results += [measure.measure(target, processes=number, rounds=rounds) for number in processes]
                inboxes.append(inbox.measure(target))
        except NotInstalled as error:
            missing.append(f"{name}: {error.__doc__}")
    found = Report(results, statements, inboxes, missing)
    click.echo(json.dumps(report.to_json(found), indent=2) if as_json else report.to_text(found))


@command.command("feel")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--rounds", default=100, show_default=True, type=click.IntRange(1, 10_000), help="Interleaved rounds.")
def feel_command(*, as_json: bool, rounds: int) -> None:
    """Measure decision tables and expressions, beside SpiffWorkflow's tables and feelin in Node where it is installed.

    Goals that are not met are marked; the exit code is 0 all the same.
    """
    found = feel.measure(rounds=rounds)
    click.echo(json.dumps(feel_report.to_json(found), indent=2) if as_json else feel_report.to_text(found))


@command.command("http")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--submits", default=400, show_default=True, type=click.IntRange(8, 100_000), help="Drafts to send.")
@click.option("--tasks", default=inbox.TASKS, show_default=True, type=click.IntRange(100, 1_000_000))
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 16), help="Web processes.")
def http_command(*, as_json: bool, submits: int, tasks: int, processes: int) -> None:
    """Measure the real server on a throw-away PostgreSQL: forms sent with a worker beside it, pages, memory.

    Goals that are not met are marked; the exit code is 0 all the same.
    """
    try:
        found = http.measure(submits=submits, tasks=tasks, processes=processes)
    except NotInstalled as error:
        raise click.ClickException(f"postgresql: {error.__doc__}") from error
    click.echo(json.dumps(http_report.to_json(found), indent=2) if as_json else http_report.to_text(found))
