"""Tables as files: the very rows and columns of their pages."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.generic import View

from tracker.models import Department, Target

from .. import sheets
from ..exports import FORMATS, NoRoomError, Sheet
from ..listing import PLAIN
from ..subjects import DepartmentDocumentSubject
from .base import MonthPage
from .tables import (
    DepartmentTablePage,
    HistoryTablePage,
    OverdueTablePage,
    ResultTablePage,
    SavedViewsMixin,
    TargetTablePage,
    UpdateTablePage,
)


class TableFile(SavedViewsMixin, View):
    """A table as a file: `view` as the address filters, sorts and lays it out, or `all` there is.

    Where the address has errors the response redirects to the page, which lists them: no file is made of another query.

    `?bom=0` leaves out the byte order mark of a CSV file; `?notes=1` adds title and notes to CSV and JSON.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        subject, format = self.subject, FORMATS[self.kwargs["format"]]
        listing = None
        if self.kwargs.get("scope") == "view":
            view = self.view_asked_for()
            listing = subject.listing(QueryDict(view.query) if view else request.GET)
            if any(listing.mistakes()) or (not view and request.GET.get("view", PLAIN) != PLAIN):
                return self.redirect_to_page()
        sheet = subject.sheet(
            format,
            made_by=made_by(request),
            listing=listing,
            bom=request.GET.get("bom") != "0",
            with_notes=request.GET.get("notes") == "1",
        )
        name = sheets.file_name(sheet.title, subject.month, timezone.now())
        try:
            return download(sheet, name, self.kwargs["format"])
        except NoRoomError as error:
            messages.error(request, str(error))
            return self.redirect_to_page()

    def redirect_to_page(self) -> HttpResponseBase:
        """To the page whose file it is, with the same address."""
        return redirect(f"./?{self.request.GET.urlencode()}")


class TargetExport(TargetTablePage, TableFile):
    """进度总表 as a file."""


class UpdateExport(UpdateTablePage, TableFile):
    """进展填报 as a file."""


class ResultExport(ResultTablePage, TableFile):
    """上年实绩 as a file."""


class DepartmentExport(DepartmentTablePage, TableFile):
    """The ranking of lead departments as a file."""


class HistoryExport(HistoryTablePage, TableFile):
    """变更历史 as a file."""


class OverdueExport(OverdueTablePage, TableFile):
    """催报 as a file."""


class DepartmentDocument(MonthPage, TableFile):
    """通报: the targets of one department as a document."""

    @cached_property
    def subject(self) -> DepartmentDocumentSubject:
        """
        Raises:
            Http404: there is no department of this code.
        """
        user = self.request.user
        departments = Department.objects.visible_to(user)
        if (department := departments.filter(code=self.kwargs["code"]).first()) is None:
            raise Http404(_("没有代码为“%(code)s”的单位，请从单位页中选。") % {"code": self.kwargs["code"]})
        return DepartmentDocumentSubject(
            Target.objects.visible_to(user),
            departments,
            self.as_of.report,
            self.as_of.month,
            self.known_at,
            public=not user.is_authenticated,
            department=department,
        )


def made_by(request: HttpRequest) -> str:
    return str(request.user) if request.user.is_authenticated else _("公开页面")


def download(sheet: Sheet, name: str, suffix: str) -> StreamingHttpResponse:
    """A file to keep, streamed; the database's statement ends with it, also when its reader hangs up.

    A failure after the first piece breaks the file off. One before it is an error page of the server: nothing is sent
    until then.
    """
    format = FORMATS[suffix]
    chunks = format.write(sheet)
    # What is complete before it leaves is made here, where a failure can still be reported. The others must not begin
    # while the rest of the request may still use the database: they keep the connection to themselves.
    made = []
    if format.is_whole:
        with closing(sheet.rows):
            made.append(next(chunks))
    response = StreamingHttpResponse(_pieces(sheet, made, chunks), content_type=format.content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.{suffix}")
    return response


def _pieces(sheet: Sheet, made: Sequence[bytes], chunks: Generator[bytes]) -> Generator[bytes]:
    with closing(sheet.rows), closing(chunks):
        yield from made
        yield from chunks
