"""Pages for officials, one module per kind of page."""

from .overview import Overview
from .tables import ResultExport, Results, TargetExport, Targets

__all__ = ["Overview", "ResultExport", "Results", "TargetExport", "Targets"]
