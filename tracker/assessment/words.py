"""The words of a judgement and their order from worst to best: once, for Python and, through its slots, for SQL."""

from __future__ import annotations

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
