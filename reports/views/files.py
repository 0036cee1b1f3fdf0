"""Tables as files: the very rows and columns of their pages."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.generic import View

from tracker.models import Department, Target

from .. import sheets
from ..exports import FORMATS, Reads, Sheet, TooManyRowsError
from ..subjects import Subject, UnitSubject
from .base import MonthPage
from .tables import DepartmentTablePage, ResultTablePage, TargetTablePage, UpdateTablePage


class TableFile(View):
    """A table as a file: `view` as the address filters, sorts and lays it out, or `all` there is.

    `?bom=0` leaves out the byte order mark of a CSV file; `?notes=1` adds title and notes to CSV and JSON.
    """

    @cached_property
    def subject(self) -> Subject:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        subject, format = self.subject, FORMATS[self.kwargs["format"]]
        listing = None
        mistakes: list[str] = []
        if self.kwargs.get("scope") == "view":
            listing = subject.listing(request.GET)
            mistakes = list(listing.mistakes())
        sheet = subject.sheet(
            format,
            made_by=made_by(request),
            listing=listing,
            mistakes=mistakes,
            bom=request.GET.get("bom") != "0",
            with_notes=request.GET.get("notes") == "1",
        )
        name = sheets.file_name(sheet.title, subject.month, timezone.now())
        try:
            return download(sheet, name, self.kwargs["format"])
        except TooManyRowsError as error:
            messages.error(request, str(error))
            return redirect(f"./?{request.GET.urlencode()}")  # the page whose file it is


class TargetExport(TargetTablePage, TableFile):
    """进度总表 as a file."""


class UpdateExport(UpdateTablePage, TableFile):
    """进展填报 as a file."""


class ResultExport(ResultTablePage, TableFile):
    """上年实绩 as a file."""


class DepartmentExport(DepartmentTablePage, TableFile):
    """The ranking of lead units as a file."""


class DepartmentDocument(MonthPage, TableFile):
    """通报: one unit's targets as a document."""

    @cached_property
    def subject(self) -> UnitSubject:
        """
        Raises:
            Http404: there is no unit of this code.
        """
        user = self.request.user
        departments = Department.objects.visible_to(user)
        if (department := departments.filter(code=self.kwargs["code"]).first()) is None:
            raise Http404(_("没有代码为“%(code)s”的单位，请从单位页中选。") % {"code": self.kwargs["code"]})
        return UnitSubject(
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
    """A file to keep, streamed; the database's statement ends with it, also when its reader hangs up."""
    format = FORMATS[suffix]
    chunks = format.write(sheet)
    # A file that is complete before its first piece is made here: a failure is an error page and no broken file.
    # The others must not begin while the rest of the request may still use the database.
    first = next(chunks) if format.reads is Reads.VALUES else b""
    response = StreamingHttpResponse(_pieces(sheet, chunks, first), content_type=format.content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.{suffix}")
    return response


def _pieces(sheet: Sheet, chunks: Generator[bytes], first: bytes) -> Generator[bytes]:
    with closing(sheet.rows), closing(chunks):
        yield first
        yield from chunks
