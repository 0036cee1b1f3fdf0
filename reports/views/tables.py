"""Pages that are one table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.generic import View

from tracker.history import PERMISSION, changes_visible_to
from tracker.models import AnnualResult, Department, ProgressUpdate, Reminder, SavedView, Target, WorkReport
from tracker.overdue import visible_to

from ..exports import FORMATS
from ..forms import ViewForm
from ..listing import PLAIN, Listing, with_layout
from ..subjects import (
    DepartmentSubject,
    HistorySubject,
    OverdueSubject,
    ResultSubject,
    Subject,
    TargetSubject,
    UpdateSubject,
)
from ..tables import PAGE_SIZES
from ..templatetags.ledger import current_report
from .base import ContentView, MonthPage, Page


class SavedViewsMixin:
    """Finds the saved views of a table's reader, on its page and for its files."""

    request: HttpRequest

    @cached_property
    @abstractmethod
    def subject(self) -> Subject:
        """The table, for the user of the request."""

    def framed_by(self) -> Iterable[Any]:
        """Their reader's saved views, which are no part of the ledger."""
        return [tuple(getattr(view, field.attname) for field in SavedView._meta.fields) for view in self._all_views]

    @cached_property
    def views(self) -> list[SavedView]:
        """The table's saved views that the reader may open; the one without a name is how it was last looked at."""
        return [view for view in self._all_views if view.table == self.subject.key]

    @cached_property
    def _all_views(self) -> list[SavedView]:
        return list(SavedView.objects.visible_to(self.request.user).select_related("owner", "department"))

    def view_asked_for(self) -> SavedView | None:
        """The saved view whose number is in the address."""
        asked = self.request.GET.get("view")
        return next((view for view in self.views if str(view.pk) == asked), None) if asked else None


