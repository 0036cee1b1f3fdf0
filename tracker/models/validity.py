"""Rows that hold from an instant to an instant: of each series one row holds at any time, without gap or overlap.

A row without `since` holds from the beginning, one without `until` holds on. Whoever adds a row says from when it
holds; the database ends the one before it there. A row that was judged by stays as it is; one that was not may be
edited, or removed again, and then the one before it holds on.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def in_force(instant: dt.datetime | models.Expression | None = None, path: str = "") -> models.Q:
    """The condition that a row holds at `instant` (default: the database's own now).

    Args:
        path: what leads from the model that is asked to the rows, such as `versions__`.
    """
    instant = Now() if instant is None else instant
    begun = models.Q(**{f"{path}since__isnull": True}) | models.Q(**{f"{path}since__lte": instant})
    not_over = models.Q(**{f"{path}until__isnull": True}) | models.Q(**{f"{path}until__gt": instant})
    return begun & not_over


class Series(models.Model):
    """What every row of a series has: from when to when it holds, when it was entered, and whether it is a sample."""

    since = models.DateTimeField(_("生效时间"), null=True, blank=True, help_text=_("不填为自始有效"))
    until = models.DateTimeField(_("失效时间"), null=True, blank=True, editable=False)
    entered_at = models.DateTimeField(_("登记时间"), default=timezone.now, db_default=Now(), editable=False)
    is_sample = models.BooleanField(_("演示数据"), default=False, db_default=False, editable=False)

    class Meta:
        abstract = True


def series_triggers(table: str, of: str, owner: str, judged: str) -> list[Any]:
    """The triggers of a series.

    Args:
        table: where its rows are.
        of: the column that names the series, by the number of its owner.
        owner: the owners' table. Its row is locked while one is added, so that two at once follow each other.
        judged: SQL that tells whether anything was judged by row `OLD`, provided that it was in force.
    """
    is_judged = f"(NOT OLD.is_sample AND (OLD.since IS NULL OR OLD.since <= now()) AND {judged})"
    frozen = "USING ERRCODE = 'check_violation', CONSTRAINT = 'series_frozen'"
    # What a statement changes by itself; the ends of rows are changed from within these triggers.
    by_itself = pgtrigger.Condition("pg_trigger_depth() = 0")
    return [
        pgtrigger.Trigger(
            name="ends_the_one_before",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("last", f"{table}%ROWTYPE")],
            func=f"""
                PERFORM FROM {owner} WHERE id = NEW.{of} FOR NO KEY UPDATE;
                SELECT * INTO last FROM {table} WHERE {of} = NEW.{of} AND until IS NULL;
                IF FOUND THEN
                    IF NEW.since IS NULL OR NEW.since <= last.since THEN
                        RAISE EXCEPTION 'a row begins after the one before it'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'series_follows';
                    END IF;
                    UPDATE {table} SET until = NEW.since WHERE id = last.id;
                END IF;
                RETURN NEW;
            """,  # noqa: S608 (names from our own code, here and below)
        ),
        pgtrigger.Trigger(
            name="frozen",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=by_itself,
            func=f"""
                IF NEW IS DISTINCT FROM OLD AND ({is_judged}
                    OR (NEW.{of}, NEW.since, NEW.until, NEW.is_sample)
                        IS DISTINCT FROM (OLD.{of}, OLD.since, OLD.until, OLD.is_sample)
                ) THEN
                    RAISE EXCEPTION 'what was judged by stays as it was' {frozen};
                END IF;
                RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            name="kept",
            when=pgtrigger.Before,
            operation=pgtrigger.Delete,
            condition=by_itself,
            func=f"""
                IF {is_judged} OR OLD.until IS NOT NULL THEN
                    RAISE EXCEPTION 'what was judged by is kept' {frozen};
                END IF;
                RETURN OLD;
            """,
        ),
        pgtrigger.Trigger(
            name="the_one_before_holds_on",
            when=pgtrigger.After,
            operation=pgtrigger.Delete,
            func=f"""
                UPDATE {table} SET until = NULL WHERE {of} = OLD.{of} AND until = OLD.since;
                RETURN NULL;
            """,  # noqa: S608
        ),
    ]
