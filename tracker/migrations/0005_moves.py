"""Moves of updates; those of a ledger of 0.1 are read from what its events say."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.lookups
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


#: Each change of state that the events tell. An update's own columns state the instant of a step, also of one that was
#: replayed; for a return there is only the time of its event. No step is later than what followed it.
MOVES = """
INSERT INTO tracker_move (
    update_id, target_id, period, revision, is_sample, from_status, to_status, moved_by_id, moved_at, reason
)
SELECT update_id, target_id, period, revision, is_sample, from_status, to_status,
    (SELECT id FROM tracker_user WHERE id = moved_by),
    min(moved_at) OVER later,
    CASE to_status WHEN 'draft' THEN correction_reason WHEN 'returned' THEN return_reason ELSE '' END
FROM (
    SELECT event.*, pgh_obj_id AS update_id,
        lag(status, 1, '') OVER story AS from_status,
        CASE pgh_label WHEN 'delete' THEN '' ELSE status END AS to_status,
        bool_or(pgh_label = 'delete') OVER whole AND (is_sample OR bool_and(status = 'draft') OVER whole) AS is_nothing,
        CASE WHEN pgh_label = 'delete' THEN person
            WHEN status = 'draft' THEN entered_by_id
            WHEN status = 'submitted' THEN coalesce(person, entered_by_id)
            WHEN status = 'endorsed' THEN coalesce(endorsed_by_id, person, entered_by_id)
            WHEN status = 'verified' THEN verified_by_id
            ELSE person END AS moved_by,
        coalesce(CASE WHEN pgh_label = 'delete' THEN NULL
            WHEN status = 'draft' THEN entered_at
            WHEN status = 'submitted' THEN submitted_at
            WHEN status = 'endorsed' THEN coalesce(endorsed_at, submitted_at)
            WHEN status = 'verified' THEN verified_at END, pgh_created_at) AS moved_at
    FROM tracker_progressupdateevent event
    LEFT JOIN LATERAL (
        SELECT (metadata->>'user')::bigint AS person FROM pghistory_context WHERE id = event.pgh_context_id
    ) context ON true
    WINDOW story AS (PARTITION BY pgh_obj_id ORDER BY pgh_id), whole AS (PARTITION BY pgh_obj_id)
) told
WHERE from_status <> to_status AND NOT is_nothing
WINDOW later AS (PARTITION BY update_id ORDER BY pgh_id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
ORDER BY pgh_id
"""
#: 0.1 had no column for it.
RETURNS = """
UPDATE tracker_progressupdate u SET returned_at = m.moved_at, returned_by_id = m.moved_by_id
FROM (SELECT DISTINCT ON (update_id) * FROM tracker_move ORDER BY update_id, id DESC) m
WHERE m.update_id = u.id AND u.status = 'returned'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tracker', '0004_one_duty_and_succession'),
    ]

    operations = [
        migrations.CreateModel(
            name='Move',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', models.DateField(verbose_name='报告期')),
                ('revision', models.PositiveSmallIntegerField(verbose_name='版次')),
                ('from_status', models.CharField(blank=True, choices=[('draft', '草稿'), ('submitted', '待审核'), ('endorsed', '待核验'), ('verified', '已核验'), ('returned', '已退回')], max_length=9, verbose_name='原状态')),
                ('to_status', models.CharField(blank=True, choices=[('draft', '草稿'), ('submitted', '待审核'), ('endorsed', '待核验'), ('verified', '已核验'), ('returned', '已退回')], max_length=9, verbose_name='新状态')),
                ('moved_at', models.DateTimeField(verbose_name='办理时间')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='原因')),
                ('is_sample', models.BooleanField(default=False, verbose_name='演示数据')),
            ],
            options={
                'verbose_name': '流转记录',
                'verbose_name_plural': '流转记录',
                'ordering': ['-pk'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='progressupdate',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='progressupdate',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='progressupdate',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='progressupdate',
            name='returned_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='退回时间'),
        ),
        migrations.AddField(
            model_name='progressupdate',
            name='returned_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='退回人'),
        ),
        migrations.AddField(
            model_name='progressupdate',
            name='submitted_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='提交人'),
        ),
        migrations.AddField(
            model_name='progressupdateevent',
            name='returned_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='退回时间'),
        ),
        migrations.AddField(
            model_name='progressupdateevent',
            name='returned_by',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='退回人'),
        ),
        migrations.AddField(
            model_name='progressupdateevent',
            name='submitted_by',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='提交人'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='progressupdate',
            trigger=pgtrigger.compiler.Trigger(name='record_move', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF TG_OP = 'UPDATE' AND OLD.status = NEW.status THEN\n                        RETURN NULL;\n                    END IF;\n                    INSERT INTO tracker_move (\n                        update_id, target_id, period, revision, is_sample, from_status, to_status,\n                        moved_by_id, moved_at, reason\n                    )\n                    VALUES (\n                        NEW.id, NEW.target_id, NEW.period, NEW.revision, NEW.is_sample,\n                        CASE WHEN TG_OP = 'UPDATE' THEN OLD.status ELSE '' END, NEW.status,\n                        CASE NEW.status WHEN 'draft' THEN NEW.entered_by_id\n                            WHEN 'submitted' THEN NEW.submitted_by_id\n                            WHEN 'endorsed' THEN coalesce(NEW.endorsed_by_id, NEW.submitted_by_id)\n                            WHEN 'verified' THEN NEW.verified_by_id\n                            WHEN 'returned' THEN NEW.returned_by_id END,\n                        coalesce(CASE NEW.status WHEN 'draft' THEN NEW.entered_at\n                            WHEN 'submitted' THEN NEW.submitted_at\n                            WHEN 'endorsed' THEN coalesce(NEW.endorsed_at, NEW.submitted_at)\n                            WHEN 'verified' THEN NEW.verified_at\n                            WHEN 'returned' THEN NEW.returned_at END, now()),\n                        CASE NEW.status WHEN 'draft' THEN NEW.correction_reason\n                            WHEN 'returned' THEN NEW.return_reason ELSE '' END\n                    );\n                    RETURN NULL;\n                ", hash='532fbfe995e4ab70fbc21ba7c92a09941163b56d', operation='INSERT OR UPDATE', pgid='pgtrigger_record_move_f0233', table='tracker_progressupdate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='progressupdate',
            trigger=pgtrigger.compiler.Trigger(name='record_deletion', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF OLD.is_sample OR NOT EXISTS (\n                        SELECT FROM tracker_move WHERE update_id = OLD.id AND to_status <> 'draft'\n                    ) THEN\n                        DELETE FROM tracker_move WHERE update_id = OLD.id;\n                    ELSE\n                        INSERT INTO tracker_move (\n                            update_id, target_id, period, revision, is_sample, from_status, to_status, moved_at, reason\n                        )\n                        VALUES (OLD.id, OLD.target_id, OLD.period, OLD.revision, false, OLD.status, '', now(), '');\n                    END IF;\n                    RETURN NULL;\n                ", hash='f39dade63bc525435ece11e0e370fd30cfe62392', operation='DELETE', pgid='pgtrigger_record_deletion_217ef', table='tracker_progressupdate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='progressupdate',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_progressupdateevent" ("confirmation", "correction_reason", "endorsed_at", "endorsed_by_id", "entered_at", "entered_by_id", "growth", "id", "is_sample", "measure", "next_step", "pace", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "problem", "published_on", "remark", "return_reason", "returned_at", "returned_by_id", "revision", "source_url", "stage", "stated_rate", "status", "steps_done", "submitted_at", "submitted_by_id", "superseded_at", "target_id", "value", "verified_at", "verified_by_id", "vintage") VALUES (NEW."confirmation", NEW."correction_reason", NEW."endorsed_at", NEW."endorsed_by_id", NEW."entered_at", NEW."entered_by_id", NEW."growth", NEW."id", NEW."is_sample", NEW."measure", NEW."next_step", NEW."pace", NEW."period", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."problem", NEW."published_on", NEW."remark", NEW."return_reason", NEW."returned_at", NEW."returned_by_id", NEW."revision", NEW."source_url", NEW."stage", NEW."stated_rate", NEW."status", NEW."steps_done", NEW."submitted_at", NEW."submitted_by_id", NEW."superseded_at", NEW."target_id", NEW."value", NEW."verified_at", NEW."verified_by_id", NEW."vintage"); RETURN NULL;', hash='0265654dde90f30f600515e36ce366b913dc03e2', operation='INSERT', pgid='pgtrigger_insert_insert_efc18', table='tracker_progressupdate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='progressupdate',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "tracker_progressupdateevent" ("confirmation", "correction_reason", "endorsed_at", "endorsed_by_id", "entered_at", "entered_by_id", "growth", "id", "is_sample", "measure", "next_step", "pace", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "problem", "published_on", "remark", "return_reason", "returned_at", "returned_by_id", "revision", "source_url", "stage", "stated_rate", "status", "steps_done", "submitted_at", "submitted_by_id", "superseded_at", "target_id", "value", "verified_at", "verified_by_id", "vintage") VALUES (NEW."confirmation", NEW."correction_reason", NEW."endorsed_at", NEW."endorsed_by_id", NEW."entered_at", NEW."entered_by_id", NEW."growth", NEW."id", NEW."is_sample", NEW."measure", NEW."next_step", NEW."pace", NEW."period", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."problem", NEW."published_on", NEW."remark", NEW."return_reason", NEW."returned_at", NEW."returned_by_id", NEW."revision", NEW."source_url", NEW."stage", NEW."stated_rate", NEW."status", NEW."steps_done", NEW."submitted_at", NEW."submitted_by_id", NEW."superseded_at", NEW."target_id", NEW."value", NEW."verified_at", NEW."verified_by_id", NEW."vintage"); RETURN NULL;', hash='d86d9efa5180d052a09c6c61a3ad78e3fe8b2385', operation='UPDATE', pgid='pgtrigger_update_update_cd223', table='tracker_progressupdate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='progressupdate',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_progressupdateevent" ("confirmation", "correction_reason", "endorsed_at", "endorsed_by_id", "entered_at", "entered_by_id", "growth", "id", "is_sample", "measure", "next_step", "pace", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "problem", "published_on", "remark", "return_reason", "returned_at", "returned_by_id", "revision", "source_url", "stage", "stated_rate", "status", "steps_done", "submitted_at", "submitted_by_id", "superseded_at", "target_id", "value", "verified_at", "verified_by_id", "vintage") VALUES (OLD."confirmation", OLD."correction_reason", OLD."endorsed_at", OLD."endorsed_by_id", OLD."entered_at", OLD."entered_by_id", OLD."growth", OLD."id", OLD."is_sample", OLD."measure", OLD."next_step", OLD."pace", OLD."period", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."problem", OLD."published_on", OLD."remark", OLD."return_reason", OLD."returned_at", OLD."returned_by_id", OLD."revision", OLD."source_url", OLD."stage", OLD."stated_rate", OLD."status", OLD."steps_done", OLD."submitted_at", OLD."submitted_by_id", OLD."superseded_at", OLD."target_id", OLD."value", OLD."verified_at", OLD."verified_by_id", OLD."vintage"); RETURN NULL;', hash='8271b8d59e88fd93f8d0a1521d45e24b510f40fc', operation='DELETE', pgid='pgtrigger_delete_delete_0a6e8', table='tracker_progressupdate', when='AFTER')),
        ),
        migrations.AddField(
            model_name='move',
            name='moved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='办理人'),
        ),
        migrations.AddField(
            model_name='move',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='tracker.target', verbose_name='目标'),
        ),
        migrations.AddField(
            model_name='move',
            name='update',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='moves', to='tracker.progressupdate', verbose_name='进展填报'),
        ),
        migrations.AddIndex(
            model_name='move',
            index=models.Index(fields=['target', 'period', 'moved_at'], name='move_of_period'),
        ),
        migrations.AddConstraint(
            model_name='move',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(django.db.models.functions.datetime.ExtractDay(models.ExpressionWrapper(django.db.models.expressions.CombinedExpression(models.F('period'), '+', models.Value(1)), output_field=models.DateField())), 1), name='move_month_end', violation_error_message='报告期须是某月的最后一天，如 2018-06-30。'),
        ),
        migrations.AddConstraint(
            model_name='move',
            constraint=models.CheckConstraint(condition=models.Q(('from_status__in', ['draft', 'submitted', 'endorsed', 'verified', 'returned', '']), ('to_status__in', ['draft', 'submitted', 'endorsed', 'verified', 'returned', ''])), name='move_choices', violation_error_message='有选项不在可选范围内，请重新选择。'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='move',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT OLD.is_sample AND pg_trigger_depth() = 0)', func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='10c1095a77bba00460dd19293fa60b0b949f36ed', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_617ca', table='tracker_move', when='BEFORE')),
        ),
        migrations.RunSQL(MOVES, migrations.RunSQL.noop),
        migrations.RunSQL(RETURNS, migrations.RunSQL.noop),
    ]