class TablePage(SavedViewsMixin, ContentView):
    """A page that is one table: filtered, sorted, paged and laid out by its address, and forgiving about it."""

    #: Whether there are pages about what the rows are about.
    rows_have_pages = True

    @cached_property
    def listing(self) -> Listing:
        return self.subject.listing(self.request.GET, self.link if self.rows_have_pages else None)

    def link(self, code: str) -> str:
        """The address of a row's target."""
        return f"{reverse('target', args=[code])}?{self._standing_query}"

    @cached_property
    def _standing_query(self) -> str:
        return self.standing().urlencode()

    def standing(self) -> QueryDict:
        """The parameters that every address of the page keeps: the month and instant of the page that led to it."""
        asked = self.request.GET
        address = QueryDict(mutable=True)
        address.update({name: asked[name] for name in ("as_of", "known_at") if asked.get(name)})
        return address

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "lay" in request.GET:
            return self._redirect(self.listing.known(with_layout(request.GET)))
        if view := self.view_asked_for() or self._usual_view():
            return self._redirect(self.listing.known(QueryDict(view.query)))
        response: Any = self.page(**kwargs)
        self._remember(response.context_data.get("mistakes", []))
        return response  # type: ignore[no-any-return]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Keeps what the address shows as a view under a name."""
        if not request.user.is_authenticated:
            return self.handle_no_permission()  # type: ignore[attr-defined,no-any-return]
        form = ViewForm(request.POST, Department.objects.of(request.user))
        # The page lists what is wrong with the address anyhow.
        if any(self.listing.mistakes()):
            form.add_error(None, _("网址里有不能照办的条件，请先改正或清除。"))
        if form.keep(request.user, self.subject.key, self.listing.query.urlencode()):
            messages.success(request, _("已保存视图“%(name)s”。") % {"name": form.cleaned_data["name"]})
            return self._redirect(self.listing.query)
        return self.render_to_response(self.get_context_data(view_form=form, **kwargs))

    def frame(self) -> dict[str, Any]:
        """Besides, what the reader's saved views are listed with."""
        user, current = self.request.user, self.listing.query.urlencode()
        return super().frame() | {
            "report": self.subject.report,
            "view_form": ViewForm(None, Department.objects.of(user)) if user.is_authenticated else None,
            "views": [(view, view.query == current) for view in self.views if view.name],
            "own": [view for view in self.views if view.name and view.owner_id == user.pk],
            "query": current,
            "standing": self.standing(),
            "plain": PLAIN,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        listing, table = self.listing, self.listing.table
        listing.paginate()
        table.caption = self.subject.caption(table.paginator.count)
        mistakes = [*listing.mistakes(), *listing.page_mistakes()]
        if self.request.GET.get("view", PLAIN) != PLAIN:
            mistakes.append(_("没有这个视图，或它没有与您共享；现按表格的默认版式显示。"))
        return (
            self.frame()
            | context
            | {
                # A page that reports mistakes is made for its reader alone.
                "remembering": None if mistakes else context.get("remembering"),
                "report": self.subject.report,
                "subject": self.subject,
                "table": table,
                "filter": listing.filterset,
                "filters": listing.filters,
                "page_sizes": PAGE_SIZES,
                "pages": table.paginator.get_elided_page_range(table.page.number, on_each_side=2, on_ends=1),
                "formats": self.formats(),
                "choices": self._choices(),
                "asked": list(listing.query),
                "mistakes": mistakes,
                "notices": [*context.get("notices", []), *mistakes],
                "has_sample": self.subject.page_has_sample(listing),
            }
        )

    def formats(self) -> dict[str, str]:
        """The files that the table is offered as: address suffix → label."""
        return {suffix: format.label for suffix, format in FORMATS.items() if suffix != "jsonl"}

    def _choices(self) -> list[tuple[str, str, int | None]]:
        """The columns that may be chosen, those shown first: name, header, and place among those shown."""
        table = self.listing.table
        names = [*table.layout, *(name for name in table.choosable if name not in table.layout)]
        return [
            (name, str(table.choosable[name].header), number if name in table.layout else None)
            for number, name in enumerate(names, 1)
        ]

    def _usual_view(self) -> SavedView | None:
        """What an address opens that says nothing of the table: the default view, or else how it was last looked at."""
        if self.listing.is_asked:
            return None
        own = [view for view in self.views if view.owner_id == self.request.user.pk]
        if chosen := next((view for view in own if view.is_default), None):
            return chosen
        last = next((view for view in own if not view.name and view.query), None)
        # It may have been another year's table, of which this one cannot follow everything.
        if last and any(self.subject.listing(QueryDict(last.query)).mistakes()):
            return None
        return last

    def _remember(self, mistakes: list[str]) -> None:
        """Keeps what the reader makes of the table on this page itself; a link from elsewhere changes nothing."""
        here = self.request.build_absolute_uri(self.request.path)
        if mistakes or not self.request.user.is_authenticated or not self.listing.is_asked:
            return
        query = self.listing.query.urlencode()
        last = next((view.query for view in self.views if view.owner == self.request.user and not view.name), "")
        if query != last and self.request.headers.get("Referer", "").partition("?")[0] == here:
            SavedView.objects.remember(self.request.user, self.subject.key, query)

    def _redirect(self, query: QueryDict) -> HttpResponse:
        """The table's address with another view of it, for the same month."""
        address = self.standing()
        for name, values in (query or QueryDict(f"view={PLAIN}")).lists():
            address.setlist(name, values)
        return redirect(f"{self.request.path}?{address.urlencode()}")


class SavedViewChange(View):
    """Deletes one of the person's own views, or makes it the table's default or no longer so."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        own = SavedView.objects.editable_by(request.user).named().filter(pk=pk)
        view = own.first()
        if view is None:
            raise Http404(_("没有这个视图，或它不是您建立的。"))
        if "discard" in request.POST:
            own.discard()
            messages.success(request, _("已删除视图“%(name)s”。") % {"name": view.name})
        else:
            view.is_default = "default" in request.POST
            done = _("“%(name)s”现为默认视图。") if view.is_default else _("“%(name)s”不再是默认视图。")
            try:
                SavedView.objects.keep(view)
            except ValidationError as error:  # its owner has left the department with which it is shared
                messages.error(request, _("视图没有改动：%(reason)s") % {"reason": "".join(error.messages)})
            else:
                messages.success(request, done % {"name": view.name})
        back = request.POST.get("next", "")
        allowed = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        return redirect(back if allowed else "overview")


class MonthTablePage(SavedViewsMixin, MonthPage):
    def standing(self) -> QueryDict:
        return QueryDict(self.as_of.query, mutable=True)


class TargetTablePage(MonthTablePage):
    """What 进度总表 is about, for the reader of a page or file."""

    @cached_property
    def subject(self) -> TargetSubject:
        user = self.request.user
        return TargetSubject(
            Target.objects.visible_to(user),
            Department.objects.visible_to(user),
            self.as_of.report,
            self.as_of.month,
            self.known_at,
            public=not user.is_authenticated,
        )


class UpdateTablePage(MonthTablePage):
    """What 进展填报 is about, for the reader of a page or file."""

    permission_required = "tracker.view_progressupdate"

    @cached_property
    def subject(self) -> UpdateSubject:
        user = self.request.user
        return UpdateSubject(
            ProgressUpdate.objects.visible_to(user),
            Department.objects.visible_to(user),
            self.as_of.report,
            self.as_of.month,
            self.known_at,
            looks_back=self.as_of.looks_back,
            public=not user.is_authenticated,
        )


class DepartmentTablePage(MonthTablePage):
    """What 单位排名 is about, for the reader of a page or file."""

    @cached_property
    def subject(self) -> DepartmentSubject:
        user = self.request.user
        return DepartmentSubject(
            Target.objects.visible_to(user),
            self.as_of.report,
            self.as_of.month,
            self.known_at,
            public=not user.is_authenticated,
        )

    def link(self, code: str) -> str:
        """The address of a row's department."""
        return f"{reverse('department', args=[code])}?{self.as_of.query}"


class TimelessTablePage(SavedViewsMixin, Page):
    """A table of no month and instant, whose rows have no pages. It keeps the month of the page that led to it."""

    rows_have_pages = False


class ResultTablePage(TimelessTablePage):
    """What 上年实绩 is about, for the reader of a page or file."""

    permission_required = "tracker.view_annualresult"
    kwargs: dict[str, Any]

    @cached_property
    def subject(self) -> ResultSubject:
        """
        Raises:
            Http404: no report reviews or plans the year.
        """
        user, year = self.request.user, self.kwargs["year"]
        reports = {report.review_year: report for report in WorkReport.objects.leading()}
        report = reports.get(year) or reports.get(year - 1)
        if report is None:
            raise Http404(_("没有登记这一年度的报告。"))
        return ResultSubject(AnnualResult.objects.visible_to(user), report, year, public=not user.is_authenticated)


class HistoryTablePage(TimelessTablePage):
    """What 变更历史 is about, for the reader of a page or file."""

    permission_required = PERMISSION

    @cached_property
    def subject(self) -> HistorySubject:
        return HistorySubject(changes_visible_to(self.request.user), current_report())


class OverdueTablePage(TimelessTablePage):
    """What 催报 is about, for the reader of a page or file. It is never public."""

    permission_required = "tracker.view_target"

    def has_permission(self) -> bool:
        return self.request.user.is_authenticated and super().has_permission()

    @cached_property
    def subject(self) -> OverdueSubject:
        user: Any = self.request.user
        return OverdueSubject(
            visible_to(Target.objects.all(), user), Department.objects.visible_to(user), current_report()
        )

    def made_from(self) -> Iterable[Any]:
        """The reminders, which are no part of the ledger."""
        return [*Reminder.objects.aggregate(Max("sent_at"), Count("pk")).values()]


class Targets(TargetTablePage, TablePage):
    """进度总表: every target with its verdict."""

    template_name = "reports/targets.html"


class Updates(UpdateTablePage, TablePage):
    """进展填报: every revision of every update."""

    template_name = "reports/updates.html"

    def formats(self) -> dict[str, str]:
        return {suffix: format.label for suffix, format in FORMATS.items()}


class Results(ResultTablePage, TablePage):
    """上年实绩: what was achieved in a year, in the order of the report."""

    template_name = "reports/results.html"


class History(HistoryTablePage, TablePage):
    """变更历史: who changed what, when and from where."""

    template_name = "reports/history.html"


class Overdue(OverdueTablePage, TablePage):
    """催报: the reports that are overdue or soon due."""

    template_name = "reports/overdue.html"
