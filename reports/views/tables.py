"""Pages that are one table, and the same tables as files."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin

from tracker.models import AnnualResult, WorkReport

from .. import sheets, summary
from ..columns import RESULTS, TARGETS
from ..exports import FORMATS, Sheet
from ..filters import TargetFilter
from ..sheets import AssessedTargets
from ..tables import PAGE_SIZES, BoundedPaginator, LedgerTable, ResultTable, TargetTable
from .base import MonthPage

if TYPE_CHECKING:
    from tracker.models.report import AnnualResultQuerySet


class TablePage(SingleTableMixin):  # type: ignore[misc]
    """A page that is one table: sorted, paged, and forgiving about what its address asks for."""

    request: HttpRequest
    # Not `paginate_by`: the list view beneath would answer 404 to a page that does not exist.
    table_pagination: ClassVar = {"paginator_class": BoundedPaginator, "per_page": PAGE_SIZES[0]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        table = context["table"]
        table.caption = self.caption(table.paginator.count)
        context |= {
            "page_sizes": PAGE_SIZES,
            "pages": table.paginator.get_elided_page_range(table.page.number, on_each_side=2, on_ends=1),
            "formats": list(FORMATS),
        }
        context["notices"] = [*context.get("notices", []), *self.table_notices(table)]
        return context

    def caption(self, count: int) -> str:
        """The table's caption: what it lists, and how many."""
        raise NotImplementedError

    def table_notices(self, table: LedgerTable) -> list[str]:
        """What the address asks of the table and cannot have, as sentences; the table shows the nearest it has."""
        asked, notices = self.request.GET, []
        if "per_page" in asked and asked["per_page"] not in map(str, PAGE_SIZES):
            notices.append(_("每页行数只能是 25、50 或 100，现每页%(size)s行。") % {"size": table.paginator.per_page})
        if asked.get("page", "1") != str(table.page.number):
            wrong = {"asked": asked["page"][:20], "shown": table.page.number}
            notices.append(_("没有第“%(asked)s”页，现显示第%(shown)s页。") % wrong)
        for name in asked.getlist("sort"):
            if name.removeprefix("-") not in table.layout:
                notices.append(_("没有可排序的列“%(name)s”，现按报告次序显示。") % {"name": name[:20]})
        return notices


class Targets(TablePage, MonthPage, FilterView):  # type: ignore[misc]
    """进度总表: every target with its verdict."""

    template_name = "reports/targets.html"
    table_class = TargetTable
    filterset_class = TargetFilter
    strict = False  # a filter that cannot be followed is left out, and the page says so

    def get_queryset(self) -> AssessedTargets:
        return self.targets

    def caption(self, count: int) -> str:
        what = {"year": self.as_of.report.plan_year, "month": self.as_of.label, "count": count}
        return _("%(year)s年度目标进度（截至%(month)s），共 %(count)s 项") % what

    def get_filterset_kwargs(self, filterset_class: type[TargetFilter]) -> dict[str, Any]:
        return {**super().get_filterset_kwargs(filterset_class), "report": self.as_of.report}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(has_sample=summary.show_samples(self.object_list), **kwargs)
        fields = self.filterset.form.fields
        context["notices"] += [
            _("筛选条件“%(label)s”的值无效，未按它筛选。") % {"label": fields[name].label}
            for name in self.filterset.errors
        ]
        return context


class Results(TablePage, PermissionRequiredMixin, TemplateView):
    """上年实绩: what was achieved in a year, in the order of the report."""

    template_name = "reports/results.html"
    permission_required = "tracker.view_annualresult"
    table_class = ResultTable
    table_pagination: ClassVar = {**TablePage.table_pagination, "per_page": PAGE_SIZES[-1]}

    def get_table_data(self) -> AnnualResultQuerySet:
        return AnnualResult.objects.visible_to(self.request.user).for_export(self.kwargs["year"])

    def caption(self, count: int) -> str:
        return _("%(year)s年度实绩，共 %(count)s 项") % {"year": self.kwargs["year"], "count": count}

    @cached_property
    def report(self) -> WorkReport | None:
        """The speech that reviews this year, or failing that the one that planned it."""
        reports = {report.review_year: report for report in WorkReport.objects.all()}
        year = self.kwargs["year"]
        return reports.get(year) or reports.get(year - 1)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.report is None:
            raise Http404(_("没有登记这一年度的报告。"))
        return super().get_context_data(report=self.report, **kwargs)


class TargetExport(Targets):
    """The progress table as a file: `view` as the page is filtered, sorted and laid out, or `all` there is."""

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> StreamingHttpResponse:
        year, month = self.as_of.report.plan_year, self.as_of.month
        everything = self.kwargs["scope"] == "all"
        has_sample = summary.show_samples(self.targets) if everything else context["has_sample"]
        title = sheets.targets_title(self.as_of.report, year)
        return download(
            sheets.sheet(
                title,
                sheets.target_notes(month, has_sample=has_sample),
                TARGETS if everything else TargetTable.shown_columns(),
                self.targets if everything else context["table"].data.data,
                FORMATS[self.kwargs["format"]],
            ),
            sheets.dated(title, month),
            self.kwargs["format"],
        )


class ResultExport(Results):
    """A year's results as a file, in the order of the report."""

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> StreamingHttpResponse:  # type: ignore[override]
        title = sheets.results_title(self.report, self.kwargs["year"])
        format = FORMATS[self.kwargs["format"]]
        sheet = sheets.sheet(title, sheets.result_notes(), RESULTS, self.get_table_data(), format)
        return download(sheet, title, self.kwargs["format"])


def download(sheet: Sheet, name: str, suffix: str) -> StreamingHttpResponse:
    """A file to keep, streamed."""
    chunks = FORMATS[suffix].write(sheet)
    # Making the first piece here turns a failure into an error page instead of a file that breaks off.
    first = next(chunks)
    response = StreamingHttpResponse(_pieces(first, chunks), content_type=FORMATS[suffix].content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.{suffix}")
    return response


def _pieces(first: bytes, rest: Generator[bytes]) -> Generator[bytes]:
    """The pieces of a download, which close the database's cursor with them when the reader hangs up.

    Left to the garbage collector, psycopg would close it in the middle of some later query of the same connection, and
    wait for that connection for ever.
    """
    with closing(rest):
        yield first
        yield from rest
