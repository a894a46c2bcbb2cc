"""From a study to transcripts in the store: inputs, plan, executors, and the worker process."""

from workbench.runner.cost_estimate import Estimate, estimate
from workbench.runner.execute import execute, run
from workbench.runner.executors import executor_named
from workbench.runner.inputs import Inputs, Unit, passing, resolve
from workbench.runner.launcher import log_path, start_worker, stoppable
from workbench.runner.local import Executor, Local, Session
from workbench.runner.missing_engines import without_missing_engines
from workbench.runner.progress import Progress
from workbench.runner.ray_executor import Ray
from workbench.runner.round_protocol import Rounds
from workbench.runner.task_audio import read
from workbench.runner.transcription import FROM_ENGINE
from workbench.runner.work_list import Task, plan, remaining, transcript_key

__all__ = [
    "FROM_ENGINE", "Estimate", "Executor", "Inputs", "Local", "Progress", "Ray", "Rounds", "Session", "Task", "Unit", "estimate", "execute",
    "executor_named", "log_path", "passing", "plan", "read", "remaining",
    "resolve", "run", "start_worker", "stoppable", "transcript_key",
    "without_missing_engines",
]  # fmt: skip
