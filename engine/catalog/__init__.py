"""Procedures: a folder of data becomes something that can run.

`read_folder` and `load` make a `Procedure` from a folder, with every finding in German when it cannot be one. `deploy`
stores the whole folder; `deployed`, `latest` and `catalogue` read it back. `search` finds by what people type.
"""

from engine.catalog.deployments import Deployed, cached, catalogue, deploy, deployed, latest
from engine.catalog.facts import Art, Door, Facts, Geheimnis, Remedy
from engine.catalog.findings import Finding, Findings, Severity, errors
from engine.catalog.folder import Files, discover, read_folder
from engine.catalog.procedure import CITIZEN, Procedure, TaskKind, inspect, load
from engine.catalog.search import Entry, Hit, search
from engine.catalog.texts import GERMAN

__all__ = [
    "CITIZEN",
    "GERMAN",
    "Art",
    "Deployed",
    "Door",
    "Entry",
    "Facts",
    "Files",
    "Finding",
    "Findings",
    "Geheimnis",
    "Hit",
    "Procedure",
    "Remedy",
    "Severity",
    "TaskKind",
    "cached",
    "catalogue",
    "deploy",
    "deployed",
    "discover",
    "errors",
    "inspect",
    "latest",
    "load",
    "read_folder",
    "search",
]
