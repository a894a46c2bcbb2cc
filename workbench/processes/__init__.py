"""Processes of our own that do jobs: started without running the user's script again, watched, replaced when they die."""

from workbench.processes.worker_pool import Crash, Crew, Job, Outcome, StartError
from workbench.processes.worker_process import Event, Helper

__all__ = ["Crash", "Crew", "Event", "Helper", "Job", "Outcome", "StartError"]
