"""The words of a judgement and their order from worst to best: once, for Python and, through its slots, for SQL."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Judgement(TextChoices):
    """评价: the five words of the supervision notices, and two for what cannot be judged."""

    COMPLETED = "COMPLETED", _("已完成")
    AHEAD = "AHEAD", _("超序时")
    ON = "ON", _("达序时")
    BEHIND = "BEHIND", _("欠序时")
    NOT_STARTED = "NOT_STARTED", _("未启动")
    NO_DATA = "NO_DATA", _("未填报")
    NOT_JUDGED = "NOT_JUDGED", _("不评价")


class Light(TextChoices):
    GREEN = "green", _("绿灯")
    YELLOW = "yellow", _("黄灯")
    RED = "red", _("红灯")
    GREY = "grey", _("不亮灯")


class Reason(StrEnum):
    """Why a facet or a target has its status: one for each branch of the rules (layers.sql), named after the status.

    `tracker.explain` has a sentence for each.
    """

    # of any facet, and of the target
    NO_UPDATE = "NO_DATA.no_update"
    # of the target
    NO_FACET = "NOT_JUDGED.no_facet"
    # of the value facet
    BEFORE_DECEMBER = "NOT_JUDGED.before_december"
    NO_VALUE = "NOT_JUDGED.no_value"
    MET = "COMPLETED.met"
    WITHIN_LIMIT = "ON.within_limit"
    USED_FAST = "ON.used_fast"
    OVER_LIMIT = "BEHIND.over_limit"
    NOTHING_EXPECTED = "NOT_STARTED.nothing_expected"
    UNMET = "BEHIND.unmet"
    SHORT = "BEHIND.short"
    FAR_SHORT = "BEHIND.far_short"
    AHEAD = "AHEAD.ahead"
    ON_SCHEDULE = "ON.on_schedule"
    # of a task by stage
    STAGE_DONE = "COMPLETED.stage_done"
    UNFINISHED = "BEHIND.unfinished"
    STAGE_NOT_STARTED = "NOT_STARTED.stage_not_started"
    NORMAL_PACE = "ON.normal_pace"
    SLOW_PACE = "BEHIND.slow_pace"
    NO_PACE = "NOT_JUDGED.no_pace"
    # of the growth facet
    NO_GROWTH = "NOT_JUDGED.no_growth"
    GROWTH_MET_EARLY = "NOT_JUDGED.growth_met_early"
    GROWTH_UNMET_EARLY = "NOT_JUDGED.growth_unmet_early"
    GROWTH_UNMET = "BEHIND.growth_unmet"
    GROWTH_COMPLETED = "COMPLETED.growth_completed"
    GROWTH_MET = "ON.growth_met"

    @property
    def judgement(self) -> Judgement:
        """The status that it is the reason of."""
        return Judgement(self.partition(".")[0])


#: Counted as on schedule in the on-schedule rate (domain.md §6).
ON_SCHEDULE = (Judgement.COMPLETED, Judgement.AHEAD, Judgement.ON)
#: Counted in its denominator; a target has the worst of its facets' (domain.md §5.2).
JUDGED_WORST_FIRST = (Judgement.BEHIND, Judgement.NOT_STARTED, Judgement.ON, Judgement.AHEAD, Judgement.COMPLETED)
#: From what needs attention to what does not: the order of sorting by status.
WORST_FIRST = (*JUDGED_WORST_FIRST, Judgement.NO_DATA, Judgement.NOT_JUDGED)

#: A target has the worst of its judged facets' lights (domain.md §5.3).
LIT_WORST_FIRST = (Light.RED, Light.YELLOW, Light.GREEN)
#: The order of sorting by light.
DARKEST_FIRST = (*LIT_WORST_FIRST, Light.GREY)
