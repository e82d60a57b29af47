from decimal import Decimal

import pytest

from engine.dmn import ModelRefused, inspect_dmn, read_dmn, read_dmn_files
from engine.dmn.reader import NAMESPACES
from engine.feel import value_of
from tests.dmn_factory import NOW, decision, definitions, inputs, literal, needs_decision, needs_input, table


def evaluate(body: str, given: dict[str, object], *, decision_id: str = "d"):
    model = read_dmn(definitions(body), name="test.dmn")
    return model.decisions[decision_id].evaluate(value_of(given), now=NOW)


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_every_version_of_the_standard_is_read(namespace):
    model = read_dmn(definitions(decision("A", literal("1 + 1")), namespace=namespace), name="test.dmn")
    assert model.decisions["d"].evaluate({}, now=NOW).value == Decimal(2)


def test_required_decisions_are_made_first_and_stand_in_the_trace():
    body = (
        inputs("Anzahl der Hunde")
        + decision(
            "Satz", table(["Anzahl der Hunde"], [["1", "120"], ["> 1", "180"]]), needs=needs_input(0), element_id="satz"
        )
        + decision("Steuer in EUR", literal("Satz / 2"), needs=needs_decision("satz"))
    )
    result = evaluate(body, {"Anzahl der Hunde": 3})
    assert result.value == Decimal(90)
    assert result.sentence == "Ergebnis: 90,00 EUR, berechnet aus Satz = 180"
    assert result.trace.sentences() == [
        "Satz: Regel 2 gilt, weil Anzahl der Hunde = 3 (über 1); Ergebnis: 180",
        "Steuer in EUR: Ergebnis: 90,00 EUR, berechnet aus Satz = 180",
    ]
    assert [step["decision"] for step in result.trace.to_json()["required"]] == ["satz"]


def test_a_decision_sees_only_what_it_requires():
    result = evaluate(inputs("a", "b") + decision("D", literal("b"), needs=needs_input(0)), {"a": 1, "b": 2})
    assert result.value is None
    assert "„b“ gibt es hier nicht" in result.diagnostics[0].reason
    assert result.diagnostics[0].where == "Entscheidung „D“"


def test_a_model_without_input_data_sees_everything_given():
    assert evaluate(decision("D", literal("Anzahl der Hunde * 2")), {"Anzahl der Hunde": 2}).value == Decimal(4)


def test_the_trace_holds_only_what_a_decision_names():
    result = evaluate(decision("D", literal("hunde[alter > grenze].name")), {"hunde": [], "grenze": 1, "geheim": "x"})
    assert {name for name, _ in result.trace.inputs} == {"hunde", "grenze"}


def test_a_result_names_the_inputs_that_were_not_given():
    logic = table(["art"], [["-", "1"]])
    body = inputs("art", "egal") + decision("D", logic, needs=needs_input(0))
    assert evaluate(body, {}).missing_inputs == ("art",)
    assert evaluate(body, {"art": None}).missing_inputs == ()
    assert evaluate(decision("D", logic), {}).missing_inputs == ("art",)
    assert evaluate(decision("D", table(["art"], [["ja", "1"]])), {"art": "ja"}).missing_inputs == ("ja",)


def test_a_missing_or_wrong_input_is_null_with_a_reason():
    body = inputs("a").replace('<variable name="a"/>', '<variable name="a" typeRef="number"/>')
    body += decision("D", literal("a"), needs=needs_input(0))
    assert "Die Eingabe „a“ fehlt" in evaluate(body, {}).diagnostics[0].reason
    assert "passt nicht" in evaluate(body, {"a": "x"}).diagnostics[0].reason
    assert evaluate(body, {"a": [1]}).value == Decimal(1)


