"""For the second person: what was declared and what became of it, field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.catalog import GERMAN
from engine.submissions import Submission
from forms.summary import Answer, summarise
from forms.validate import Given, files_in


@dataclass(frozen=True, slots=True)
class Row:
    """A field that was declared and checked. `before` and `after` are texts as people read them."""

    label: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after

    @property
    def pair(self) -> tuple[str, str]:
        return self.label, self.after


@dataclass(frozen=True, slots=True)
class Draft:
    """What a task before this one was completed with."""

    name: str
    actor_id: str
    at: datetime
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`rows`: fields of the start form that a later task took up; `drafts`: all other values, task by task."""

    rows: tuple[Row, ...]
    drafts: tuple[Draft, ...]

    @property
    def changed(self) -> list[Row]:
        return [row for row in self.rows if row.is_changed]

    @property
    def unchanged(self) -> list[Row]:
        return [row for row in self.rows if not row.is_changed]


def compare(sent: Sequence[Submission], *, at: datetime) -> Comparison:
    """Compare the start form with the last word on each of its fields; `sent` begins with the start form."""
    declared = answers_of(sent[0], at=at)
    comparable = {_place(name) for name in declared}
    checked: dict[str, Answer] = {}
    drafts = []
    for submission in sent[1:]:
        answers = answers_of(submission, at=at)
        again = {_place(name) for name in answers}
        checked = {name: answer for name, answer in checked.items() if _place(name) not in again}
        checked |= {name: answer for name, answer in answers.items() if _place(name) in comparable}
        own = tuple(answer for name, answer in answers.items() if _place(name) not in comparable)
        if own:
            drafts.append(Draft(submission.name, submission.actor_id, submission.at, own))
    taken_up = {_place(name) for name in checked}
    before = {name: answer for name, answer in declared.items() if _place(name) in taken_up}
    rows = tuple(_row(before.get(name), checked.get(name)) for name in before | checked)
    return Comparison(rows, tuple(drafts))


def answers_of(submission: Submission, *, at: datetime) -> dict[str, Answer]:
    """Return the answers of a form by the names of its fields; labels in rows say which row."""
    if submission.form is None:
        return {}
    given = Given(now=at, files=files_in(submission.form, submission.values))
    pages = summarise(submission.form, submission.values, given, submission.procedure.texts[GERMAN])
    return {
        answer.name: Answer(
            name=answer.name,
            label=f"{section.title}: {answer.label}" if _place(answer.name) != answer.name else answer.label,
            text=answer.text,
            given=answer.given,
        )
        for page in pages
        for section in page.sections
        for answer in section.answers
    }


def _row(before: Answer | None, after: Answer | None) -> Row:
    label = before.label if before else after.label if after else ""
    return Row(label, before.text if before else "nicht angegeben", after.text if after else "gestrichen")


def _place(name: str) -> str:
    """A field's name without the number of its row: "hunde-*-name" for "hunde-0-name"."""
    return "-".join("*" if part.isdigit() else part for part in name.split("-"))
