"""The ledger's objects (domain.md §2), one module per kind; import them from here."""

from .evidence import Evidence
from .move import Move, Status
from .organisation import Department, Membership, RoleMembership, User
from .progress import Pace, ProgressUpdate, Stage
from .reminder import Reminder
from .report import AnnualResult, Frequency, Indicator, Measure, Section, SourceKind, Unit, Vintage, WorkReport
from .saved_view import SavedView, Sharing
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
from .year import Margins, PlanYear

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
    "Margins",
    "Measure",
    "Membership",
    "Milestone",
    "Move",
    "Pace",
    "PlanYear",
    "ProgressUpdate",
    "Reminder",
    "Responsibility",
    "Role",
    "RoleMembership",
    "SavedView",
    "Schedule",
    "ScheduleNode",
    "Section",
    "Sharing",
    "SourceKind",
    "Stage",
    "Status",
    "Target",
    "Unit",
    "User",
    "Vintage",
    "WorkReport",
]
