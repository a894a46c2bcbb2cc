"""Processes of our own that do jobs: started without running the user's script again, watched, replaced when they die."""

from workbench.processes.worker_pool import Crash, Job, Outcome, StartError, WorkerPool
from workbench.processes.worker_process import Event, WorkerProcess

__all__ = ["Crash", "Event", "Job", "Outcome", "StartError", "WorkerPool", "WorkerProcess"]