def test_a_long_chain_of_decisions_needs_no_recursion():
    body = decision("D0", literal("1"), element_id="d0")
    for number in range(1, 1500):
        body += decision(
            f"D{number}", literal(f"D{number - 1} + 1"), needs=needs_decision(f"d{number - 1}"), element_id=f"d{number}"
        )
    assert evaluate(body, {}, decision_id="d1499").value == Decimal(1500)


_TYPES = """
<itemDefinition name="tArt"><typeRef>string</typeRef>
  <allowedValues><text>"ja", "nein"</text></allowedValues></itemDefinition>
<itemDefinition name="tHund"><itemComponent name="Art des Hundes"><typeRef>tArt</typeRef></itemComponent>
  <itemComponent name="alter"><typeRef>number</typeRef></itemComponent></itemDefinition>
<itemDefinition name="tHunde" isCollection="true"><typeRef>tHund</typeRef></itemDefinition>
"""


def test_item_definitions_check_values_and_give_null():
    body = _TYPES + inputs("hunde").replace('name="hunde"/>', 'name="hunde" typeRef="tHunde"/>')
    body += decision("D", literal('count(hunde[Art des Hundes = "ja"])'), needs=needs_input(0))
    assert evaluate(body, {"hunde": [{"Art des Hundes": "ja", "alter": 3}]}).value == Decimal(1)
    assert evaluate(body, {"hunde": {"Art des Hundes": "ja", "alter": 3}}).value == Decimal(1)
    wrong = evaluate(body, {"hunde": [{"Art des Hundes": "vielleicht", "alter": 3}]})
    assert "passt nicht zu ihrem Typ" in wrong.diagnostics[0].reason


def test_a_result_of_the_wrong_type_is_null():
    result = evaluate(decision("D", literal('"zwölf"'), type_ref="number"), {})
    assert result.value is None
    assert "passt nicht zum Typ Zahl" in result.diagnostics[0].reason


def test_business_knowledge_is_called_by_name():
    body = """
    <businessKnowledgeModel id="b" name="halb"><variable name="halb"/><encapsulatedLogic>
      <formalParameter name="wert" typeRef="number"/><literalExpression><text>wert / 2</text></literalExpression>
    </encapsulatedLogic></businessKnowledgeModel>"""
    knows = '<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>'
    assert evaluate(body + decision("D", literal("halb(9)"), needs=knows), {}).value == Decimal("4.5")
    wrong = evaluate(body + decision("D", literal('halb("x")'), needs=knows), {})
    assert wrong.value is None
    assert "Argument „wert“ passt nicht zum Typ Zahl" in wrong.diagnostics[0].reason
    boxed = "<invocation><literalExpression><text>halb</text></literalExpression><binding><parameter name='wert'/>"
    boxed += f"{literal('8')}</binding></invocation>"
    assert evaluate(body + decision("D", boxed, needs=knows), {}).value == Decimal(4)


def test_knowledge_that_calls_itself_for_ever_is_stopped():
    body = """
    <businessKnowledgeModel id="b" name="endlos"><variable name="endlos"/><encapsulatedLogic>
      <formalParameter name="n"/><literalExpression><text>endlos(n + 1)</text></literalExpression>
    </encapsulatedLogic></businessKnowledgeModel>"""
    knows = '<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>'
    result = evaluate(body + decision("D", literal("endlos(1)"), needs=knows), {})
    assert result.value is None
    assert "ruft sich zu oft selbst auf" in result.diagnostics[0].reason


def _entry(name: str, content: str) -> str:
    variable = f"<variable name='{name}'/>" if name else ""
    return f"<contextEntry>{variable}{content}</contextEntry>"


def _context(*entries: str) -> str:
    return f"<context>{''.join(entries)}</context>"


def _loop(kind: str, part: str, body: str) -> str:
    return f"<{kind} iteratorVariable='i'><in>{literal('[1,2]')}</in><{part}>{literal(body)}</{part}></{kind}>"


def _filter(source: str, condition: str) -> str:
    return f"<filter><in>{literal(source)}</in><match>{literal(condition)}</match></filter>"


