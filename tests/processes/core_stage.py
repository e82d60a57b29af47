"""Plays scenarios on the pure core: states in memory, connectors simulated. Only for tests of scenarios and data."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from engine.catalog import CITIZEN, Procedure
from engine.catalog.bestand import BestandKind
from engine.errors import NotAllowed
from engine.feel.values import Value
from engine.law import (
    Block,
    Channel,
    Facts,
    Office,
    berlin_date,
    day_after,
    legal_basis,
    legal_blocks,
    next_working_day,
    norms,
    period_end,
    remedy_period,
    served,
)
from engine.letters import Head, Sender, compose
from engine.runtime import execute
from engine.runtime.commands import Command, CompleteJob, CompleteTask, DeliverMessage, FireTimer, Start
from engine.runtime.effects import FlowTaken, JobRequested, MessageExpected, Moved, TaskOpened, TimerSet, WaitClosed
from engine.runtime.state import State
from engine.scenarios.stage import Moves, StageLetter, StageTask, plain_text
from storage.models.vorgang import Kanal


class CoreStage:
    """One case; whoever completed a task before may not complete one that needs a second person."""

    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure
        self.programs = {program.hash: program for program in procedure.programs.values()}
        self.state: State | None = None
        self.given: list[Command] = []
        self.waiting: dict[str, TaskOpened | JobRequested | TimerSet | MessageExpected] = {}
        self.done: list[Moves] = []
        self.made: list[StageLetter] = []
        self.actors: set[str] = set()
        self.asked: list[list[str]] = []
        self.due_on = date.min
        self.bestand: Sequence[Value] = ()

    def take_over(self, values: Mapping[str, Value], bestand: Sequence[Value], *, at: datetime) -> None:
        self.bestand = bestand

    def start(self, values: Mapping[str, Value], *, channel: Kanal, signed_in: bool, at: datetime) -> None:
        wanted = values.get("bekanntgabe_kanal")
        vorgang = {
            "aktenzeichen": "20.31-2026-000001-7",
            "eingegangen_am": berlin_date(at),
            "kanal": channel.value,
            "angemeldet": signed_in,
            "bekanntgabe_kanal": wanted if signed_in else "brief",
        }
        context = {**values, "vorgang": vorgang}
        variables = {
            name: expression.evaluate(context, now=at).value
            for name, expression in self.procedure.start_variables.items()
        }
        bindings = {key: program.hash for key, program in self.procedure.programs.items()}
        self._do(
            Start(self.procedure.process.hash, at.astimezone(UTC), {**variables, "vorgang": vorgang}, bindings=bindings)
        )

    def pass_time(self, at: datetime) -> None:
        while True:
            due = [
                (waiting.due_at if isinstance(waiting, TimerSet) else at, wait, waiting)
                for wait, waiting in self.waiting.items()
                if isinstance(waiting, JobRequested) or (isinstance(waiting, TimerSet) and waiting.due_at <= at)
            ]
            if not due:
                return
            moment, wait, waiting = min(due, key=lambda one: (one[0], one[1]))
            if isinstance(waiting, TimerSet):
                self._do(FireTimer(wait, moment))
            else:
                self._do(CompleteJob(wait, at.astimezone(UTC), self._connector(waiting, at)))

    def open_tasks(self) -> Sequence[StageTask]:
        return [
            StageTask(wait, opened.element, opened.form_key, opened.candidate_groups, opened.inputs)
            for wait, opened in self.waiting.items()
            if isinstance(opened, TaskOpened)
        ]

    def complete(self, task: StageTask, values: Mapping[str, Value], *, by: str, at: datetime) -> None:
        opened = self.waiting[task.id]
        assert isinstance(opened, TaskOpened)
        who = by or ("citizen" if CITIZEN in task.candidate_groups else task.candidate_groups[0])
        if opened.properties.get("zweite_person") == "true" and who in self.actors:
            raise NotAllowed("second_person_needed")
        self.actors.add(who)
        self._do(CompleteTask(task.id, at.astimezone(UTC), values))

    def answer(self, task: StageTask, texts: Sequence[str], *, at: datetime) -> None:
        for punkt, text in zip(self.asked, texts, strict=False):
            if text and punkt[1] == "angabe":
                punkt[2] = text
        if all(punkt[2] for punkt in self.asked):
            self.complete(task, {}, by="", at=at)

    def extend(self, task: StageTask, day: date, *, by: str, at: datetime) -> None:
        (wait,) = (name for name, one in self.waiting.items() if isinstance(one, MessageExpected))
        self._do(DeliverMessage(wait, at.astimezone(UTC), self._due(next_working_day(day, "DE-HE"))))

    def moves(self) -> Sequence[Moves]:
        return self.done

    def commands(self) -> Sequence[Command]:
        return self.given

    def variables(self) -> Mapping[str, Value]:
        assert self.state is not None
        return self.state.variables()

    def letters(self) -> Sequence[StageLetter]:
        return self.made

    def _do(self, command: Command) -> None:
        outcome = execute(self.programs, self.state, command)
        self.state = outcome.state
        self.given.append(command)
        for effect in outcome.effects:
            match effect:
                case TaskOpened() | JobRequested() | TimerSet() | MessageExpected():
                    self.waiting[effect.wait] = effect
                case WaitClosed(wait=wait):
                    self.waiting.pop(wait, None)
        self.done.append(
            Moves(
                [effect.element for effect in outcome.effects if isinstance(effect, Moved) and effect.how == "entered"],
                [effect.flow for effect in outcome.effects if isinstance(effect, FlowTaken)],
                [effect.element for effect in outcome.effects if isinstance(effect, TaskOpened)],
            )
        )

    def _connector(self, job: JobRequested, at: datetime) -> dict[str, Value]:
        inputs = job.inputs
        match job.topic:
            case "bescheid.erzeugen":
                self.made.append(StageLetter(str(inputs["vorlage"]), self._letter(inputs, at)))
                return {"verwaltungsakt": "va-1", "dokument": "dok-1"}
            case "rueckfrage.stellen":
                punkte, wanted = inputs["punkte"], inputs["frist_am"]
                assert isinstance(punkte, list)
                assert isinstance(wanted, date)
                self.asked = [[str(one["text"]), str(one["art"]), ""] for one in punkte if isinstance(one, dict)]
                due = self._due(next_working_day(wanted, "DE-HE"))
                self.made.append(StageLetter(str(inputs["vorlage"]), self._question({**inputs, **due}, at)))
                return {"rueckfrage": "rf-1", **due, "erinnern_timer": day_after(self.due_on) + timedelta(days=5)}
            case "rueckfrage.erinnern":
                due = self._due(period_end(self.due_on, "2 Wochen", verfahrensrecht="AO/KAG").ends_on)
                text = {"text": inputs["folge"]}
                self.made.append(StageLetter(str(inputs["vorlage"]), self._question({**inputs, **text, **due}, at)))
                return due
            case "rueckfrage.abschliessen":
                missing = [punkt[1] for punkt in self.asked if not punkt[2]]
                return {
                    "offen_nachweise": Decimal(missing.count("nachweis")),
                    "offen_angaben": Decimal(missing.count("angabe")),
                    "antworten": " ".join(punkt[2] for punkt in self.asked),
                }
            case "nachricht.senden" if "vorlage" in inputs:
                self.made.append(StageLetter(str(inputs["vorlage"]), self._letter(inputs, at)))
                return {"nachricht": "n-1"}
            case "bekanntgabe.bereitstellen":
                given: dict[str, Value] = {"bekanntgabe": "bg-1", "kanal": inputs["kanal"]}
                if inputs["kanal"] == "brief":
                    return given
                return {**given, **self._served(Channel.PORTAL_ABRUF, berlin_date(at))}
            case "bekanntgabe.versandt":
                sent = inputs["abgesandt_am"]
                assert isinstance(sent, date)
                return self._served(Channel.BRIEF, sent)
            case "bestand.lesen":
                return {"bestand": self._bestand(str(inputs["art"]), inputs.get("kassenzeichen"))}
            case _:
                return {}

    def _bestand(self, art: str, number: Value) -> Value:
        """The root object and what hangs on it, as `bestand.lesen` gives them where nothing was written meanwhile."""
        declared = self.procedure.bestand
        assert declared is not None
        kinds = {kind.key: kind for kind in declared.kinds}
        given = [one for one in self.bestand if isinstance(one, dict)]
        found = [one for one in given if one["art"] == art and number in (None, "", one["nummer"])]
        context: dict[str, Value] = {"gefunden": bool(found), "person_passt": True if found else None}
        context[art] = self._entry(kinds[art], found[0]) if found else None
        for child in declared.children(art):
            hanging = [one for one in given if one["art"] == child.key] if found else []
            context[child.plural] = [self._entry(child, one) for one in hanging]
        return context

    def _entry(self, kind: BestandKind, one: Mapping[str, Value]) -> Value:
        fields = one["felder"]
        assert isinstance(fields, dict)
        named = {"id": str(one["nummer"]), "nummer": one["nummer"], "gueltig_ab": one["gueltig_ab"]}
        return {**named, "gueltig_bis": None, **{field.key: fields.get(field.key) for field in kind.fields}}

    def _due(self, day: date) -> dict[str, Value]:
        self.due_on = day
        return {"frist_am": day, "frist_timer": day_after(day)}

    def _question(self, inputs: Mapping[str, Value], at: datetime) -> str:
        lines = [f"{number}. {punkt[0]}" for number, punkt in enumerate(self.asked, 1)]
        return self._letter({**inputs, "text": " ".join([str(inputs["text"]), *lines])}, at)

    def _letter(self, inputs: Mapping[str, Value], at: datetime) -> str:
        facts, template = self.procedure.facts, str(inputs["vorlage"])
        today = berlin_date(at)
        letter = compose(
            self.procedure.letters[template],
            name=template,
            head=Head(
                Sender("Stadt Beispiel", "Amt", "Weg 1", "12345 Ort"), ("Mira Beispiel",), "20.31-2026-000001-7", today
            ),
            data={name: value for name, value in inputs.items() if name not in ("art", "vorlage")},
            blocks=self._blocks(str(inputs.get("art", "")), today),
            norms=norms(facts.code, jurisdiction=facts.jurisdiction, on=today),
        )
        return plain_text(letter.html)

    def _blocks(self, kind: str, today: date) -> Sequence[Block]:
        facts = self.procedure.facts
        basis = [basis.norm for basis in facts.legal_basis]
        if facts.remedy_of(kind) is None:
            return [legal_basis(basis)]
        return legal_blocks(
            Office("Stadt Beispiel", "Weg 1, 12345 Ort"),
            verfahrensrecht=facts.code,
            jurisdiction=facts.jurisdiction,
            on=today,
            basis=basis,
            abgabe=facts.abgabe.art.value if facts.abgabe else None,
        )

    def _served(self, channel: Channel, on: date) -> dict[str, Value]:
        facts = self.procedure.facts
        law_facts = Facts(posted_on=on, provided_on=on, notified_on=on, consent=True)
        at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        given = served(facts.code, channel, law_facts, jurisdiction=facts.jurisdiction, at=at)
        if given.served_on is None:
            return {"bekanntgegeben_am": None, "frist_ende": None, "frist_timer": None}
        frist = remedy_period(given, verfahrensrecht=facts.code, jurisdiction=facts.jurisdiction)
        return {"bekanntgegeben_am": given.served_on, "frist_ende": frist.ends_on, "frist_timer": frist.over_at}
