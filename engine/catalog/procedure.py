"""A procedure, ready to work: everything in its folder read, checked and compiled once."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from engine.bpmn import gate
from engine.bpmn.findings import Finding as ModelFinding
from engine.bpmn.findings import ModelRefused
from engine.bpmn.nodes import Program
from engine.bpmn.program import compile_program
from engine.bpmn.reader import Model, read_bpmn
from engine.catalog import references
from engine.catalog.bestand import Bestand, read_bestand
from engine.catalog.facts import Facts, read_facts
from engine.catalog.findings import Finding, Findings, errors
from engine.catalog.folder import BESTAND, BLOCKS, FACTS, SCENARIOS, Files, check_files, manifest_sha256
from engine.catalog.search import Entry
from engine.catalog.texts import GERMAN, check_texts, read_texts
from engine.dmn import Decision, DecisionModel, check_model, inspect_dmn
from engine.dmn import ModelRefused as DmnRefused
from engine.dmn import Severity as TableSeverity
from engine.dmn.findings import Finding as DecisionFinding
from engine.errors import Refused
from engine.feel import Expression, FeelSyntaxError, Scope
from engine.language import SCOPE, parse_expression, scope_of
from engine.law import foreign_norms
from engine.letters import LetterRefused, check_template
from forms.model import Form
from forms.schema import FormRefused, load_form
from forms.texts import Texts

CITIZEN = "antragsteller"
"""The candidate group of tasks for the citizen: a role of the Vorgang, not of the staff."""


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A task for people as the model has it; `properties` are the modeller's (`zweite_person`, `vorschau`, ...)."""

    id: str
    name: str
    form_key: str | None
    candidate_groups: tuple[str, ...]
    lane: str | None
    properties: Mapping[str, str]

    @property
    def for_citizen(self) -> bool:
        return CITIZEN in self.candidate_groups


@dataclass(frozen=True, eq=False)
class Procedure:
    """One version of a procedure.

    `files` are the folder's bytes, `programs` the processes of its models by id (`process` is the main one). `texts`
    are by language, `conditions` those of `parts` by step, `bestand` is what it works on, its own or another's.
    `notes` are findings that refuse nothing, such as missing translations.
    """

    facts: Facts
    files: Files
    manifest_sha256: bytes
    programs: Mapping[str, Program]
    decisions: Mapping[str, Decision]
    forms: Mapping[str, Form]
    letters: Mapping[str, str]
    texts: Mapping[str, Texts]
    start_variables: Mapping[str, Expression]
    conditions: Mapping[str, Expression]
    bestand: Bestand | None = None
    notes: tuple[Finding, ...] = field(default=(), repr=False)

    @property
    def key(self) -> str:
        return self.facts.key

    @property
    def title(self) -> str:
        return self.facts.title

    @property
    def scope(self) -> Scope:
        """What its expressions may call."""
        return _scope(self.facts)

    @property
    def process(self) -> Program:
        return self.programs[self.facts.key]

    @property
    def start_form(self) -> Form:
        return self.forms[self.facts.start.form]

    @cached_property
    def user_tasks(self) -> Mapping[str, TaskKind]:
        """All tasks for people by element id."""
        return {
            task.id: TaskKind(
                task.id, task.name, task.form_key, task.candidate_groups, task.lane, program.node(task.id).properties
            )
            for program in self.programs.values()
            for task in program.user_tasks
        }

    def text(self, key: str, *, language: str = GERMAN) -> str:
        """Return the text in this language, else in German, else "" ."""
        own = self.texts.get(language)
        return (own.find(key) if own else "") or self.texts[GERMAN].find(key)

    def stage_of(self, element_id: str) -> str | None:
        """Return the key of the stage to which an element belongs."""
        return next((stage.key for stage in self.facts.stages if element_id in stage.elements), None)

    def entry(self) -> Entry:
        """Return what a search looks at, in all languages."""
        words = [texts.find(key) for texts in self.texts.values() for key in ("leistung.titel", "leistung.kurz")]
        return Entry(self.key, self.title, self.facts.phrases, (*filter(None, words), self.facts.office.name))


def load(files: Files, *, folder: str, topics: Collection[str] | None = None) -> Procedure:
    """Read and check the files of a procedure; raises Refused with everything that is wrong.

    `folder` is the folder's name. `topics` are the connectors that this house offers; a topic beyond them is a note
    (an external worker may take it), without `topics` nothing is said.
    """
    procedure, found = inspect(files, folder=folder, topics=topics)
    if procedure is None:
        raise Refused("procedure_refused", errors(found), folder=folder)
    return procedure


