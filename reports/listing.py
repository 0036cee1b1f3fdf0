"""One table as an address asks for it: the page, its files and `manage.py export --view` read an address alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from tracker.models.saved_view import QUERY_LENGTH

from .columns import Catalogue, Column
from .filters import LedgerFilter
from .tables import PAGE_SIZES, BoundedPaginator, LedgerTable, Link

#: What an address may say of a table besides its filters.
LAYOUT = ("sort", "columns", "per_page")
#: `?view=…` opens a saved view by its number; this one shows the table as it is laid out for everybody.
PLAIN = "all"


class Listing:
    """Rows filtered, sorted and laid out in the chosen columns. What is invalid is ignored and listed in `mistakes`.

    Args:
        params: the address's parameters.
        filterset: bound to them, over all rows that the reader may see.
        public: leaves out what the public is not shown.
        link: where a row's name leads.
        per_page: rows on a page, unless the address says so.
        some: the rows with given keys, where to select all of them is expensive.
    """

    def __init__(
        self,
        params: QueryDict,
        catalogue: Catalogue,
        filterset: LedgerFilter,
        *,
        public: bool = False,
        link: Link | None = None,
        per_page: int = PAGE_SIZES[0],
        some: Callable[[Collection[int]], QuerySet[Any]] | None = None,
    ) -> None:
        self.params = params
        self.filterset = filterset
        self.per_page = per_page
        self.asked_columns = [name for name in params.get("columns", "").split(",") if name]
        self.table = LedgerTable(
            filterset.qs, catalogue, chosen=self.asked_columns, public=public, link=link, some=some
        )
        self.table.order_by = params.getlist("sort")

    @property
    def rows(self) -> Any:
        """The queryset of what the table lists, in its order."""
        return self.table.data.data

    @property
    def columns(self) -> list[Column]:
        return self.table.columns_shown

    @cached_property
    def filters(self) -> list[str]:
        """The filters in words."""
        return self.filterset.in_words()

    @property
    def is_asked(self) -> bool:
        """Whether the address says anything of the table."""
        return any(name in self.params for name in (*self.filterset.filters, *LAYOUT, "view", "page"))

    @property
    def query(self) -> QueryDict:
        """What the address says of the table, and nothing else: no month, no page, nothing empty."""
        return self.known(self.params)

    def known(self, params: QueryDict) -> QueryDict:
        """Of an address, what this table understands."""
        kept = QueryDict(mutable=True)
        for name in (*self.filterset.filters, *LAYOUT):
            # What is too long to be kept is too long for an address that leads on.
            if values := [value for value in params.getlist(name) if 0 < len(value) <= QUERY_LENGTH]:
                kept.setlist(name, values)
        return kept

    def paginate(self) -> None:
        """Puts the page that is asked for, or the nearest there is, on the table. Queries: 1."""
        asked = self.params.get("per_page", "")
        # More digits than any size has would take long to read.
        size = int(asked) if asked.isdecimal() and len(asked) < 10 else self.per_page
        self.table.paginator = BoundedPaginator(self.table.rows, size)
        self.table.page = self.table.paginator.get_page(self.params.get("page", 1))

    def mistakes(self) -> Iterator[str]:
        """What the address asks of the table and cannot have, as sentences; the table shows the nearest it has."""
        yield from self.filterset.mistakes
        for name in filter(None, self.params.getlist("sort")):
            if name.removeprefix("-") not in self.table.choosable:
                yield _("没有可排序的列“%(name)s”，未按它排序。") % {"name": name[:20]}
        for name in self.asked_columns:
            if name not in self.table.choosable:
                yield _("没有名为“%(name)s”的列，已略去。") % {"name": name[:20]}

    def page_mistakes(self) -> Iterator[str]:
        """The same of the page and its size; call `paginate` first."""
        page = self.table.page
        if self.params.get("per_page", "") not in ("", *map(str, PAGE_SIZES)):
            yield _("每页行数只能是 25、50 或 100，现每页%(size)s行。") % {"size": page.paginator.per_page}
        if (asked := self.params.get("page") or "1") != str(page.number):
            yield _("没有第“%(asked)s”页，现显示第%(shown)s页。") % {"asked": asked[:20], "shown": page.number}


def with_layout(params: QueryDict) -> QueryDict:
    """The address that the form for choosing columns asks for.

    The form sends `show` for each ticked column, `at-<column>` for its place and `lay`; the address says
    `columns=name,value` instead. Places are numbers; equal and unreadable ones keep the form's order.
    """
    address = params.copy()
    shown = params.getlist("show")
    for name in [name for name in params if name in {"show", "lay", "page", "columns"} or name.startswith("at-")]:
        del address[name]
    if params["lay"] == "chosen" and shown:
        address["columns"] = ",".join(sorted(shown, key=lambda name: _place(params.get(f"at-{name}", ""))))
    return address


def _place(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
