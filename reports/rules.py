"""What a table's words and lights mean, in sentences: the sheet 说明 of every workbook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracker.models import Margins
from tracker.text import filled

from .templatetags.figures import figure

#: A heading and its sentences.
Rule: TypeAlias = tuple[str, Sequence[str]]
_Rules: TypeAlias = Sequence[tuple[str | Promise, Sequence[str | Promise]]]

#: How targets are judged; the placeholders are margins of the plan year.
TARGETS: _Rules = [
    (
        _("哪一期填报计入"),
        [
            _("只评价已核验的填报：取截至月份及以前、账面时点已核验且尚未被更正的最近一期，按它自己的报告期评价。"),
            _("更正另成新版次，核验后取代原版次；账面时点之后的核验和更正不计入本表。"),
        ],
    ),
    (
        _("完成率与序时进度"),
        [
            _("完成率＝完成值÷目标值；任务为已完成节点的权重÷全部权重。不封顶，四舍五入到两位小数后再比较。"),
            _("超/欠序时＝完成率－序时进度，单位是百分点；增速差＝增速－增速目标，单位是百分点。"),
            _("序时方式“按月均摊”：月份÷完成期限所在月份。"),
            _("序时方式“按季均摊”：已过季度数×25%。"),
            _("序时方式“按上年同期占比”：上年同期累计数÷上年全年数；没有上年数的改按月均摊，见“实用序时方式”列。"),
            _("序时方式“按序时节点”：当月或之前最近一个节点的计划累计数÷目标值。"),
            _("序时方式“年底评价”：12月以前不评价。"),
        ],
    ),
    (
        _("评价"),
        [
            _("已完成：已满足目标；时点、控制类目标和增速须到期时满足。"),
            _("超序时：完成率高于序时进度 %(ahead)s 个百分点及以上。"),
            _("达序时：不低于序时进度。欠序时：低于序时进度，或到期仍不满足目标，或增速低于目标。"),
            _("未启动：完成率和应完成进度都是 0，或填报的阶段为未启动。未填报：没有计入的填报。"),
            _("不评价：年底评价的目标在12月以前，或没有可核对的标准、填报中没有数值。"),
            _("一项目标按“评价依据”所列的总量、增速分别评价，取最差的一项；没有数值的一项不参与，并予注明。"),
        ],
    ),
    (
        _("亮灯"),
        [
            _("红灯：总量欠序时 %(red)s 个百分点及以上，增速低于目标 %(growth)s 个百分点及以上，或超出控制线。"),
            _("黄灯：欠序时而未到红灯界限，未启动，或控制类指标用得快于序时。绿灯：已完成、超序时、达序时。"),
            _("不亮灯：未填报、不评价。亮灯取参与评价各项中最差的一项。"),
        ],
    ),
    (
        _("逾期未报"),
        [_("应报期的报送期限已过而没有提交填报的，列最早一期的逾期天数；与评价分开计算。")],
    ),
]

#: What the states of an update mean.
UPDATES: _Rules = [
    (
        _("状态"),
        [
            _("草稿、已退回：单位尚在填写。待审核：等本单位审核。待核验：等督查室核验。已核验：计入评价。"),
            _("已核验的填报不再修改；更正是带原因的新版次，核验时取代原版次，原版次记有被更正时间。"),
            _("累计量填1月至报告期末的累计数；时点、比率填期末数。"),
        ],
    )
]

#: How departments are counted and ranked.
DEPARTMENTS: _Rules = [
    (
        _("计数与名次"),
        [
            _("各项数按牵头单位统计，同一目标只计一次；配合单位不计入。"),
            _("达序时率＝（已完成＋超序时＋达序时）÷参与评价的项数；率和增速不相加、不平均。"),
            _("名次按达序时率从高到低，同率同名次。"),
        ],
    )
]


def target_rules(margins: Margins) -> list[Rule]:
    """How targets are judged, with the margins of the plan year."""
    return _translated(
        TARGETS,
        ahead=figure(margins.ahead_margin),
        red=figure(margins.red_margin_value),
        growth=figure(margins.red_margin_growth),
    )


def update_rules() -> list[Rule]:
    """What the states of an update mean."""
    return _translated(UPDATES)


def department_rules() -> list[Rule]:
    """How departments are counted and ranked."""
    return _translated(DEPARTMENTS)


def _translated(rules: _Rules, **values: str) -> list[Rule]:
    return [(str(heading), [filled(sentence, values) for sentence in sentences]) for heading, sentences in rules]
