"""Nexus from Python: a client for sites (`nexus.Client`), and the simulator as Gymnasium environments (`nexus.gym`)."""

from .answers import Decision, Refused, Review, SkillState, Support, Unavailable
from .asynchronous import AsyncClient
from .client import Client
from .events import (
    ActivityCompleted,
    ActivitySkipped,
    ActivityStarted,
    Enrolled,
    Event,
    Feedback,
    QuestionAnswered,
    QuizCompleted,
    SessionEnded,
    SessionStarted,
    VideoProgressed,
)
from .outbox import QueueFull

__all__ = [
    "ActivityCompleted",
    "ActivitySkipped",
    "ActivityStarted",
    "AsyncClient",
    "Client",
    "Decision",
    "Enrolled",
    "Event",
    "Feedback",
    "QuestionAnswered",
    "QueueFull",
    "QuizCompleted",
    "Refused",
    "Review",
    "SessionEnded",
    "SessionStarted",
    "SkillState",
    "Support",
    "Unavailable",
    "VideoProgressed",
]
