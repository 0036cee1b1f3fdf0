"""变更历史: who changed what, when, from which address, old → new, as the database's triggers recorded it.

One row for each change, latest first. Everything that is told of it is SQL, computed only for the rows and columns
that somebody reads: of a million changes a page finds its twenty-five, and describes no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django_cte import CTE, with_cte
from pghistory.core import event_models
from pghistory.models import Context

from .models import ProgressUpdate, User
from .workflow import NAMED

PERMISSION = "tracker.view_history"

#: What was done, by its code.
ACTIONS = {
    "insert": pgettext_lazy("done", "新建"),
    "update": pgettext_lazy("done", "修改"),
    "delete": pgettext_lazy("done", "删除"),
    "password": pgettext_lazy("done", "设置密码"),
    "submit": pgettext_lazy("done", "提交"),
    "endorse": pgettext_lazy("done", "审核通过"),
    "verify": pgettext_lazy("done", "核验通过"),
    "return": pgettext_lazy("done", "退回"),
    "correct": pgettext_lazy("done", "更正"),
    "corrected": pgettext_lazy("done", "被更正"),
}
#: What `str()` calls a record of each kind, in SQL: `{row}` is its row, `{name}` what a foreign key leads to, or a
#: choice in words.
NAMES = {
    "department": "{row}.name",
    "user": "coalesce(nullif({row}.display_name, ''), {row}.username)",
    "group": "{row}.name",
    "membership": "{department} || ' · ' || {user}",
    "rolemembership": "{user} || ' · ' || {group}",
    "planyear": "{row}.year || '年'",
    "margins": "{plan_year} || '评价界限'",
    "workreport": "{row}.plan_year || '年' || {row}.title",
    "section": "{row}.path || ' ' || {row}.title",
    "unit": "{row}.symbol",
    "indicator": "{row}.name",
    "annualresult": "{indicator} || ' ' || {row}.year",
    "target": "{indicator} || ' ' || {row}.year",
    "responsibility": "{target} || ' · ' || {department} || '（' || {role} || '）'",
    "milestone": "{row}.number || '. ' || {row}.name",
    "schedulenode": "{target} || ' ' || {row}.month || '月'",
    "progressupdate": "{target__indicator} || to_char({row}.period, ' YYYY-MM')"
    " || CASE WHEN {row}.revision > 1 THEN ' 第' || {row}.revision || '版' ELSE '' END",
    "evidence": "{row}.name",
}
#: Django's own table of roles names its columns in no Chinese.
LABELS = {"user": gettext_lazy("用户"), "group": gettext_lazy("角色")}
#: Where a file lies on disk, and the number of a row, tell a reader nothing.
HIDDEN = {"id", "file"}

_THIN = ("at", "kind", "event", "record_id", "label")
#: The number of the record that a change is of.
RECORD = "change.record_id"


def recorded() -> list[Any]:
    """The tables of events, one for each kind of record."""
    return [model for model in event_models() if model._meta.app_label == "tracker"]


def kinds() -> dict[str, Any]:
    """What can change, by its code, as people call it in the language in which it is read."""
    return {_kind(events): events.pgh_tracked_model._meta.verbose_name for events in recorded()}


def changes_visible_to(user: User | AnonymousUser) -> models.QuerySet[Any, Any]:
    """Every change, for whoever may read the history; for others none. Adds and Queries: as `changes`."""
    return changes() if user.has_perm(PERMISSION) else changes().none()


def changes(events: Sequence[models.QuerySet[Any]] | None = None) -> models.QuerySet[Any, Any]:
    """Changes as rows of values, latest first; those of records that are gone, too.

    Args:
        events: what was recorded, a queryset for each kind of record; None for everything.

    Adds: `at`; `kind` (code) and `event` (together the key); `record_id`; `label` (of the trigger); `is_sample`;
    `who`; `user_id` and `address` (null without a person); `record` (what it is called now, or was called last);
    `action` (code) and `reason` (why it was returned or corrected; null otherwise); `differences` (a list of
    [label, old, new]; null where nothing is told) and the same as lines of text, `content`. Words are those of the
    language that is active now. Queries: 1 when evaluated.
    """
    first, *rest = [_thin(rows) for rows in events or [model.objects.all() for model in recorded()]]
    change = CTE(first.union(*rest, all=True) if rest else first, name="change")
    person = "(context.metadata->>'user')::bigint"
    address = _of_context("nullif(context.metadata->>'address', '')")
    who = _of_context(f"coalesce({_found(User, person, 'person')}, context.metadata->>'source')")
    nobody = gettext("数据库或后台命令")
    rows: models.QuerySet[Any, Any] = with_cte(change, select=change.queryset())
    told = {
        "is_sample": models.F("sample"),
        "who": _text(f"coalesce({who}, {_quoted(nobody)})"),
        "user_id": RawSQL(_of_context(person), (), models.BigIntegerField()),
        "address": _text(address),
        "record": _text(_by_kind({_kind(model): _found(model.pgh_tracked_model, RECORD) for model in recorded()})),
        "action": _text(_by_kind({"progressupdate": _told(_update_events(), _STEP)}, "change.label")),
        "reason": _text(_by_kind({"progressupdate": _told(_update_events(), _REASON)})),
        "differences": RawSQL(_by_kind(_differences(_LIST)), (), models.JSONField()),
        "content": _text(_by_kind(_differences(_lines()))),
    }
    rows = rows.annotate(**told).values(*_THIN, *told)
    # All changes of one transaction have one time.
    return rows.order_by("-at", "kind", "-event")


def _thin(rows: models.QuerySet[Any]) -> models.QuerySet[Any, Any]:
    """Which events there are, without what they say."""
    has_samples = any(field.name == "is_sample" for field in rows.model._meta.fields)
    thin: models.QuerySet[Any, Any] = rows.order_by().annotate(
        at=models.F("pgh_created_at"),
        kind=models.Value(_kind(rows.model), models.CharField()),
        event=models.F("pgh_id"),
        record_id=models.F("pgh_obj_id"),
        label=models.F("pgh_label"),
        context=models.F("pgh_context_id"),
        sample=models.F("is_sample") if has_samples else models.Value(False),
    )
    return thin.values(*_THIN, "context", "sample")


def _kind(events: Any) -> str:
    return str(events.pgh_tracked_model._meta.model_name)


def _update_events() -> Any:
    return ProgressUpdate.pgh_event_model  # type: ignore[attr-defined]


# --- SQL: of `change`, the row that is told of ---


def _text(sql: str) -> RawSQL:
    return RawSQL(sql, (), models.TextField())


def _quoted(text: Any) -> str:
    """A text as it stands in SQL that is given parameters."""
    return "'" + str(text).replace("'", "''").replace("%", "%%") + "'"


def _by_kind(each: Mapping[str, str], otherwise: str = "NULL") -> str:
    whens = " ".join(f"WHEN '{kind}' THEN {sql}" for kind, sql in each.items())
    return f"CASE change.kind {whens} ELSE {otherwise} END"


def _of_context(sql: str) -> str:
    """What page or command the change came from; null for raw SQL."""
    return f"(SELECT {sql} FROM {Context._meta.db_table} context WHERE context.id = change.context)"


def _told(events: Any, sql: str) -> str:
    """What a change says, read from its record as it was `before` and is `after`; what is not there is null."""
    table = events._meta.db_table
    return f"""(
        SELECT {sql} FROM (SELECT) one
        LEFT JOIN {table} after ON after.pgh_id = change.event AND change.label <> 'delete'
        LEFT JOIN LATERAL (
            SELECT * FROM {table} earlier WHERE earlier.pgh_obj_id = change.record_id
            -- what was deleted is recorded once more as it was
            AND (earlier.pgh_id < change.event OR earlier.pgh_id = change.event AND change.label = 'delete')
            ORDER BY earlier.pgh_id DESC LIMIT 1
        ) before ON true
    )"""


_STEP = f"""CASE
    WHEN change.label = 'insert' AND after.correction_reason <> '' THEN 'correct'
    WHEN change.label <> 'update' THEN change.label
    WHEN after.superseded_at IS DISTINCT FROM before.superseded_at THEN 'corrected'
    {" ".join(f"WHEN (before.status, after.status) = ('{a}', '{b}') THEN '{name}'" for (a, b), name in NAMED.items())}
    ELSE 'update' END"""
_REASON = f"""CASE {_STEP} WHEN 'correct' THEN after.correction_reason WHEN 'return' THEN after.return_reason
    END"""


def _named(model: Any, row: str) -> str:
    """What a row of a model is called, from the columns of the alias `row`."""
    return NAMES[model._meta.model_name].format_map(_Parts(model, row))


class _Parts(dict[str, str]):
    """The parts of a name, by the paths that stand in `NAMES`."""

    def __init__(self, model: Any, row: str) -> None:
        super().__init__(row=row)
        self.model, self.row = model, row

    def __missing__(self, path: str) -> str:
        name, _, further = path.partition("__")
        field = self.model._meta.get_field(name)
        if not isinstance(field, models.ForeignKey):
            return _word(field, f"{self.row}.{field.column}")
        return _found(field.related_model, f"{self.row}.{field.column}", f"{self.row}_{name}", further)


def _found(model: Any, key: str, row: str = "record", part: str = "") -> str:
    """What the record of a number is called; what is gone is called what it was called last.

    Args:
        row: an alias that the statement does not have yet.
        part: another record that belongs to it, instead of itself.
    """
    name = _Parts(model, row)[part] if part else _named(model, row)
    ways = [f"(SELECT {name} FROM {model._meta.db_table} {row} WHERE {row}.id = {key})"]
    if events := getattr(model, "pgh_event_model", None):
        ways.append(
            f"(SELECT {name} FROM {events._meta.db_table} {row} WHERE {row}.pgh_obj_id = {key}"
            f" ORDER BY {row}.pgh_id DESC LIMIT 1)"
        )
    return f"coalesce({', '.join(ways)}, '#' || {key})"


_LIST = "jsonb_agg(jsonb_build_array(label, coalesce(old, ''), coalesce(new, '')) ORDER BY place)"


def _lines() -> str:
    """The differences as a text: a line for each, with old and new, or with what a new record began with."""
    old, new = (f"coalesce(regexp_replace({value}, '\\s*[\\r\\n]+\\s*', ' / ', 'g'), {{}})" for value in ("old", "new"))
    empty = _quoted(gettext("空"))
    begun = _quoted(gettext("%(label)s：%(value)s") % {"label": "%1$s", "value": "%2$s"})
    changed = _quoted(gettext("%(label)s：%(old)s → %(new)s") % {"label": "%1$s", "old": "%2$s", "new": "%3$s"})
    line = f"""CASE change.label WHEN 'insert' THEN format({begun}, label, {new.format(empty)})
        ELSE format({changed}, label, {old.format(empty)}, {new.format(empty)}) END"""
    return f"string_agg({line}, E'\\n' ORDER BY place)"


def _differences(aggregate: str) -> dict[str, str]:
    """By kind of record, an aggregate over the columns that a change changed, each with `label`, `old` and `new`."""
    return {_kind(events): _told(events, f"({_compared(events, aggregate)})") for events in recorded()}


def _compared(events: Any, aggregate: str) -> str:
    fields = [field for field in events._meta.fields if not field.name.startswith("pgh_") and field.name not in HIDDEN]
    labels = [_quoted(LABELS.get(field.verbose_name, field.verbose_name)) for field in fields]
    old, new = ([_shown(field, row) for field in fields] for row in ("before", "after"))
    # Of arrays: a VALUES list would set up the expressions anew for each change.
    pairs = ", ".join(f"ARRAY[{', '.join(texts)}]::text[]" for texts in (labels, old, new))
    return f"""
        SELECT {aggregate} FROM unnest({pairs}) WITH ORDINALITY pair (label, old, new, place)
        WHERE old IS DISTINCT FROM new
    """


def _shown(field: Any, row: str) -> str:
    """A recorded value as people read it; null where nothing is set."""
    value = f"{row}.{field.column}"
    if isinstance(field, models.ForeignKey):
        return _found(field.related_model, value, f"{row}_{field.name}")
    if field.choices:
        return _word(field, value)
    if isinstance(field, models.BooleanField):
        yes, no = _quoted(gettext("是")), _quoted(gettext("否"))
        return f"CASE {value} WHEN true THEN {yes} WHEN false THEN {no} END"
    if isinstance(field, models.DecimalField):
        # The digits that were written, in groups of three.
        return (
            f"to_char({value}, 'FM999,999,999,999,999,990' || CASE WHEN scale({value}) > 0"
            f" THEN '.' || repeat('0', scale({value})) ELSE '' END)"
        )
    if isinstance(field, models.DateTimeField):
        return f"to_char({value} AT TIME ZONE {_quoted(settings.TIME_ZONE)}, 'YYYY-MM-DD HH24:MI:SS')"
    if isinstance(field, models.DateField):
        return f"to_char({value}, 'YYYY-MM-DD')"
    if isinstance(field, ArrayField):
        between = _quoted(gettext("、"))
        return f"nullif(array_to_string({value}, {between}), '')"
    return f"nullif({value}::text, '')"


def _word(field: Any, value: str) -> str:
    whens = " ".join(f"WHEN {_quoted(code)} THEN {_quoted(word)}" for code, word in field.flatchoices)
    return f"CASE {value} {whens} ELSE nullif({value}::text, '') END"