def inspect(
    files: Files, *, folder: str, topics: Collection[str] | None = None
) -> tuple[Procedure | None, list[Finding]]:
    """Like `load`, but gives all findings, notes too; the procedure is None when there are errors."""
    found: list[Finding] = []
    procedure, models = _built(files, folder, found)
    if procedure is None:
        return None, found
    for name, model in models.items():
        _check_tables(model, Findings(name, found))
    if not errors(found):  # references only make sense between files that could be read
        parts = references.Parts(
            procedure.facts,
            procedure.programs,
            procedure.forms,
            procedure.letters,
            procedure.start_variables,
            procedure.conditions,
        )
        found += references.check(parts, topics)
        found += check_texts(procedure.texts, procedure.facts, _citizen_forms(procedure), _citizen_tasks(procedure))
    if SCENARIOS not in files:
        message = "Es gibt keine Szenarien. Eine Leistung ohne Szenarien ist nicht fertig."
        Findings(SCENARIOS, found).note("", "no_scenarios", message)
    if errors(found):
        return None, found
    return replace(procedure, notes=tuple(found)), found


def reopen(files: Files, *, folder: str) -> Procedure:
    """Build a version as it was deployed; raises Refused when this release cannot execute it any more.

    What was judged at its deployment (overlaps, references, texts) is not judged again: a stricter check must not
    shut out cases that run.
    """
    found: list[Finding] = []
    procedure, _ = _built(files, folder, found)
    if procedure is None or errors(found):
        raise Refused("procedure_refused", errors(found), folder=folder)
    return procedure


def _built(files: Files, folder: str, found: list[Finding]) -> tuple[Procedure | None, dict[str, DecisionModel]]:
    """The procedure of the files that could be read, and its decision models by file, each without findings."""
    found += check_files(files)
    facts = read_facts(files[FACTS], folder=folder, findings=Findings(FACTS, found)) if FACTS in files else None
    scope = _scope(facts)
    decisions, models = _decisions(files, scope, found)
    programs = _programs(files, decisions, _fingerprint(files, facts), scope, found)
    forms = _forms(files, scope, found)
    letters = _letters(files, facts, found)
    if facts is None:
        return None, models
    texts = read_texts(files, facts, found)
    variables = _start_variables(facts, scope, found)
    conditions = _conditions(facts, scope, found)
    bestand = read_bestand(files, folder=facts.key, numbers=facts.numbers, findings=Findings(BESTAND, found))
    procedure = Procedure(
        facts=facts,
        files=files,
        manifest_sha256=manifest_sha256(files),
        programs=programs,
        decisions=decisions,
        forms=forms,
        letters=letters,
        texts=texts,
        start_variables=variables,
        conditions=conditions,
        bestand=bestand,
    )
    return procedure, models


def _scope(facts: Facts | None) -> Scope:
    """What the folder's expressions may call: the law's functions take the place from `procedure.toml`."""
    return SCOPE if facts is None else scope_of(facts.jurisdiction, facts.verfahrensrecht)


def _decisions(
    files: Files, scope: Scope, found: list[Finding]
) -> tuple[dict[str, Decision], dict[str, DecisionModel]]:
    """All decisions of the folder by id, and the models that were not refused; DMN files may import each other."""
    sources = {name: files[name] for name in _named(files, ".dmn") if _is_dmn(files[name], Findings(name, found))}
    models, refused = inspect_dmn(sources, library=scope.library)
    decisions: dict[str, Decision] = {}
    for name, model in models.items():
        findings = Findings(name, found)
        _refuse_all(findings, refused[name])
        for decision_id in decisions.keys() & model.decisions.keys():
            findings.refuse(decision_id, "duplicate_decision", f"Die Entscheidung „{decision_id}“ gibt es zweimal.")
        decisions |= model.decisions
    return decisions, {name: model for name, model in models.items() if not refused[name]}


def _check_tables(model: DecisionModel, findings: Findings) -> None:
    """Overlaps under UNIQUE and unknown names refuse; a gap may be meant and is only told."""
    for finding in check_model(model):
        place = f"Zeile {finding.line}"
        if finding.severity is TableSeverity.ERROR:
            findings.refuse(place, finding.code, f"{finding.message_de}.")
        else:
            findings.note(place, finding.code, f"{finding.message_de}.")


def _is_dmn(data: bytes, findings: Findings) -> bool:
    try:
        inspect_dmn({findings.file: data})
    except DmnRefused as refused:
        _refuse_all(findings, refused.findings)
        return False
    return True


def _programs(
    files: Files, decisions: Mapping[str, Decision], fingerprint: str, scope: Scope, found: list[Finding]
) -> dict[str, Program]:
    programs: dict[str, Program] = {}
    for name in _named(files, ".bpmn"):
        findings = Findings(name, found)
        model = _model(files[name], name, findings)
        refused = gate.check(model, name=name, decisions=decisions) if model else []
        _refuse_all(findings, refused)
        if model is None or refused:
            continue
        for process_id, program in _compiled(model, decisions, fingerprint, scope, findings):
            if process_id in programs:
                findings.refuse(process_id, "duplicate_process", f"Den Prozess „{process_id}“ gibt es zweimal.")
            programs[process_id] = program
    return programs


