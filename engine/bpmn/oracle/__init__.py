"""The second engine: SpiffWorkflow runs a case too, and both must do the same after every step.

Two independent engines must agree before citizens depend on a model (docs/adr/0001). `comparable` says whether
SpiffWorkflow can be asked about a process, `compare` replays the stored commands of a case on both engines, and `paths`
makes further cases of played ones.
"""

from engine.bpmn.oracle.opinion import Opinion, Verdict
from engine.bpmn.oracle.paths import paths
from engine.bpmn.oracle.replay import comparable, compare
from engine.bpmn.oracle.translation import called_from

__all__ = ["Opinion", "Verdict", "called_from", "comparable", "compare", "paths"]
