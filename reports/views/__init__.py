"""Pages for officials, one module per kind of page."""

from .data_check import DataCheck
from .departments import DepartmentDetail, Departments
from .detail import TargetDetail
from .files import (
    DepartmentDocument,
    DepartmentExport,
    HistoryExport,
    OverdueExport,
    ResultExport,
    TargetExport,
    UpdateExport,
)
from .overview import Overview
from .screen import Screen
from .sections import Sections
from .tables import History, Overdue, Results, SavedViewChange, Targets, Updates

__all__ = [
    "DataCheck",
    "DepartmentDetail",
    "DepartmentDocument",
    "DepartmentExport",
    "Departments",
    "History",
    "HistoryExport",
    "Overdue",
    "OverdueExport",
    "Overview",
    "ResultExport",
    "Results",
    "SavedViewChange",
    "Screen",
    "Sections",
    "TargetDetail",
    "TargetExport",
    "Targets",
    "UpdateExport",
    "Updates",
]