def _model(data: bytes, name: str, findings: Findings) -> Model | None:
    try:
        return read_bpmn(data, name=name)
    except ModelRefused as refused:
        _refuse_all(findings, refused.findings)
        return None


def _fingerprint(files: Files, facts: Facts | None) -> str:
    """Stands for the decisions, so that a program whose tables changed is another program.

    Where a model asks the law, the same file is another program in another place.
    """
    decisions = {name: files[name] for name in _named(files, ".dmn")}
    models = [*decisions.values(), *(files[name] for name in _named(files, ".bpmn"))]
    fingerprint = manifest_sha256(decisions).hex()
    if facts and any(b"law." in data for data in models):
        return f"{fingerprint} {facts.jurisdiction} {facts.verfahrensrecht}"
    return fingerprint


def _compiled(
    model: Model, decisions: Mapping[str, Decision], fingerprint: str, scope: Scope, findings: Findings
) -> Iterator[tuple[str, Program]]:
    for process in model.executable():
        try:
            program = compile_program(model, process.id or "", decisions, fingerprint=fingerprint, scope=scope)
            yield process.id or "", program
        except ModelRefused as refused:
            _refuse_all(findings, refused.findings)


def _refuse_all(findings: Findings, refused: Iterable[ModelFinding | DecisionFinding]) -> None:
    for finding in refused:
        line = f"Zeile {finding.line}" if finding.line else ""
        label = finding.element_name or finding.element_id
        place = ", ".join(part for part in (line, f"„{label}“" if label else "") if part)
        findings.refuse(place, finding.code, finding.message_de)


def _forms(files: Files, scope: Scope, found: list[Finding]) -> dict[str, Form]:
    """The forms of the folder by file name, and the shared ones behind them."""
    blocks = {name.removeprefix(BLOCKS).removesuffix(".form"): files[name] for name in files if name.startswith(BLOCKS)}
    forms = {}
    for path in sorted((name for name in files if name.endswith(".form")), key=_own_last):
        findings = Findings(path, found)
        name = path.removeprefix(BLOCKS)
        try:
            forms[name] = load_form(files[path], name=name, blocks=blocks, functions=scope)
        except FormRefused as refused:
            for finding in refused.findings:
                findings.refuse(finding.key or finding.component_id, finding.code, finding.message)
    return forms


def _own_last(path: str) -> tuple[bool, str]:
    return not path.startswith(BLOCKS), path


def _letters(files: Files, facts: Facts | None, found: list[Finding]) -> dict[str, str]:
    letters = {}
    for name in _named(files, ".html"):
        findings = Findings(name, found)
        try:
            letters[name] = files[name].decode("utf-8")
            check_template(letters[name], name=name)
        except UnicodeDecodeError:
            findings.refuse("", "not_utf8", "Die Datei ist nicht in UTF-8 gespeichert. Speichern Sie sie in UTF-8.")
        except LetterRefused as refused:
            line = refused.details.get("line")
            findings.refuse(f"Zeile {line}" if line else "", refused.code, str(refused.details["message"]))
        else:
            for cited in foreign_norms(letters[name], facts.jurisdiction) if facts else ():
                findings.refuse("", "foreign_norm", f"Der Brief nennt ein fremdes Gesetz: {cited}.")
    return letters


def _start_variables(facts: Facts | None, scope: Scope, found: list[Finding]) -> dict[str, Expression]:
    texts = {} if facts is None else facts.start.variables
    return _expressions({f"start.variables.{name}": (name, text) for name, text in texts.items()}, scope, found)


def _conditions(facts: Facts | None, scope: Scope, found: list[Finding]) -> dict[str, Expression]:
    parts = () if facts is None else facts.parts
    return _expressions({f"parts.{part.step}": (part.step, part.when) for part in parts}, scope, found)


def _expressions(texts: Mapping[str, tuple[str, str]], scope: Scope, found: list[Finding]) -> dict[str, Expression]:
    """The FEEL of `procedure.toml` by key; `texts` are key and text by their place in the file."""
    findings = Findings(FACTS, found)
    expressions = {}
    for place, (key, text) in texts.items():
        try:
            expressions[key] = parse_expression(text, scope)
        except FeelSyntaxError as error:
            findings.refuse(place, "bad_expression", f"Das ist kein gültiger FEEL-Ausdruck: {error}")
    return expressions


def _named(files: Files, ending: str) -> list[str]:
    return sorted(name for name in files if name.endswith(ending) and not name.startswith(BLOCKS))


def _citizen_tasks(procedure: Procedure) -> list[str]:
    return [task.id for task in procedure.user_tasks.values() if task.for_citizen]


def _citizen_forms(procedure: Procedure) -> list[Form]:
    tasks = (task for task in procedure.user_tasks.values() if task.for_citizen)
    names = dict.fromkeys([procedure.facts.start.form, *(task.form_key for task in tasks if task.form_key)])
    return [procedure.forms[name] for name in names if name in procedure.forms]