def _function(parameter: str, body: str, kind: str = "FEEL") -> str:
    return (
        f"<functionDefinition kind='{kind}'><formalParameter name='{parameter}'/>{literal(body)}</functionDefinition>"
    )


_IF = f"<if>{literal('2 > 1')}</if><then>{literal('1')}</then><else>{literal('0')}</else>"
_BOXES = [
    ("<list>" + literal("1") + literal("2") + "</list>", [1, 2]),
    (_context(_entry("a b", literal("2")), _entry("c", literal("a b + 1"))), {"a b": 2, "c": 3}),
    (_context(_entry("a", literal("2")), _entry("", literal("a * 10"))), 20),
    (
        f"<relation><column name='x'/><column name='y'/><row>{literal('1')}{literal('2')}</row></relation>",
        [{"x": 1, "y": 2}],
    ),
    (f"<conditional>{_IF}</conditional>", 1),
    (_filter("[1,2,3]", "item > 1"), [2, 3]),
    (_filter("[{a:1},{a:3}]", "a > 1"), [{"a": 3}]),
    (_loop("for", "return", "i * 2"), [2, 4]),
    (_loop("some", "satisfies", "i > 1"), True),
    (_loop("every", "satisfies", "i > 1"), False),
    (_context(_entry("f", _function("n", "if n = 0 then 1 else n * f(n - 1)")), _entry("", literal("f(5)"))), 120),
]


@pytest.mark.parametrize(("logic", "value"), _BOXES)
def test_boxed_expressions(logic, value):
    result = evaluate(decision("D", logic), {})
    assert result.value == value_of(value)
    assert result.diagnostics == ()


def test_a_decision_service_decides_from_what_it_is_given():
    body = (
        inputs("a")
        + decision("E", literal("a * 10"), needs=needs_input(0), element_id="e")
        + decision("F", literal("E + 1"), needs=needs_decision("e"), element_id="f")
        + '<decisionService id="s" name="Dienst"><variable name="Dienst"/><outputDecision href="#f"/>'
        '<encapsulatedDecision href="#e"/><inputData href="#in_0"/></decisionService>'
        + decision(
            "D",
            literal("Dienst(4)"),
            needs='<knowledgeRequirement><requiredKnowledge href="#s"/></knowledgeRequirement>',
        )
    )
    assert evaluate(body, {"a": 1}).value == Decimal(41)


def test_models_import_each_other_by_namespace():
    base = definitions(_TYPES + decision("Grund betrag", literal("100"), element_id="g"), target="urn:base")
    needs = '<informationRequirement><requiredDecision href="urn:base#g"/></informationRequirement>'
    main = definitions(
        f'<import namespace="urn:base" name="basis" importType="{next(iter(NAMESPACES))}"/>'
        + decision("D", literal("basis.Grund betrag + 1"), needs=needs),
        target="urn:main",
    )
    models = read_dmn_files({"main.dmn": main, "base.dmn": base})
    assert models["main.dmn"].decisions["d"].evaluate({}, now=NOW).value == Decimal(101)
    with pytest.raises(ModelRefused, match="liegt nicht dabei"):
        read_dmn(main, name="main.dmn")


_PYTHON = '<literalExpression expressionLanguage="python"><text>1</text></literalExpression>'
_ENDLESS = (
    "<itemDefinition name='a'><typeRef>b</typeRef></itemDefinition>"
    "<itemDefinition name='b'><typeRef>a</typeRef></itemDefinition>"
)


def test_files_with_the_same_namespace_do_not_mix():
    first = definitions(inputs("a") + decision("A", literal("a + b"), needs=needs_input(0), element_id="a"))
    second = definitions(decision("B", literal("b * 2"), element_id="b"))
    models = read_dmn_files({"first.dmn": first, "second.dmn": second})
    given = value_of({"a": 1, "b": 2})
    assert models["first.dmn"].decisions["a"].evaluate(given, now=NOW).value is None
    assert models["second.dmn"].decisions["b"].evaluate(given, now=NOW).value == Decimal(4)
    read_dmn_files({"first.dmn": first, "again.dmn": first})


