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
from .models import Model, ModelVersion, Prediction
from .runs import Run
from .sweeps import Sweep
from .webhooks import Delivery, Webhook

__all__ = ["Attacked", "AttackResult", "Checkpoint", "Damaged", "Dataset", "Delivery", "Evaluation", "Event", "Experiment", "Lab", "LabError", "Metrics", "Missing",
           "Model", "ModelVersion", "Prediction", "Problem", "Run", "RunFailed", "Series", "Sweep", "Unreachable", "Webhook"]
__version__ = "0.1.0"
