"""Loading the report: all of it or nothing, as often as one likes, and never over what people changed."""

from __future__ import annotations

import datetime as dt
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from tracker import assessment
from tracker.models import (
    AnnualResult,
    Basis,
    Comparator,
    Department,
    Indicator,
    JudgedBy,
    Margins,
    Measure,
    Milestone,
    PlanYear,
    ProgressUpdate,
    Responsibility,
    Role,
    ScheduleNode,
    Section,
    Status,
    Target,
    Unit,
    Vintage,
    WorkReport,
)

ROOT = Path(__file__).resolve().parents[2]
BEIJING = dt.timezone(dt.timedelta(hours=8))


def load_report(folder: Path | None = None, **options: Any) -> str:
    out = StringIO()
    call_command("load_report", stdout=out, **({"folder": folder} if folder else {}), **options)
    return out.getvalue()


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of the ledger, its events included."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_app_config("tracker").get_models()
    }


# --- the real report ---


@pytest.fixture(scope="class")
def _report(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The real fixtures, loaded once for all tests of a class and rolled back after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_report()
        yield
        transaction.set_rollback(True)


def target(code: str) -> Target:
    return Target.objects.get_by_natural_key(code, 2018)


def result(code: str, year: int = 2017) -> AnnualResult:
    return AnnualResult.objects.get_by_natural_key(code, year)


def judged(code: str, month: int, known_at: dt.datetime | None = None) -> Any:
    return Target.objects.assessed(dt.date(2018, month, 28), known_at).get(indicator__code=code)


@pytest.mark.usefixtures("_report")
@pytest.mark.django_db
class TestTheRealReport:
    def test_it_is_all_there(self) -> None:
        counted = {model._meta.model_name: model._base_manager.count() for model in (AnnualResult, Target, Section)}
        assert counted == {"annualresult": 97, "target": 224, "section": 33}
        assert AnnualResult.objects.filter(year=2017).count() == 91
        report = WorkReport.objects.get()
        assert (report.delivered_on, report.review_year, report.plan_year) == (dt.date(2017, 12, 25), 2017, 2018)

    def test_loading_it_twice_gives_the_same_database(self) -> None:
        before = everything()
        printed = load_report()
        assert printed.startswith("装载完成：新增 0 条，更新 0 条，相同 ")
        assert "保留库中内容" not in printed
        assert everything() == before

    def test_all_of_it_passes_full_validation(self) -> None:
        """The loader leaves constraints to the database; here some records of each kind are asked in full."""
        for model in (
            WorkReport,
            Unit,
            Section,
            Department,
            Indicator,
            AnnualResult,
            Target,
            Responsibility,
            Milestone,
        ):
            for record in model._base_manager.order_by("pk")[::40]:
                record.full_clean()

    @pytest.mark.parametrize(
        ("code", "value", "growth", "unit", "judged_by"),
        [
            ("gdp", "678", "9.5", "亿元", JudgedBy.GROWTH),
            ("budget-revenue", "30", "15", "亿元", JudgedBy.BOTH),
            ("fixed-investment", "266", "16", "亿元", JudgedBy.GROWTH),
            ("retail-sales", "466", "11", "亿元", JudgedBy.GROWTH),
            ("urban-income", "36100", "9", "元", JudgedBy.GROWTH),
            ("rural-income", "19618", "9.5", "元", JudgedBy.GROWTH),
        ],
    )
    def test_the_main_targets_promise_a_level_and_a_growth(
        self, code: str, value: str, growth: str, unit: str, judged_by: str
    ) -> None:
        promise = target(code)
        assert (str(promise.value), str(promise.growth)) == (value, growth)
        assert (promise.comparator, promise.growth_comparator) == (Comparator.AT_LEAST, Comparator.AT_LEAST)
        assert promise.indicator.unit is not None
        assert (promise.indicator.unit.symbol, promise.judged_by) == (unit, judged_by)

    @pytest.mark.parametrize(
        ("code", "comparator", "value", "qualifier", "measure", "unit"),
        [
            ("registered-unemployment", "<=", "4", "以内", Measure.LEVEL, "%"),
            ("police-callout-decrease", ">=", "10", "力争", Measure.LEVEL, "%"),
            ("crime-decrease", ">=", "15", "力争", Measure.LEVEL, "%"),
            ("patent-applications", ">", "300", "突破", Measure.CUMULATIVE, "件"),
            ("urban-green-area", ">=", "6.6", "", Measure.CUMULATIVE, "万平方米"),
            ("new-urban-jobs", ">=", "9500", "力争", Measure.CUMULATIVE, "人"),
            ("livelihood-spending-share", ">=", "80", "以上", Measure.LEVEL, "%"),
            ("fitness-squares", ">=", "10", "", Measure.CUMULATIVE, "个"),
            ("cultural-centres", ">=", "20", "", Measure.CUMULATIVE, "个"),
            ("major-accidents", "<=", "0", "坚决遏制", Measure.CUMULATIVE, "起"),
            ("zero-employment-families", "<=", "0", "动态清零", Measure.LEVEL, "户"),
        ],
    )
    def test_a_promise_is_compared_as_the_report_words_it(
        self, code: str, comparator: str, value: str, qualifier: str, measure: str, unit: str
    ) -> None:
        promise = target(code)
        assert (promise.comparator, str(promise.value), promise.qualifier) == (comparator, value, qualifier)
        assert promise.indicator.unit is not None
        assert (promise.measure, promise.indicator.unit.symbol) == (measure, unit)

    def test_printed_digits_and_units_of_the_results_are_kept(self) -> None:
        assert (str(result("gdp").value), str(result("gdp").growth)) == ("614.8", "6.6")
        assert (str(result("debt-resolved").value), str(result("retail-sales").value)) == ("9.25", "435")
        assert (result("illegal-buildings-removed").qualifier, result("flood-relocations").qualifier) == ("多", "近")

    def test_implied_zeros_are_records(self) -> None:
        for code in ("major-accidents", "zero-employment-families"):
            assert result(code).value == 0
            assert target(code).value == 0

    def test_the_two_revenues_are_linked_as_not_comparable(self) -> None:
        promise = target("budget-revenue")
        assert promise.baseline == result("fiscal-revenue-total")
        assert str(result("fiscal-revenue-total").value) == "26.2"
        assert promise.baseline_comparable is False
        assert "口径不同" in promise.baseline_note

    def test_every_target_has_exactly_one_lead(self) -> None:
        leads = Responsibility.objects.filter(role=Role.LEAD)
        assert leads.count() == Target.objects.count() == leads.values("target").distinct().count()

    def test_only_published_responsibilities_are_marked_as_published(self) -> None:
        published = Responsibility.objects.filter(basis=Basis.PUBLISHED)
        assert set(published.values_list("target__indicator__code", "department__name", "role")) == {
            ("gdp", "区发改局", Role.LEAD),
            ("gdp", "区统计局", Role.DATA_OWNER),
            ("budget-revenue", "区财政局", Role.LEAD),
            ("fixed-investment", "区发改局", Role.LEAD),
            ("urban-income", "区发改局", Role.LEAD),
            ("rural-income", "区农林水务局", Role.LEAD),
        }

    def test_what_is_not_in_the_report_names_its_source(self) -> None:
        outside = Target.objects.filter(section=None)
        assert [promise.code for promise in outside] == ["economic-census"]
        assert outside.get().source_url

    def test_series_follow_their_own_calendars(self) -> None:
        calendars = {
            code: Indicator.objects.get(code=code).report_months()
            for code in ("gdp", "urban-income", "fixed-investment", "retail-sales", "budget-revenue")
        }
        quarters = [3, 6, 9, 12]
        assert calendars["gdp"] == calendars["urban-income"] == quarters
        assert calendars["fixed-investment"] == calendars["retail-sales"] == list(range(2, 13))
        assert calendars["budget-revenue"] == list(range(1, 13))

    def test_published_progress_is_verified_by_its_source(self) -> None:
        updates = ProgressUpdate.objects.all()
        assert updates.count() == 10
        assert {update.status for update in updates} == {Status.VERIFIED}
        assert not updates.filter(is_sample=True).exists()
        for update in updates:
            assert update.source_url
            assert update.published_on in {dt.date(2018, 4, 11), dt.date(2018, 7, 5)}
            assert update.verified_at == dt.datetime.combine(update.published_on, dt.time(), BEIJING)
        gdp = updates.get(target__indicator__code="gdp", period="2018-03-31")
        assert (str(gdp.value), str(gdp.growth), gdp.vintage) == ("121.9", "8", Vintage.FORECAST)
        revenue = updates.get(target__indicator__code="budget-revenue", period="2018-03-31")
        assert (str(revenue.value), str(revenue.stated_rate)) == ("9.01", "30.7")

    def test_a_published_figure_counts_from_the_day_of_its_publication(self) -> None:
        published = dt.datetime(2018, 4, 11, tzinfo=BEIJING)
        just_before = published - dt.timedelta(seconds=1)
        assert judged("gdp", 3, just_before).status == assessment.Judgement.NO_DATA
        at_publication = judged("gdp", 3, published)
        assert (at_publication.actual, at_publication.completion) == (Decimal("121.9"), Decimal("17.98"))
        assert judged("gdp", 6, published).period == dt.date(2018, 3, 31)

    def test_the_half_year_is_judged_as_the_specification_says(self) -> None:
        gdp = judged("gdp", 6)
        assert (gdp.completion, gdp.expected, gdp.gap) == (Decimal("38.79"), Decimal("50.00"), Decimal("-11.21"))
        assert (gdp.growth_gap, gdp.status, gdp.light) == (Decimal("-2.00"), "BEHIND", "red")
        revenue = judged("budget-revenue", 6)
        assert (revenue.completion, revenue.value_status) == (Decimal("55.33"), "ON")
        assert (revenue.growth_status, revenue.status) == ("BEHIND", "BEHIND")

    def test_what_people_changed_is_kept_and_listed(self) -> None:
        AnnualResult.objects.filter(pk=result("gdp").pk).update(value=Decimal("615.0"))
        before = everything()
        printed = load_report()
        assert "以下 1 条在库中与文件不同，保留库中内容（--update 可改写）：" in printed
        assert "年度实绩 地区生产总值 2017（value）" in printed
        assert everything() == before


# --- a small ledger, one record of each kind ---

SMALL = {
    "units.yaml": """\
- model: tracker.unit
  fields: {symbol: 亿元, dimension: money, factor: '100000000'}
""",
    "work_report.yaml": """\
- model: tracker.workreport
  fields:
    jurisdiction: 某区
    title: 政府工作报告
    meeting: 二次会议
    delivered_on: '2017-12-25'
    review_year: 2017
    plan_year: 2018
""",
    "sections.yaml": """\
- model: tracker.section
  fields: {report: [2018], path: 2018/一, year: 2018, title: 一, position: 1}
""",
    "departments.yaml": """\
# 单位
- model: tracker.department
  fields: {code: fagai, name: 区发改局, position: 1}
- model: tracker.department
  fields:
    code: caizheng
    name: 区财政局
    position: 2
""",
    "indicators.yaml": """\
- model: tracker.indicator
  fields: {code: gdp, name: 地区生产总值, unit: [亿元], measure: cumulative, frequency: quarterly}
- model: tracker.indicator
  fields: {code: school, name: 学校, measure: milestone}
""",
    "results_2017.yaml": """\
- model: tracker.annualresult
  fields: {indicator: [gdp], year: 2017, value: '614.8', growth: '6.6', section: [2018/一], paragraph: 1}
""",
    "targets_2018.yaml": """\
- model: tracker.target
  fields:
    indicator: [gdp]
    year: 2018
    category: 主要预期目标
    value: '678'
    comparator: '>='
    baseline: [gdp, 2017]
    baseline_comparable: true
    section: [2018/一]
    paragraph: 1
- model: tracker.target
  fields: {indicator: [school], year: 2018, category: 重点工作, section: [2018/一], paragraph: 1}
""",
    "responsibilities_2018.yaml": """\
- model: tracker.responsibility
  fields: {target: [gdp, 2018], department: [fagai], role: lead, basis: 已公布}
""",
    "milestones_2018.yaml": """\
- model: tracker.milestone
  fields: {target: [school, 2018], number: 1, name: 开工, due_on: '2018-06-30', weight: '1'}
""",
    "nodes_2018.yaml": """\
- model: tracker.schedulenode
  fields: {target: [gdp, 2018], month: 6, value: '300'}
""",
    "progress_2018.yaml": """\
- model: tracker.progressupdate
  fields:
    target: [gdp, 2018]
    period: '2018-03-31'
    revision: 1
    value: '121.9'
    source_url: http://example.org/q1
    status: verified
    verified_at: '2018-04-11 00:00:00+08:00'
""",
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    folder = tmp_path / "fixtures"
    folder.mkdir()
    for name, text in SMALL.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.django_db
def test_every_kind_of_record_can_be_loaded(small: Path) -> None:
    assert load_report(small) == "装载完成：新增 14 条，更新 0 条，相同 0 条。\n"
    assert str(ScheduleNode.objects.get().value) == "300"
    assert Milestone.objects.get().target == target("school")
    assert load_report(small) == "装载完成：新增 0 条，更新 0 条，相同 14 条。\n"


@pytest.mark.django_db
def test_a_check_writes_nothing(small: Path) -> None:
    before = everything()
    assert load_report(small, check=True) == "检查通过：新增 14 条，更新 0 条，相同 0 条。\n"
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.parametrize(("changed", "told"), [({"name": "区改革局"}, "name"), ({"position": 7}, "position")])
def test_update_takes_the_word_of_the_file(small: Path, changed: dict[str, Any], told: str) -> None:
    load_report(small)
    original = everything()["tracker.Department"]
    Department.objects.filter(code="fagai").update(**changed)
    assert f"（{told}）" in load_report(small)
    assert everything()["tracker.Department"] != original
    assert load_report(small, update=True) == "装载完成：新增 0 条，更新 1 条，相同 13 条。\n"
    assert everything()["tracker.Department"] == original


@pytest.mark.django_db
def test_another_printed_digit_is_a_difference(small: Path) -> None:
    load_report(small)
    rewrite(small / "results_2017.yaml", "'614.8'", "'614.80'")
    assert "（value）" in load_report(small)
    load_report(small, update=True)
    assert str(AnnualResult.objects.get().value) == "614.80"


@pytest.mark.django_db
def test_not_even_update_rewrites_what_was_verified(small: Path) -> None:
    load_report(small)
    rewrite(small / "progress_2018.yaml", "'121.9'", "'122.0'")
    printed = load_report(small, update=True)
    assert "保留库中内容（已核验的填报不能改写，更正请登记新版）" in printed
    assert f"进展填报 {ProgressUpdate.objects.get()}（value）" in printed
    assert str(ProgressUpdate.objects.get().value) == "121.9"


# --- a broken row names file, line, record and reason, and nothing at all is loaded ---

BROKEN = [
    ("departments.yaml", "position: 1}", "positon: 1}", 2, "fagai", "没有“positon”这一项，请核对拼写。"),
    ("departments.yaml", "position: 2", "position: two", 4, "caizheng", "排序（position）：“two”的值应该是一个整型"),
    ("departments.yaml", "name: 区财政局", "name: 区发改局", 4, "caizheng", "已有同样的记录，请在原有记录上修改。"),
    ("departments.yaml", "name: 区财政局", "name: ''", 4, "caizheng", "名称（name）：此字段不能为空。"),
    ("departments.yaml", "name: 区财政局", "name: [区财政局]", 4, "caizheng", "“name”只能写一个值。"),
    ("departments.yaml", "code: caizheng", "code: 财政", 4, "财政", "代码只能用小写英文字母、数字和连字符"),
    ("results_2017.yaml", "'614.8'", "614.8", 1, "gdp", "value 的数值须加引号，照印出的位数写，如 '614.8'。"),
    ("results_2017.yaml", "'614.8'", "'六百'", 1, "gdp", "数值（value）："),
    ("results_2017.yaml", "'614.8'", "'614.8公顷'", 1, "gdp", "不认识计量单位“公顷”，请只填数字。"),
    ("results_2017.yaml", "[gdp]", "[gpd]", 1, "gpd", "indicator 所指的 ['gpd'] 不存在，请先登记它或核对拼写。"),
    ("results_2017.yaml", "[gdp]", "gdp", 1, "gdp", "indicator 须写成方括号里的自然键，如 [gdp]。"),
    ("results_2017.yaml", ", paragraph: 1", "", 1, "gdp", "请写明出处：报告的章节和段落，或来源网址。"),
    ("results_2017.yaml", "indicator: [gdp], ", "", 1, "2017", "缺少识别这条记录所需的项。"),
    ("results_2017.yaml", "annualresult", "annualresults", 1, "gdp", "没有这种记录，请核对 model。"),
    ("targets_2018.yaml", "    comparator: '>='\n", "", 1, "gdp", "总量目标与总量比较须同时填写，或同时留空。"),
    (
        "targets_2018.yaml",
        "    year: 2018\n",
        "    year: 2019\n",
        1,
        "gdp",
        "这一年度还没有建账，请先登记该年度的政府工作报告。",
    ),
    (
        "targets_2018.yaml",
        "    year: 2018\n",
        "    year: 2018\n    departments: [fagai]\n",
        1,
        "gdp",
        "“departments”不能在",
    ),
    (
        "targets_2018.yaml",
        "    year: 2018\n",
        "    year: 2018\n    baseline_year: 9\n",
        1,
        "gdp",
        "“baseline_year”不能在",
    ),
    (
        "targets_2018.yaml",
        "{indicator: [school]",
        "{indicator: [school], value: '1'",
        12,
        "school",
        "任务按节点或阶段评价",
    ),
    ("progress_2018.yaml", "2018-03-31", "2018-04-30", 1, "gdp、2018", "报告期只有：3月、6月、9月、12月，请改选。"),
    ("progress_2018.yaml", "2018-03-31", "2018-03-30", 1, "gdp、2018", "报告期须是某月的最后一天，如 2018-06-30。"),
]


@pytest.mark.django_db
def test_a_figure_in_another_unit_of_its_dimension_is_converted(small: Path) -> None:
    rewrite(small / "results_2017.yaml", "'614.8'", "'6148000万元'")
    with (small / "units.yaml").open("a", encoding="utf-8") as units:
        units.write("- {model: tracker.unit, fields: {symbol: 万元, dimension: money, factor: '10000'}}\n")
    load_report(small)
    assert AnnualResult.objects.get(indicator__code="gdp", year=2017).value == Decimal("614.8")


@pytest.mark.django_db
@pytest.mark.parametrize(("file", "old", "new", "line", "record", "reason"), BROKEN)
def test_a_broken_record_is_named_and_nothing_is_loaded(
    small: Path, file: str, old: str, new: str, line: int, record: str, reason: str
) -> None:
    rewrite(small / file, old, new)
    before = everything()
    with pytest.raises(CommandError) as refused:
        load_report(small)
    message = str(refused.value)
    assert message.startswith(f"{file} 第 {line} 行，tracker.")
    assert f"（{record}）：" in message
    assert reason in message
    assert message.endswith("\n没有装载任何记录，请改正后重试。")
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- model: [tracker", "departments.yaml 不是有效的 YAML："),
        ("model: tracker.department", "departments.yaml 须是记录的列表，每条以“- model:”开头。"),
        ("\n- 区发改局", "departments.yaml 第 2 行：每条记录须有且只有 model 和 fields 两项。"),
        ("- model: tracker.department", "departments.yaml 第 1 行：每条记录须有且只有 model 和 fields 两项。"),
        (
            "- {model: tracker.department, fields: }",
            "departments.yaml 第 1 行：每条记录须有且只有 model 和 fields 两项。",
        ),
        ("- {model: a, fields: {code: a, code: b}}", "departments.yaml 第 1 行：“code”写了两次，请删去一处。"),
        ("- {model: a, fields: {due_on: 2018-02-30}}", "departments.yaml 第 1 行：day is out of range for month"),
        ("- {model: a, fields: {due_on: !!python/name:os.system }}", "departments.yaml 第 1 行："),
    ],
)
def test_a_file_that_is_no_list_of_records_is_refused(small: Path, text: str, message: str) -> None:
    (small / "departments.yaml").write_text(text, encoding="utf-8")
    before = everything()
    with pytest.raises(CommandError) as refused:
        load_report(small)
    assert str(refused.value).startswith(message)
    assert everything() == before


@pytest.mark.django_db
def test_a_file_in_another_encoding_is_refused(small: Path) -> None:
    (small / "departments.yaml").write_bytes(SMALL["departments.yaml"].encode("gb18030"))
    with pytest.raises(CommandError, match=r"departments.yaml 不是有效的 YAML："):
        load_report(small)


@pytest.mark.django_db
def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="没有可装载的数据文件"):
        load_report(tmp_path)


