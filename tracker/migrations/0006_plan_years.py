"""The rules of a year leave its report, which becomes one of the year's sources."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


#: The plan years' rules as 0.1 had them on its reports, and what its events tell of them.
OLD_RULES = """
ALTER TABLE tracker_target DROP CONSTRAINT target_year_has_report;
CREATE TEMPORARY TABLE old_rules ON COMMIT DROP AS
    SELECT id, plan_year, needs_endorsement, is_closed, ahead_margin, red_margin_value, red_margin_growth
    FROM tracker_workreport;
CREATE TEMPORARY TABLE old_events ON COMMIT DROP AS
    SELECT event.*, (SELECT u.id FROM tracker_user u WHERE u.id = (context.metadata->>'user')::bigint) AS person,
        (needs_endorsement, is_closed)
            IS DISTINCT FROM (lag(needs_endorsement) OVER story, lag(is_closed) OVER story) AS rules_differ,
        (ahead_margin, red_margin_value, red_margin_growth) IS DISTINCT FROM (
            lag(ahead_margin) OVER story, lag(red_margin_value) OVER story, lag(red_margin_growth) OVER story
        ) AS margins_differ,
        is_closed AND NOT coalesce(lag(is_closed) OVER story, false) AS closes
    FROM tracker_workreportevent event LEFT JOIN pghistory_context context ON context.id = event.pgh_context_id
    WINDOW story AS (PARTITION BY pgh_obj_id ORDER BY pgh_id);
"""
#: Present margins hold from the beginning: nobody stated since when they do.
NEW_RULES = """
ALTER TABLE tracker_planyear DISABLE TRIGGER USER;
ALTER TABLE tracker_margins DISABLE TRIGGER USER;
INSERT INTO tracker_planyear
    (year, needs_endorsement, first_month, opened_at, opened_by_id, closed_at, closed_by_id, clock)
SELECT plan_year, needs_endorsement, 1, coalesce(opening.pgh_created_at, now()), opening.person,
    CASE WHEN is_closed THEN coalesce(closing.pgh_created_at, now()) END,
    CASE WHEN is_closed THEN closing.person END, NULL
FROM old_rules
LEFT JOIN LATERAL (
    SELECT pgh_created_at, person FROM old_events WHERE pgh_obj_id = old_rules.id ORDER BY pgh_id LIMIT 1
) opening ON true
LEFT JOIN LATERAL (
    SELECT pgh_created_at, person FROM old_events WHERE pgh_obj_id = old_rules.id AND closes ORDER BY pgh_id DESC LIMIT 1
) closing ON true;
INSERT INTO tracker_margins
    (plan_year_id, ahead_margin, red_margin_value, red_margin_growth, entered_at, is_sample)
SELECT y.id, ahead_margin, red_margin_value, red_margin_growth, now(), false
FROM old_rules JOIN tracker_planyear y ON y.year = old_rules.plan_year;
INSERT INTO tracker_planyearevent (
    pgh_created_at, pgh_label, pgh_obj_id, pgh_context_id, id, year, needs_endorsement, first_month, opened_at,
    opened_by_id, closed_at, closed_by_id, clock
)
SELECT pgh_created_at, pgh_label, y.id, pgh_context_id, y.id, y.year, e.needs_endorsement, 1, y.opened_at,
    y.opened_by_id, CASE WHEN e.is_closed THEN max(pgh_created_at) FILTER (WHERE closes) OVER story END, NULL, NULL
FROM old_events e JOIN tracker_planyear y ON y.year = e.plan_year
WHERE rules_differ
WINDOW story AS (PARTITION BY e.pgh_obj_id ORDER BY pgh_id)
ORDER BY pgh_id;
INSERT INTO tracker_marginsevent (
    pgh_created_at, pgh_label, pgh_obj_id, pgh_context_id, id, plan_year_id, ahead_margin, red_margin_value,
    red_margin_growth, entered_at, is_sample
)
SELECT pgh_created_at, pgh_label, m.id, pgh_context_id, m.id, y.id, e.ahead_margin, e.red_margin_value,
    e.red_margin_growth, m.entered_at, false
