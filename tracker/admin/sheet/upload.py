"""The month's sheet out and back: the workbook to fill in, its upload, what it would change, and the confirmation.

Between looking and confirming nothing is kept here: the page carries the rows that it showed, signed, with a digest of
what was seen of the ledger. Confirming looks again; where it sees something else, nothing is written and the page shows
how things stand now.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tracker.models import User
from tracker.spreadsheets import importing, reading, writing
from tracker.text import listed, month

from ..refused import RefusedError, refusals
from .choice import Choice, sheet_choice
from .page import SaveOutcome, Sheet, reporting_user
from .rows import SheetRow, meaning_shown

SALT = "tracker.admin.upload"
#: How long a preview can be confirmed, in seconds.
VALID_FOR = 12 * 60 * 60
#: What the other fields of the form may take.
ROOM = 10_000


def sheet_download(request: HttpRequest) -> FileResponse:
    """The sheet that the address names as a workbook, with what is reported already."""
    user = reporting_user(request)
    choice = sheet_choice(user, request.GET)
    if choice is None:
        raise Http404
    sheet = Sheet(choice, user)
    sheet.explain()
    title = _("%(unit)s %(month)s月度填报表") % {"unit": choice.department, "month": month(choice.period)}
    lines = [
        writing.WorkbookLine(row.update, row.is_open, row.state, _previous(row), row.expected, row.steps)
        for row in sheet.rows
    ]
    content = io.BytesIO(writing.write_sheet(title, lines))
    return FileResponse(content, as_attachment=True, filename=f"{title}.xlsx", content_type=writing.CONTENT_TYPE)


def _previous(row: SheetRow) -> str:
    return f"{row.previous_summary}\n{month(row.previous.period)}" if row.previous else ""


def sheet_upload(request: HttpRequest) -> HttpResponse:
    """Choose a file; see what it would change; confirm."""
    user = reporting_user(request)
    page = _Page(request, user, sheet_choice(user, request.GET))
    if request.method != "POST":
        return page.choose_file()
    return page.confirm(request.POST["preview"]) if "preview" in request.POST else page.look()


class _Page:
    def __init__(self, request: HttpRequest, user: User, choice: Choice | None) -> None:
        self.request, self.user, self.choice = request, user, choice

    def choose_file(self, refusal: str = "") -> HttpResponse:
        return self._render(
            "admin/tracker/upload.html", refusal=refusal, megabytes=reading.LARGEST // 1024**2, rows=reading.MOST_ROWS
        )

    def look(self) -> HttpResponse:
        """What the uploaded file would change."""
        file = self.request.FILES.get("file")
        if file is None:
            return self.choose_file(_("请选择要上传的文件。"))
        try:
            # As much as tells that it is too large.
            data = file.read(reading.LARGEST + 1)
            content = importing.read_rows(reading.read_tables(file.name or "", data))
        except ValidationError as error:
            return self.choose_file(" ".join(error.messages))
        return self._preview(content.rows, file.name or "", content.unread)

    def confirm(self, preview: str) -> HttpResponse:
        """Write what was shown, if it still holds."""
        try:
            shown = signing.loads(preview, salt=SALT, max_age=VALID_FOR)
        except signing.BadSignature:
            shown = {}
        if shown.get("user") != self.user.pk:
            return self.choose_file(_("预览已经失效，没有保存；请重新上传。"))
        rows = [importing.UploadRow(*row) for row in shown["rows"]]
        submit = "_submit" in self.request.POST
        try:
            with refusals():
                found = importing.Import(self.user, rows, for_update=True)
                if is_unchanged := found.seen() == shown["seen"]:
                    found.save(submit=submit)
        except RefusedError as error:
            reason = " ".join(error.reason.messages)
            messages.error(self.request, _("没有保存。%(reason)s") % {"reason": reason})
        else:
            if is_unchanged:
                count = len(found.writing)
                SaveOutcome(count, submitted=count if submit else 0).add_messages(self.request)
                return redirect(self._address("month_sheet"))
            messages.warning(self.request, _("预览之后台账有了变化，没有保存；请看下面的最新情况，再行确认。"))
        return self._preview(rows, shown["name"], [])

    def _preview(self, rows: Sequence[importing.UploadRow], name: str, unread: Sequence[str]) -> HttpResponse:
        found = importing.Import(self.user, rows)
        writing_lines = found.writing
        shown = {"user": self.user.pk, "name": name, "seen": found.seen(), "rows": [line.row for line in writing_lines]}
        preview = signing.dumps(shown, salt=SALT, compress=True)
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is not None and len(preview) > limit - ROOM:
            return self.choose_file(_("一次改动的内容太多，请把文件分成几份上传。"))
        return self._render(
            "admin/tracker/upload_preview.html",
            name=name,
            unread=listed(unread),
            counts=found.counts,
            refused=found.refused,
            writing=[
                (line, meaning_shown(line.finding.meaning) if line.finding.meaning else None) for line in writing_lines
            ],
            incomplete=sum(bool(line.objections) for line in writing_lines),
            preview=preview,
            has_sample=any(line.after.is_sample for line in writing_lines if line.after),
        )

    def _render(self, template: str, **context: Any) -> HttpResponse:
        page = {
            "title": _("上传填报表"),
            "choice": self.choice,
            "back": self._address("month_sheet"),
            "is_nav_sidebar_enabled": False,  # as on the sheet itself
        }
        return TemplateResponse(self.request, template, {**admin.site.each_context(self.request), **page, **context})

    def _address(self, name: str) -> str:
        query = f"?{self.choice.query}" if self.choice else ""
        return reverse(f"admin:{name}") + query