# --- killed in the middle ---


def database_url() -> str:
    """The test database, for another process."""
    at = {
        key: quote(str(connection.settings_dict[key]), safe="") for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")
    }
    account = f"{at['USER']}:{at['PASSWORD']}@" if at["USER"] else ""
    if at["HOST"].startswith("%2F"):  # the folder of a unix socket
        return f"postgres://{account}:{at['PORT']}/{at['NAME']}?host={at['HOST']}"
    return f"postgres://{account}{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"


def reader_of(pipe: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait until the process reads from the pipe; it then waits for what never comes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # nobody reads yet
                raise
            time.sleep(0.05)
    raise AssertionError(f"the load did not come as far as {pipe.name}")


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_leaves_nothing_and_the_next_run_works(small: Path) -> None:
    before = everything()
    pipe = small / "progress_2018.yaml"
    pipe.unlink()
    os.mkfifo(pipe)  # the last file: all others have been loaded when it is opened
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "load_report", "--from", str(small)],
        env={**os.environ, "DATABASE_URL": database_url()},
    )
    try:
        held = reader_of(pipe, process)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction' AND backend_xid IS NOT NULL"
            )
            assert cursor.fetchone() == (1,), "it holds rows that nobody sees yet"
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL
    os.close(held)
    assert everything() == before

    pipe.unlink()
    pipe.write_text(SMALL["progress_2018.yaml"], encoding="utf-8")
    assert load_report(small).startswith("装载完成：新增 14 条")


