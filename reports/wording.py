"""Sentences that pages and documents share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tracker.assessment import Judgement

from .templatetags.figures import percent


def counts_sentence(counts: Mapping[str, Any], rank: int | None = None, ranked: int = 0, *, led: bool = True) -> str:
    """The counts of a department in a sentence.

    “牵头目标 12 项，参与评价 11 项；达序时 7 项，欠序时 4 项；达序时率 63.64%，在 …… 列第 6 位。”

    Args:
        counts: as `tracker.assessment.counts` names them.
        rank: the department's place among `ranked` departments; None leaves it out.
        led: whether they are the targets of one department, which leads them.
    """
    if not counts["total"]:
        return _("没有牵头的目标。") if led else _("没有符合条件的目标。")
    total = (
        _("牵头目标 %(total)s 项，参与评价 %(judged)s 项") if led else _("目标 %(total)s 项，参与评价 %(judged)s 项")
    )
    clauses = [total % counts]
    if present := [status for status in Judgement if counts[status.name]]:
        words = [
            _("%(status)s %(count)s 项") % {"status": status.label, "count": counts[status.name]} for status in present
        ]
        clauses.append(_("，").join(words))
    if rank is not None:
        place = {"rate": percent(counts["rate"]), "ranked": ranked, "rank": rank}
        clauses.append(_("达序时率 %(rate)s，在 %(ranked)s 个参评单位中列第 %(rank)s 位") % place)
    elif counts["rate"] is not None:
        clauses.append(_("达序时率 %(rate)s") % {"rate": percent(counts["rate"])})
    return _("；").join(clauses) + _("。")