FROM old_events e JOIN tracker_planyear y ON y.year = e.plan_year JOIN tracker_margins m ON m.plan_year_id = y.id
WHERE margins_differ
ORDER BY pgh_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE tracker_planyear ENABLE TRIGGER USER;
ALTER TABLE tracker_margins ENABLE TRIGGER USER;
ALTER TABLE tracker_target ADD CONSTRAINT target_year_has_plan
    FOREIGN KEY (year) REFERENCES tracker_planyear (year);
ALTER TABLE tracker_workreport ADD CONSTRAINT workreport_year_has_plan
    FOREIGN KEY (plan_year) REFERENCES tracker_planyear (year);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('tracker', '0005_moves'),
    ]

    operations = [
        migrations.RunSQL(OLD_RULES, migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Margins',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(blank=True, help_text='不填为自始有效', null=True, verbose_name='生效时间')),
                ('until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='失效时间')),
                ('entered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False, verbose_name='登记时间')),
                ('is_sample', models.BooleanField(db_default=False, default=False, editable=False, verbose_name='演示数据')),
                ('ahead_margin', models.DecimalField(db_default=Decimal('10.00'), decimal_places=2, default=Decimal('10.00'), help_text='完成率高出序时进度达到此值的，评为超序时', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='超序时界限（百分点）')),
                ('red_margin_value', models.DecimalField(db_default=Decimal('10.00'), decimal_places=2, default=Decimal('10.00'), help_text='完成率低于序时进度达到此值的，亮红灯', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='总量红灯界限（百分点）')),
                ('red_margin_growth', models.DecimalField(db_default=Decimal('2.00'), decimal_places=2, default=Decimal('2.00'), help_text='增速低于目标增速达到此值的，亮红灯', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='增速红灯界限（百分点）')),
            ],
            options={
                'verbose_name': '评价界限',
                'verbose_name_plural': '评价界限',
                'ordering': ['plan_year', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='MarginsEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('since', models.DateTimeField(blank=True, help_text='不填为自始有效', null=True, verbose_name='生效时间')),
                ('until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='失效时间')),
                ('entered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False, verbose_name='登记时间')),
                ('is_sample', models.BooleanField(db_default=False, default=False, editable=False, verbose_name='演示数据')),
                ('ahead_margin', models.DecimalField(db_default=Decimal('10.00'), decimal_places=2, default=Decimal('10.00'), help_text='完成率高出序时进度达到此值的，评为超序时', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='超序时界限（百分点）')),
                ('red_margin_value', models.DecimalField(db_default=Decimal('10.00'), decimal_places=2, default=Decimal('10.00'), help_text='完成率低于序时进度达到此值的，亮红灯', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='总量红灯界限（百分点）')),
                ('red_margin_growth', models.DecimalField(db_default=Decimal('2.00'), decimal_places=2, default=Decimal('2.00'), help_text='增速低于目标增速达到此值的，亮红灯', max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='增速红灯界限（百分点）')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PlanYear',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(unique=True, verbose_name='年度')),
                ('needs_endorsement', models.BooleanField(default=True, help_text='关闭后，填报提交后直接进入督查室核验', verbose_name='须经单位审核')),
                ('first_month', models.PositiveSmallIntegerField(default=1, help_text='年中建账的，从这个月起报；此前各期不催报', verbose_name='起报月')),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='建账时间')),
                ('closed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='封账时间')),
                ('is_closed', models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('closed_at__isnull', False)), models.BooleanField()), output_field=models.BooleanField(), verbose_name='已封账')),
                ('clock', models.DateTimeField(blank=True, help_text='只用于演示或存档的年度：各页面一律按这个时点显示', null=True, verbose_name='演示时点')),
            ],
            options={
                'verbose_name': '年度',
                'verbose_name_plural': '年度',
                'ordering': ['-year'],
            },
        ),
        migrations.CreateModel(
            name='PlanYearEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('needs_endorsement', models.BooleanField(default=True, help_text='关闭后，填报提交后直接进入督查室核验', verbose_name='须经单位审核')),
                ('first_month', models.PositiveSmallIntegerField(default=1, help_text='年中建账的，从这个月起报；此前各期不催报', verbose_name='起报月')),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='建账时间')),
                ('closed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='封账时间')),
                ('clock', models.DateTimeField(blank=True, help_text='只用于演示或存档的年度：各页面一律按这个时点显示', null=True, verbose_name='演示时点')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AlterModelOptions(
            name='workreport',
            options={'ordering': ['-plan_year', 'pk'], 'verbose_name': '政府工作报告', 'verbose_name_plural': '政府工作报告'},
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='workreport',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='workreport',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='workreport',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='workreport',
            name='workreport_margins',
        ),
        migrations.RemoveField(
            model_name='workreport',
            name='ahead_margin',
        ),
        migrations.RemoveField(
            model_name='workreport',
            name='is_closed',
        ),
        migrations.RemoveField(
            model_name='workreport',
            name='needs_endorsement',
        ),
        migrations.RemoveField(
            model_name='workreport',
            name='red_margin_growth',
        ),
        migrations.RemoveField(
            model_name='workreport',
            name='red_margin_value',
        ),
        migrations.RemoveField(
            model_name='workreportevent',
            name='ahead_margin',
        ),
        migrations.RemoveField(
            model_name='workreportevent',
            name='is_closed',
        ),
        migrations.RemoveField(
            model_name='workreportevent',
            name='needs_endorsement',
        ),
        migrations.RemoveField(
            model_name='workreportevent',
            name='red_margin_growth',
        ),
        migrations.RemoveField(
            model_name='workreportevent',
            name='red_margin_value',
        ),
        migrations.AddField(
            model_name='workreport',
            name='source_kind',
            field=models.CharField(choices=[('政府工作报告', '政府工作报告'), ('民生实事清单', '民生实事清单'), ('重点项目清单', '重点项目清单'), ('市下达任务', '市下达任务'), ('其他', '其他')], db_default='政府工作报告', default='政府工作报告', max_length=6, verbose_name='文件类型'),
        ),
        migrations.AddField(
            model_name='workreportevent',
            name='source_kind',
            field=models.CharField(choices=[('政府工作报告', '政府工作报告'), ('民生实事清单', '民生实事清单'), ('重点项目清单', '重点项目清单'), ('市下达任务', '市下达任务'), ('其他', '其他')], db_default='政府工作报告', default='政府工作报告', max_length=6, verbose_name='文件类型'),
        ),
        migrations.AlterField(
            model_name='section',
            name='path',
            field=models.CharField(help_text='如 2018/四.3；总目标为 2018/总目标', max_length=20, verbose_name='路径'),
        ),
        migrations.AlterField(
            model_name='workreport',
            name='meeting',
            field=models.CharField(blank=True, max_length=80, verbose_name='会议'),
        ),
        migrations.AlterField(
            model_name='workreport',
            name='plan_year',
            field=models.PositiveSmallIntegerField(verbose_name='计划年度'),
        ),
        migrations.AlterField(
            model_name='workreportevent',
            name='meeting',
            field=models.CharField(blank=True, max_length=80, verbose_name='会议'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='workreport',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_workreportevent" ("delivered_on", "id", "jurisdiction", "jurisdiction_en", "meeting", "meeting_en", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_year", "review_year", "source_kind", "source_url", "title", "title_en") VALUES (NEW."delivered_on", NEW."id", NEW."jurisdiction", NEW."jurisdiction_en", NEW."meeting", NEW."meeting_en", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_year", NEW."review_year", NEW."source_kind", NEW."source_url", NEW."title", NEW."title_en"); RETURN NULL;', hash='566327852e577bc5bd1a4682b88701687a729d44', operation='INSERT', pgid='pgtrigger_insert_insert_73c1c', table='tracker_workreport', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='workreport',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "tracker_workreportevent" ("delivered_on", "id", "jurisdiction", "jurisdiction_en", "meeting", "meeting_en", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_year", "review_year", "source_kind", "source_url", "title", "title_en") VALUES (NEW."delivered_on", NEW."id", NEW."jurisdiction", NEW."jurisdiction_en", NEW."meeting", NEW."meeting_en", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_year", NEW."review_year", NEW."source_kind", NEW."source_url", NEW."title", NEW."title_en"); RETURN NULL;', hash='fee7ec5190334ec8dca9d1590f992bfd725961ce', operation='UPDATE', pgid='pgtrigger_update_update_1c395', table='tracker_workreport', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='workreport',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_workreportevent" ("delivered_on", "id", "jurisdiction", "jurisdiction_en", "meeting", "meeting_en", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_year", "review_year", "source_kind", "source_url", "title", "title_en") VALUES (OLD."delivered_on", OLD."id", OLD."jurisdiction", OLD."jurisdiction_en", OLD."meeting", OLD."meeting_en", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."plan_year", OLD."review_year", OLD."source_kind", OLD."source_url", OLD."title", OLD."title_en"); RETURN NULL;', hash='b80ffcc2f06f431b4e8769fd42bd384b41fbb54d', operation='DELETE', pgid='pgtrigger_delete_delete_63e0c', table='tracker_workreport', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='section',
            constraint=models.UniqueConstraint(fields=('report', 'path'), name='section_path_once', violation_error_message='同一报告中已有这个路径的章节。'),
        ),
        migrations.AddConstraint(
            model_name='section',
            constraint=models.UniqueConstraint(fields=('id', 'report'), name='section_id_report'),
        ),
        migrations.AddConstraint(
            model_name='workreport',
            constraint=models.UniqueConstraint(condition=models.Q(('source_kind', '政府工作报告')), fields=('plan_year',), name='workreport_once_a_year', violation_error_message='这一年度已登记政府工作报告；其他文件请另选文件类型。'),
        ),
        migrations.AddConstraint(
            model_name='workreport',
            constraint=models.UniqueConstraint(fields=('plan_year', 'title'), name='workreport_title_once', violation_error_message='这一年度已有同名的文件，请换一个标题。'),
        ),
        migrations.AddConstraint(
            model_name='workreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source_kind', '政府工作报告'), _negated=True), models.Q(('meeting', ''), _negated=True), _connector='OR'), name='workreport_meeting', violation_error_message='政府工作报告须写明在哪次会议上作的。'),
        ),
        migrations.AddConstraint(
            model_name='workreport',
            constraint=models.CheckConstraint(condition=models.Q(('source_kind__in', ['政府工作报告', '民生实事清单', '重点项目清单', '市下达任务', '其他'])), name='workreport_choices', violation_error_message='有选项不在可选范围内，请重新选择。'),
        ),
        migrations.AddField(
            model_name='marginsevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='marginsevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='tracker.margins'),
        ),
        migrations.AddField(
            model_name='planyear',
            name='closed_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='封账人'),
        ),
        migrations.AddField(
            model_name='planyear',
            name='opened_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='建账人'),
        ),
        migrations.AddField(
            model_name='marginsevent',
            name='plan_year',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tracker.planyear', verbose_name='年度'),
        ),
        migrations.AddField(
            model_name='margins',
            name='plan_year',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='margins', to='tracker.planyear', verbose_name='年度'),
        ),
        migrations.AddField(
            model_name='planyearevent',
            name='closed_by',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='封账人'),
        ),
        migrations.AddField(
            model_name='planyearevent',
            name='opened_by',
            field=models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='建账人'),
        ),
        migrations.AddField(
            model_name='planyearevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='planyearevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='tracker.planyear'),
        ),
        migrations.AddConstraint(
            model_name='planyear',
            constraint=models.CheckConstraint(condition=models.Q(('year__gte', 2000), ('year__lte', 2100)), name='planyear_year_range', violation_error_message='年份须在 2000 至 2100 之间。'),
        ),
        migrations.AddConstraint(
            model_name='planyear',
            constraint=models.CheckConstraint(condition=models.Q(('first_month__gte', 1), ('first_month__lte', 12)), name='planyear_first_month', violation_error_message='起报月须在 1 至 12 之间。'),
        ),
        migrations.AddConstraint(
            model_name='planyear',
            constraint=models.CheckConstraint(condition=models.Q(('closed_at__isnull', False), ('closed_by__isnull', True), _connector='OR'), name='planyear_closed_by', violation_error_message='没有封账的年度，没有封账人。'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='planyear',
            trigger=pgtrigger.compiler.Trigger(name='no_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='48dfee5b4f58fbcceb4bf18047d61e0fbc225f03', operation='DELETE', pgid='pgtrigger_no_delete_34165', table='tracker_planyear', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='planyear',
            trigger=pgtrigger.compiler.Trigger(name='first_margins', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO tracker_margins (plan_year_id) VALUES (NEW.id); RETURN NULL;', hash='9599a9336660c2b87b01a990f8572390e7ad8ce1', operation='INSERT', pgid='pgtrigger_first_margins_39135', table='tracker_planyear', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='planyear',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_planyearevent" ("clock", "closed_at", "closed_by_id", "first_month", "id", "needs_endorsement", "opened_at", "opened_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "year") VALUES (NEW."clock", NEW."closed_at", NEW."closed_by_id", NEW."first_month", NEW."id", NEW."needs_endorsement", NEW."opened_at", NEW."opened_by_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."year"); RETURN NULL;', hash='2bb7280585bac3c5a2c53d612e76555a70a98956', operation='INSERT', pgid='pgtrigger_insert_insert_94e9e', table='tracker_planyear', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='planyear',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."clock" IS DISTINCT FROM (NEW."clock") OR OLD."closed_at" IS DISTINCT FROM (NEW."closed_at") OR OLD."closed_by_id" IS DISTINCT FROM (NEW."closed_by_id") OR OLD."first_month" IS DISTINCT FROM (NEW."first_month") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."needs_endorsement" IS DISTINCT FROM (NEW."needs_endorsement") OR OLD."opened_at" IS DISTINCT FROM (NEW."opened_at") OR OLD."opened_by_id" IS DISTINCT FROM (NEW."opened_by_id") OR OLD."year" IS DISTINCT FROM (NEW."year"))', func='INSERT INTO "tracker_planyearevent" ("clock", "closed_at", "closed_by_id", "first_month", "id", "needs_endorsement", "opened_at", "opened_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "year") VALUES (NEW."clock", NEW."closed_at", NEW."closed_by_id", NEW."first_month", NEW."id", NEW."needs_endorsement", NEW."opened_at", NEW."opened_by_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."year"); RETURN NULL;', hash='b71173807731703a8bb82c0f15d6461e9d328b31', operation='UPDATE', pgid='pgtrigger_update_update_a8b33', table='tracker_planyear', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='planyear',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_planyearevent" ("clock", "closed_at", "closed_by_id", "first_month", "id", "needs_endorsement", "opened_at", "opened_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "year") VALUES (OLD."clock", OLD."closed_at", OLD."closed_by_id", OLD."first_month", OLD."id", OLD."needs_endorsement", OLD."opened_at", OLD."opened_by_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."year"); RETURN NULL;', hash='e3ceb83e5ee9c0012c19202611ee4b4ff45ef216', operation='DELETE', pgid='pgtrigger_delete_delete_337e2', table='tracker_planyear', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='marginsevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT OLD."is_sample")', func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='641d4a6190a1d98fea196b75b4754b297998a6a0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a7bdd', table='tracker_marginsevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='margins',
            constraint=models.CheckConstraint(condition=models.Q(('ahead_margin__gte', 0), ('red_margin_growth__gte', 0), ('red_margin_value__gte', 0)), name='margins_not_negative', violation_error_message='界限不能为负数。'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='margins',
            trigger=pgtrigger.compiler.Trigger(name='ends_the_one_before', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE last tracker_margins%ROWTYPE;', func="\n                PERFORM FROM tracker_planyear WHERE id = NEW.plan_year_id FOR NO KEY UPDATE;\n                SELECT * INTO last FROM tracker_margins WHERE plan_year_id = NEW.plan_year_id AND until IS NULL;\n                IF FOUND THEN\n                    IF NEW.since IS NULL OR NEW.since <= last.since THEN\n                        RAISE EXCEPTION 'a row begins after the one before it'\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'series_follows';\n                    END IF;\n                    UPDATE tracker_margins SET until = NEW.since WHERE id = last.id;\n                END IF;\n                RETURN NEW;\n            ", hash='f0477a2b90f08544840fc59d026ac45b9287ae77', operation='INSERT', pgid='pgtrigger_ends_the_one_before_10e44', table='tracker_margins', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='margins',
            trigger=pgtrigger.compiler.Trigger(name='frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', func="\n                IF NEW IS DISTINCT FROM OLD AND ((NOT OLD.is_sample AND (OLD.since IS NULL OR OLD.since <= now()) AND EXISTS (\n                SELECT FROM tracker_progressupdate u JOIN tracker_target t ON t.id = u.target_id\n                JOIN tracker_planyear y ON y.year = t.year\n                WHERE y.id = OLD.plan_year_id AND u.status = 'verified'\n            ))\n                    OR (NEW.plan_year_id, NEW.since, NEW.until, NEW.is_sample)\n                        IS DISTINCT FROM (OLD.plan_year_id, OLD.since, OLD.until, OLD.is_sample)\n                ) THEN\n                    RAISE EXCEPTION 'what was judged by stays as it was' USING ERRCODE = 'check_violation', CONSTRAINT = 'series_frozen';\n                END IF;\n                RETURN NEW;\n            ", hash='b9b46cd85b71d7ecdbb4bf7ccaeab18e65986f72', operation='UPDATE', pgid='pgtrigger_frozen_c7b80', table='tracker_margins', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='margins',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', func="\n                IF (NOT OLD.is_sample AND (OLD.since IS NULL OR OLD.since <= now()) AND EXISTS (\n                SELECT FROM tracker_progressupdate u JOIN tracker_target t ON t.id = u.target_id\n                JOIN tracker_planyear y ON y.year = t.year\n                WHERE y.id = OLD.plan_year_id AND u.status = 'verified'\n            )) OR OLD.until IS NOT NULL THEN\n                    RAISE EXCEPTION 'what was judged by is kept' USING ERRCODE = 'check_violation', CONSTRAINT = 'series_frozen';\n                END IF;\n                RETURN OLD;\n            ", hash='e76e54af13c708884fb960837e9a4e6103886eb6', operation='DELETE', pgid='pgtrigger_kept_cabd1', table='tracker_margins', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='margins',
            trigger=pgtrigger.compiler.Trigger(name='the_one_before_holds_on', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                UPDATE tracker_margins SET until = NULL WHERE plan_year_id = OLD.plan_year_id AND until = OLD.since;\n                RETURN NULL;\n            ', hash='24e406f65ebdd86b20bc167de43a444e1649245e', operation='DELETE', pgid='pgtrigger_the_one_before_holds_on_2faa1', table='tracker_margins', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='margins',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_marginsevent" ("ahead_margin", "entered_at", "id", "is_sample", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_year_id", "red_margin_growth", "red_margin_value", "since", "until") VALUES (NEW."ahead_margin", NEW."entered_at", NEW."id", NEW."is_sample", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_year_id", NEW."red_margin_growth", NEW."red_margin_value", NEW."since", NEW."until"); RETURN NULL;', hash='2e14b534a8369711bbdfcd9b5265315a65560c79', operation='INSERT', pgid='pgtrigger_insert_insert_58c1c', table='tracker_margins', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='margins',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "tracker_marginsevent" ("ahead_margin", "entered_at", "id", "is_sample", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_year_id", "red_margin_growth", "red_margin_value", "since", "until") VALUES (NEW."ahead_margin", NEW."entered_at", NEW."id", NEW."is_sample", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_year_id", NEW."red_margin_growth", NEW."red_margin_value", NEW."since", NEW."until"); RETURN NULL;', hash='384cc9b11515670bba1b18315ea0e02d0ba50bc0', operation='UPDATE', pgid='pgtrigger_update_update_25806', table='tracker_margins', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='margins',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_marginsevent" ("ahead_margin", "entered_at", "id", "is_sample", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_year_id", "red_margin_growth", "red_margin_value", "since", "until") VALUES (OLD."ahead_margin", OLD."entered_at", OLD."id", OLD."is_sample", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."plan_year_id", OLD."red_margin_growth", OLD."red_margin_value", OLD."since", OLD."until"); RETURN NULL;', hash='a56c02b18180a3f99d72fe0982154920b7bd3aff', operation='DELETE', pgid='pgtrigger_delete_delete_97cc2', table='tracker_margins', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='planyearevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2a1abc64c832080414aeca02c985c2baa0a199df', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_afab2', table='tracker_planyearevent', when='BEFORE')),
        ),
        migrations.RunSQL(NEW_RULES, migrations.RunSQL.noop),
    ]