@pytest.mark.django_db
def test_a_report_of_0_1_brings_the_rules_of_its_year_along(small: Path) -> None:
    path = small / "work_report.yaml"
    path.write_text(
        path.read_text(encoding="utf-8")
        + "    red_margin_value: '8'\n    ahead_margin: '12'\n    needs_endorsement: false\n    is_closed: false\n",
        encoding="utf-8",
    )
    load_report(small)
    year, margins = PlanYear.objects.get(), Margins.objects.get()
    assert (year.year, year.needs_endorsement, year.is_closed) == (2018, False, False)
    assert (margins.red_margin_value, margins.ahead_margin, margins.red_margin_growth) == (8, 12, 2)
    assert load_report(small).startswith("装载完成：新增 0 条，更新 0 条")


@pytest.mark.django_db
def test_a_further_source_has_sections_of_its_own_under_the_same_paths(small: Path) -> None:
    (small / "sources_2018.yaml").write_text(
        "- model: tracker.workreport\n  fields: {source_kind: 民生实事清单, jurisdiction: 岳阳楼区, title: 十件实事,"
        " delivered_on: '2018-01-20', review_year: 2017, plan_year: 2018}\n",
        encoding="utf-8",
    )
    (small / "sections_list.yaml").write_text(
        "- model: tracker.section\n"
        "  fields: {report: [2018, 十件实事], path: 2018/一, year: 2018, title: 民生实事, position: 1}\n",
        encoding="utf-8",
    )
    load_report(small)
    speech, listed = Section.objects.filter(path="2018/一").order_by("report")
    assert Section.objects.get_by_natural_key("2018/一") == speech
    assert Section.objects.get_by_natural_key("2018/一", 2018, "十件实事") == listed
    assert listed.natural_key() == ("2018/一", 2018, "十件实事")
