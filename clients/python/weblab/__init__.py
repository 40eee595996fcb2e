"""WebLab from Python: train, evaluate and attack robust image classifiers by REST."""
from .attacks import Attacked, AttackResult
from .checkpoints import Checkpoint
from .datasets import Dataset
from .errors import Damaged, LabError, Missing, Problem, RunFailed, Unreachable
from .evaluations import Evaluation
from .events import Event
from .experiments import Experiment
from .lab import Lab
from .metrics import Metrics, Series
from .runs import Run

__all__ = ["Attacked", "AttackResult", "Checkpoint", "Damaged", "Dataset", "Evaluation", "Event", "Experiment", "Lab", "LabError", "Metrics", "Missing",
           "Problem", "Run", "RunFailed", "Series", "Unreachable"]
__version__ = "0.1.0"
