"""The ledger's objects (domain.md §2), one module per kind; import them from here."""

from .evidence import Evidence
from .organisation import Department, Membership, User
from .progress import Pace, ProgressUpdate, Stage, Status, TransitionError
from .report import AnnualResult, Frequency, Indicator, Measure, Section, Unit, Vintage, WorkReport
from .target import (
    Basis,
    Category,
    Comparator,
    JudgedBy,
    Milestone,
    Responsibility,
    Role,
    Schedule,
    ScheduleNode,
    Target,
)

__all__ = [
    "AnnualResult",
    "Basis",
    "Category",
    "Comparator",
    "Department",
    "Evidence",
    "Frequency",
    "Indicator",
    "JudgedBy",
    "Measure",
    "Membership",
    "Milestone",
    "Pace",
    "ProgressUpdate",
    "Responsibility",
    "Role",
    "Schedule",
    "ScheduleNode",
    "Section",
    "Stage",
    "Status",
    "Target",
    "TransitionError",
    "Unit",
    "User",
    "Vintage",
    "WorkReport",
]
