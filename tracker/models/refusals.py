"""What the database refuses, as the sentence that the violated rule itself carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import Error, transaction
from django.utils.translation import gettext_lazy as _

#: Rules that no model constraint can state: foreign keys over two columns (migration 0002) and triggers.
CROSS_TABLE = {
    "target_year_has_plan": _("这一年度还没有建账，请先登记该年度的政府工作报告。"),
    "workreport_year_has_plan": _("这一年度还没有建账，请先建立年度。"),
    "series_follows": _("新的一条须晚于现有一条生效，请填写更晚的生效时间。"),
    "series_frozen": _("已据此作过评价，不能改动或删除；需要调整的，请另加一条并写明生效时间。"),
    "target_measure_agrees": _("指标已有年度目标，计量方式不能再改；请另建指标。"),
    "target_baseline_year": _("上年基数须是目标年度前一年的实绩。"),
    "update_measure_agrees": _("目标已有进展填报，计量方式不能再改。"),
    "verified_frozen": _("已核验的填报不能改动，请以更正方式提交新版。"),
    "department_ring": _("所选的承接单位，其任务最终又由本单位承接，成了循环；请改选另一个承接单位或留空。"),
    "role_one_duty": _("系统管理员、审计员和业务角色须由不同的人担任，请只选其中一类。"),
    "evidence_kept": _("已核验填报的佐证材料不能增加、改动或删除；如需补充，请以更正方式提交新版。"),
}
#: What the database says by itself, by SQLSTATE: required columns, plain foreign keys, unique codes.
PLAIN = {
    "23502": _("有必填的项还空着，请补填。"),
    "23503": _("这条记录与其他记录相互引用，不能这样改动或删除。"),
    "23505": _("已有同样的记录，请在原有记录上修改。"),
}
KEPT = _("台账不允许改动或删除这条记录；如需更正，请登记新的内容。")


def refusal(error: Error) -> str:
    """The sentence for a person whose change the database refused.

    Args:
        error: what Django raised; its cause is psycopg's error, which names the violated rule.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    if name in CROSS_TABLE:
        return str(CROSS_TABLE[name])
    for model in apps.get_app_config("tracker").get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return str(constraint.violation_error_message)
    return str(PLAIN.get(_sqlstate(error), KEPT))


def _sqlstate(error: Error) -> str:
    # Neither a cause nor its state is a matter of course: a broken connection has none.
    return getattr(error.__cause__, "sqlstate", None) or ""


@contextmanager
def refused_as_validation() -> Iterator[None]:
    """A savepoint around a write, whose refusal by the database becomes a `ValidationError` with the rule's sentence.

    Cheaper than `full_clean()`, which asks the database about every constraint one by one; for writes that change
    fields nobody typed.
    """
    try:
        with transaction.atomic():
            yield
    except Error as error:
        if not _sqlstate(error).startswith(("23", "P0001")):
            raise
        raise ValidationError(refusal(error)) from error
