"""Small DMN models for tests, written as text."""

from datetime import UTC, datetime
from html import escape

NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)
NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def definitions(body: str, *, namespace: str = NAMESPACE, target: str = "urn:test") -> bytes:
    return f'<definitions xmlns="{namespace}" id="m" name="Modell" namespace="{target}">{body}</definitions>'.encode()


def inputs(*names: str) -> str:
    return "".join(
        f'<inputData id="in_{n}" name="{names[n]}"><variable name="{names[n]}"/></inputData>' for n in range(len(names))
    )


def decision(name: str, logic: str, *, needs: str = "", type_ref: str = "", element_id: str = "d") -> str:
    kind = f' typeRef="{type_ref}"' if type_ref else ""
    return f'<decision id="{element_id}" name="{name}"><variable name="{name}"{kind}/>{needs}{logic}</decision>'


def needs_input(*numbers: int) -> str:
    return "".join(
        f'<informationRequirement><requiredInput href="#in_{number}"/></informationRequirement>' for number in numbers
    )


def needs_decision(*ids: str) -> str:
    return "".join(f'<informationRequirement><requiredDecision href="#{id_}"/></informationRequirement>' for id_ in ids)


def literal(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def table(
    columns: list[str],
    rows: list[list[str]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    outputs: list[str] | None = None,
    output_values: list[str] | None = None,
    defaults: list[str] | None = None,
) -> str:
    """A table; every row lists its tests, then its outputs. A column is "expression|type|label", or begins like it."""
    outputs = outputs or ["Ergebnis"]
    collect = f' aggregation="{aggregation}"' if aggregation else ""
    parts = [f'<decisionTable hitPolicy="{policy}"{collect}>']
    for column in columns:
        expression, kind, label = [*column.split("|"), "", ""][:3]
        type_ref = f' typeRef="{kind}"' if kind else ""
        parts.append(
            f'<input label="{label or expression}"><inputExpression{type_ref}><text>{escape(expression)}</text>'
            "</inputExpression></input>"
        )
    for number, output in enumerate(outputs):
        values = f"<outputValues><text>{escape(output_values[number])}</text></outputValues>" if output_values else ""
        default = (
            f"<defaultOutputEntry><text>{escape(defaults[number])}</text></defaultOutputEntry>" if defaults else ""
        )
        parts.append(f'<output name="{output}" label="{output}">{values}{default}</output>')
    for number, row in enumerate(rows, 1):
        cells = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in row[: len(columns)])
        results = "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in row[len(columns) :])
        parts.append(f'<rule id="r{number}">{cells}{results}</rule>')
    return "".join([*parts, "</decisionTable>"])
