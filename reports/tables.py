"""Tables on screen: built from the same columns as every file, sorted by the database, a bounded page at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import django_tables2
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.data import TableQuerysetData

from .columns import Catalogue, Column, for_people
from .exports import Kind
from .templatetags.figures import UNSET, cell_text
from .templatetags.lights import shape

PAGE_SIZES = (25, 50, 100)

#: The address of the page about a row's target or department, from its code.
Link = Callable[[str], str]


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """One of the offered page sizes, whatever the address asks for."""

    def __init__(self, object_list: Any, per_page: int, **kwargs: Any) -> None:
        allowed = [size for size in PAGE_SIZES if size <= per_page]
        super().__init__(object_list, max(allowed, default=PAGE_SIZES[0]), **kwargs)

    def get_page(self, number: Any) -> Any:
        """The page of this number, or the nearest there is; the first one where it is no number. Queries: 1."""
        return super().get_page(1 if str(number).startswith(("0", "-")) else number)


class Cell(django_tables2.Column):  # type: ignore[misc]
    """A cell of the screen: the column that heads and sorts it, with the small print that belongs to it."""

    def __init__(self, head: Column, columns: Sequence[Column], **kwargs: Any) -> None:
        self.head = head
        #: With what people read in place of stored codes, in the language of this page.
        self.columns = [(column, {code: str(word) for code, word in column.words.items()}) for column in columns]
        number = head.kind.is_number
        super().__init__(
            verbose_name=head.header,
            accessor=head.key,
            empty_values=(),
            attrs={"td": {"class": "n" if number else f"c-{head.name}"}, "th": {"class": "n" if number else ""}},
            **kwargs,
        )

    def render(self, record: Mapping[str, Any], table: LedgerTable) -> SafeString:
        """The cell's HTML, whole: the name heads its row."""
        parts = [part for column, words in self.columns if (part := self._part(column, words, record, table))]
        shown = " ".join(parts) or _UNSET
        if self.head.name == "name":
            return SafeString(f'<th scope="row">{shown}</th>')
        return SafeString(f'<td class="{self.attrs["td"]["class"]}">{shown}</td>')

    def _part(self, column: Column, words: Mapping[Any, str], record: Mapping[str, Any], table: LedgerTable) -> str:
        """The HTML of one column's value; empty where it is unset."""
        value = record[column.key]
        value = words.get(value, value)
        if value is None or value == "":
            return ""
        # By hand: a page has thousands of these, and for each Django's own escaping would look for words to translate.
        shown = escape(cell_text(Kind.TEXT if words else column.kind, value))
        if column.name == "light":
            light = record["light"]
            return f'<span class="light {light}" data-column="light">{shape(light)}{shown}</span>'
        if column is not self.head:
            return f'<small data-column="{column.name}">{shown}</small>'
        if column.name == "name" and table.link:
            return f'<a href="{escape(table.link(record[table.code_key]))}" data-column="name">{shown}</a>'
        negative = ' class="neg"' if column.kind is Kind.POINTS and value < 0 else ""
        return f'<span data-column="{column.name}"{negative}>{shown}</span>'

    def order(self, queryset: QuerySet[Any], is_descending: bool) -> tuple[QuerySet[Any], bool]:
        """By this column, unset last either way, then as the rows were ordered before, which ends in the key."""
        by = F(self.head.order or self.head.key)
        first = by.desc(nulls_last=True) if is_descending else by.asc(nulls_last=True)
        return for_people(queryset, [self.head]).order_by(first, *queryset.query.order_by), True


_UNSET = format_html('<span class="muted">{}</span>', UNSET)


class Rows(TableQuerysetData):  # type: ignore[misc]
    """Records as plain values of the columns shown, read as a file reads them: no row can cost a query of its own."""

    def __init__(self, queryset: QuerySet[Any], columns: Sequence[Column], more: Iterable[str] = ()) -> None:
        super().__init__(for_people(queryset, columns))
        self.keys = list(dict.fromkeys([*(column.key for column in columns), *more]))

    def __getitem__(self, key: Any) -> Any:
        return self.data.values(*self.keys)[key]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.data.values(*self.keys))


class KeyedRows(Rows):
    """Rows whose keys are read first, all in one statement that counts and sorts them; then those of one page.

    For rows that are expensive to annotate: only those of the page are.

    Args:
        some: the rows with given keys, in any order.
    """

    def __init__(
        self,
        queryset: QuerySet[Any],
        columns: Sequence[Column],
        more: Iterable[str],
        some: Callable[[Collection[int]], QuerySet[Any]],
    ) -> None:
        super().__init__(queryset, columns, more)
        self.columns, self.some = columns, some

    @cached_property
    def in_order(self) -> list[tuple[int, bool]]:
        """Each row's key, and whether its figure is demonstration data. Queries: 1."""
        return list(self.data.values_list("pk", "is_sample"))

    def __len__(self) -> int:
        return len(self.in_order)

    def __getitem__(self, key: Any) -> Any:
        pks = [pk for pk, _is_sample in self.in_order[key]]
        found = for_people(self.some(pks), self.columns).values("pk", *self.keys) if pks else []
        by_key = {row["pk"]: row for row in found}
        return [by_key[pk] for pk in pks if pk in by_key]


class LedgerTable(django_tables2.Table):  # type: ignore[misc]
    """A table of model rows.

    Every column of the catalogue can be sorted by; `layout` says which of them the screen shows in which cell.

    Args:
        chosen: names of columns to show, in order; without any of them the catalogue's own cells.
        public: leaves out what the public is not shown.
        link: where a row's name leads.
        some: the rows with given keys, where to select all of them is expensive.
    """

    def __init__(
        self,
        data: QuerySet[Any],
        catalogue: Catalogue,
        *,
        chosen: Iterable[str] = (),
        public: bool = False,
        link: Link | None = None,
        some: Callable[[Collection[int]], QuerySet[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.link, self.code_key = link, catalogue.code_key
        self.choosable = catalogue.choosable(public=public)
        self.layout = catalogue.layout(chosen, public=public)
        cells = [(head, Cell(self.choosable[head], columns)) for head, columns in self.layout.items()]
        hidden = [
            (name, Cell(column, [], visible=False))
            for name, column in self.choosable.items()
            if name not in self.layout
        ]
        shown, more = self.columns_shown, [self.code_key] if link else []
        rows = KeyedRows(data, shown, more, some) if some else Rows(data, shown, more)
        super().__init__(rows, extra_columns=[*cells, *hidden], order_by=(), **kwargs)

    def lines(self) -> Iterator[SafeString]:
        """The rows of the page: the HTML of their cells."""
        cells = [column.column for column in self.columns]
        for row in self.paginated_rows:
            yield SafeString("\n".join(cell.render(row.record, self) for cell in cells))

    @property
    def columns_shown(self) -> list[Column]:
        """Every column that the screen shows, in the order of its cells."""
        return [column for columns in self.layout.values() for column in columns]
