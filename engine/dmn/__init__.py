"""DMN decisions with a trace: reads models, links them and decides. See `decisions`."""

from engine.dmn.checks import CheckFinding, Severity, check_model
from engine.dmn.decisions import DecisionModel, inspect_dmn, read_dmn, read_dmn_files
from engine.dmn.evaluation import Decision, DecisionResult
from engine.dmn.findings import Finding, ModelRefused
from engine.dmn.trace import DecisionTrace

__all__ = [
    "CheckFinding",
    "Decision",
    "DecisionModel",
    "DecisionResult",
    "DecisionTrace",
    "Finding",
    "ModelRefused",
    "Severity",
    "check_model",
    "inspect_dmn",
    "read_dmn",
    "read_dmn_files",
]