def test_a_reference_may_name_the_models_own_namespace():
    body = decision("A", literal("1"), element_id="a") + decision("D", literal("A + 1"), needs=needs_decision("a"))
    data = definitions(body).replace(b'"#a"', b'"urn:test#a"')
    assert read_dmn(data, name="x").decisions["d"].evaluate({}, now=NOW).value == Decimal(2)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no xml", "no_xml"),
        (b"<definitions/>", "no_dmn"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><definitions/>', "doctype"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><definitions/>'.encode("utf-16"), "doctype"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x><definitions/>', "doctype"),
        (b" " * 2_000_001, "too_large"),
        (definitions("<question/>" * 20_001), "too_many_nodes"),
        (definitions("<decision id='d' name='D'>" + "<list>" * 60 + "</list>" * 60 + "</decision>"), "too_deep"),
        (definitions(decision("D", "")), "no_logic"),
        (definitions(decision("D", literal("1") + literal("2"))), "no_logic"),
        (definitions(decision("D", literal("1"), needs=needs_decision("weg"))), "bad_reference"),
        (definitions(decision("D", literal("D"), needs=needs_decision("d"))), "decision_circle"),
        (definitions(decision("D", literal("1")) * 2), "duplicate_id"),
        (definitions(decision("D", literal("1"), type_ref="tWeg")), "unknown_type"),
        (definitions(decision("D", literal("1 ++"))), "feel_syntax"),
        (definitions("<decision id='d' name='D'><magie/></decision>"), "unknown_element"),
        (definitions(decision("D", _PYTHON)), "language"),
        (definitions(_ENDLESS), "endless_type"),
        (definitions("<import namespace='urn:x' name='x' importType='http://www.dmg.org/PMML'/>"), "foreign_import"),
    ],
)
def test_what_is_no_exact_model_is_refused_with_a_reason(data, code):
    with pytest.raises(ModelRefused) as refused:
        read_dmn(data, name="test.dmn")
    assert code in {finding.code for finding in refused.value.findings}
    assert all(finding.message_de for finding in refused.value.findings)


def test_a_circle_of_decisions_is_found_for_each_of_them():
    body = decision("A", literal("B"), needs=needs_decision("b"), element_id="a")
    body += decision("B", literal("A"), needs=needs_decision("a"), element_id="b")
    with pytest.raises(ModelRefused) as refused:
        read_dmn(definitions(body), name="test.dmn")
    assert {finding.element_name for finding in refused.value.findings} == {"A", "B"}


def test_inspection_keeps_what_is_readable():
    models, findings = inspect_dmn({"test.dmn": definitions(decision("D", literal("1 +")))})
    assert [finding.code for finding in findings["test.dmn"]] == ["feel_syntax"]
    result = models["test.dmn"].decisions["d"].evaluate({}, now=NOW)
    assert result.value is None
    assert result.diagnostics[0].where == "Entscheidung „D“"


def test_a_result_that_cannot_be_stored_is_null():
    body = decision("F", literal("function(x) x + 1"), element_id="f")
    body += decision("D", literal("F(1)"), needs=needs_decision("f"))
    assert evaluate(body, {}).value == Decimal(2)
    result = evaluate(body, {}, decision_id="f")
    assert result.value is None
    assert "enthält eine Funktion" in result.diagnostics[0].reason
    assert result.trace.to_json()["value"] == "function"


def test_foreign_functions_give_null_and_say_why():
    logic = _context(_entry("f", _function("x", "x", kind="Java")), _entry("", literal("f(1)")))
    result = evaluate(decision("D", logic), {})
    assert result.value is None
    assert "Funktionen aus Java führt Amtsweg nicht aus" in result.diagnostics[0].reason
