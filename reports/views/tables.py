"""Pages that are one table."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from tracker.models import AnnualResult, Department, ProgressUpdate, SavedView, Sharing, Target, WorkReport

from ..exports import FORMATS
from ..listing import PLAIN, Listing, laid_out
from ..subjects import DepartmentSubject, ResultSubject, Subject, TargetSubject, UpdateSubject
from ..tables import PAGE_SIZES
from .base import MonthPage, Page


class TablePage(TemplateView):
    """A page that is one table: filtered, sorted, paged and laid out by its address, and forgiving about it."""

    @cached_property
    def subject(self) -> Subject:
        raise NotImplementedError

    @cached_property
    def listing(self) -> Listing:
        return self.subject.listing(self.request.GET, self.link)

    def link(self, code: str) -> str:
        """Where the name of a row's target leads."""
        return f"{reverse('target', args=[code])}?{self.standing().urlencode()}"

    def standing(self) -> QueryDict:
        """What every address of the page keeps: the month and instant that it speaks for."""
        return QueryDict(mutable=True)

    @cached_property
    def views(self) -> list[SavedView]:
        """The table's saved views that the reader may open; the one without a name is how it was last looked at."""
        found = SavedView.objects.visible_to(self.request.user).filter(table=self.subject.key)
        return list(found.select_related("owner", "department"))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "lay" in request.GET:
            return self._lead_to(self.listing.known(laid_out(request.GET)))
        if view := self._view_asked_for():
            return self._lead_to(self.listing.known(QueryDict(view.query)))
        context = self.get_context_data(**kwargs)
        self._remember(context["mistakes"])
        return self.render_to_response(context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Keeps what the address shows as a view under a name."""
        if not request.user.is_authenticated:
            return self.handle_no_permission()  # type: ignore[attr-defined,no-any-return]
        view = SavedView(
            owner=request.user,
            table=self.subject.key,
            name=request.POST.get("name", "").strip(),
            query=self.listing.query.urlencode(),
            is_default="is_default" in request.POST,
        )
        try:
            view.sharing, view.department = _sharing(request)
            if mistakes := list(self.listing.mistakes()):
                raise ValidationError(mistakes)
            if not view.name:
                raise ValidationError(_("请给视图起一个名称。"))
            SavedView.objects.keep(view)
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, _("视图没有保存：%(reason)s") % {"reason": message})
        else:
            messages.success(request, _("已保存视图“%(name)s”。") % {"name": view.name})
        return self._lead_to(self.listing.query)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        listing, table = self.listing, self.listing.table
        listing.paginate()
        table.caption = self.subject.caption(table.paginator.count)
        mistakes = [*listing.mistakes(), *listing.page_mistakes()]
        if self.request.GET.get("view", PLAIN) != PLAIN:
            mistakes.append(_("没有这个视图，或它没有与您共享；现按表格的默认版式显示。"))
        current = listing.query.urlencode()
        return context | {
            "subject": self.subject,
            "table": table,
            "filter": listing.filterset,
            "filters": listing.filters,
            "page_sizes": PAGE_SIZES,
            "pages": table.paginator.get_elided_page_range(table.page.number, on_each_side=2, on_ends=1),
            "formats": self.formats(),
            "choices": self._choices(),
            "views": [(view, view.query == current) for view in self.views if view.name],
            "own": [view for view in self.views if view.name and view.owner_id == self.request.user.pk],
            "units": Department.objects.of(self.request.user) if self.request.user.is_authenticated else [],
            "query": current,
            "standing": self.standing(),
            "asked": list(listing.query),
            "plain": PLAIN,
            "mistakes": mistakes,
            "notices": [*context.get("notices", []), *mistakes],
            "has_sample": self.subject.has_sample(listing.rows),
        }

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

    def _view_asked_for(self) -> SavedView | None:
        """The saved view that the address opens; one that says nothing opens the default, or else the last one."""
        if asked := self.request.GET.get("view"):
            return next((view for view in self.views if str(view.pk) == asked), None)
        if self.listing.is_asked:
            return None
        own = [view for view in self.views if view.owner_id == self.request.user.pk]
        chosen = next((view for view in own if view.is_default), None)
        last = next((view for view in own if not view.name and view.query), None)
        return chosen or last

    def _remember(self, mistakes: list[str]) -> None:
        """Keeps what the reader makes of the table on this page itself; a link from elsewhere changes nothing."""
        here = self.request.build_absolute_uri(self.request.path)
        if mistakes or not self.request.user.is_authenticated or not self.listing.is_asked:
            return
        query = self.listing.query.urlencode()
        last = next((view.query for view in self.views if view.owner == self.request.user and not view.name), "")
        if query != last and self.request.headers.get("Referer", "").partition("?")[0] == here:
            SavedView.objects.remember(self.request.user, self.subject.key, query)

    def _lead_to(self, query: QueryDict) -> HttpResponse:
        """The table's address with another view of it, for the same month."""
        address = self.standing()
        for name, values in (query or QueryDict(f"view={PLAIN}")).lists():
            address.setlist(name, values)
        return redirect(f"{self.request.path}?{address.urlencode()}")


def _sharing(request: HttpRequest) -> tuple[str, Department | None]:
    """With whom a view is to be shared: `private`, `everyone`, or the code of one of the person's units.

    Raises:
        ValidationError: it is anything else.
    """
    asked = request.POST.get("sharing", Sharing.PRIVATE)
    if asked in {Sharing.PRIVATE, Sharing.EVERYONE}:
        return asked, None
    department = Department.objects.of(request.user).filter(code=asked.removeprefix("unit-")).first()
    if department is None:
        raise ValidationError(_("只能与自己所属的单位共享，请改选。"))
    return Sharing.UNIT, department


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
            SavedView.objects.keep(view)
            messages.success(
                request,
                _("“%(name)s”现为默认视图。") % {"name": view.name}
                if view.is_default
                else _("“%(name)s”不再是默认视图。") % {"name": view.name},
            )
        back = request.POST.get("next", "")
        allowed = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        return redirect(back if allowed else "overview")


class MonthTablePage(MonthPage):
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
        """Where the name of a row's unit leads."""
        return f"{reverse('department', args=[code])}?{self.as_of.query}"


class ResultTablePage(Page):
    """What 上年实绩 is about, for the reader of a page or file."""

    permission_required = "tracker.view_annualresult"
    kwargs: dict[str, Any]

    def standing(self) -> QueryDict:
        # Results are of a year, but whoever came from a month and instant goes back to them.
        asked = self.request.GET
        address = QueryDict(mutable=True)
        address.update({name: asked[name] for name in ("as_of", "known_at") if asked.get(name)})
        return address

    @cached_property
    def subject(self) -> ResultSubject:
        """
        Raises:
            Http404: no report speaks of the year.
        """
        user, year = self.request.user, self.kwargs["year"]
        reports = {report.review_year: report for report in WorkReport.objects.all()}
        report = reports.get(year) or reports.get(year - 1)
        if report is None:
            raise Http404(_("没有登记这一年度的报告。"))
        return ResultSubject(AnnualResult.objects.visible_to(user), report, year, public=not user.is_authenticated)


class Targets(TargetTablePage, TablePage):
    """进度总表: every target with its verdict."""

    template_name = "reports/targets.html"


class Updates(UpdateTablePage, TablePage):
    """进展填报: what was stated, every revision of it."""

    template_name = "reports/updates.html"

    def formats(self) -> dict[str, str]:
        return {suffix: format.label for suffix, format in FORMATS.items()}


class Results(ResultTablePage, TablePage):
    """上年实绩: what was achieved in a year, in the order of the report."""

    template_name = "reports/results.html"

    def link(self, code: str) -> str:
        return ""  # a result has no page of its own

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(report=self.subject.report, **kwargs)
