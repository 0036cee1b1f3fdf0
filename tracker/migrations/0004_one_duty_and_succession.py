"""One person has one duty, no unit takes over from its own successor, and a new password leaves an event."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('tracker', '0003_staff_entry'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='department',
            trigger=pgtrigger.compiler.Trigger(name='no_succession_ring', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."successor_id" IS NOT NULL)', func="\n                    IF EXISTS (\n                        WITH RECURSIVE later (id) AS (\n                            SELECT successor_id FROM tracker_department WHERE id = NEW.successor_id\n                            UNION\n                            SELECT d.successor_id FROM tracker_department d JOIN later ON d.id = later.id\n                        )\n                        SELECT FROM later WHERE id = NEW.id\n                    ) THEN\n                        RAISE EXCEPTION 'a unit cannot take over from its own successor'\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'department_ring';\n                    END IF;\n                    RETURN NEW;\n                ", hash='9d9799e67f0ba1588b5c4d2b85444ae3fd20d4aa', operation='INSERT OR UPDATE', pgid='pgtrigger_no_succession_ring_06e02', table='tracker_department', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rolemembership',
            trigger=pgtrigger.compiler.Trigger(name='one_duty', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    PERFORM FROM tracker_user WHERE id = NEW.user_id FOR UPDATE;\n                    IF (\n                        SELECT count(*) > 1 AND bool_or(name IN ('系统管理员', '审计员')) FROM auth_group\n                        WHERE id = NEW.group_id OR id IN (\n                            SELECT group_id FROM tracker_user_groups WHERE user_id = NEW.user_id AND id <> NEW.id\n                        )\n                    ) THEN\n                        RAISE EXCEPTION 'one person has one duty: system, business or audit'\n                            USING ERRCODE = 'check_violation', CONSTRAINT = 'role_one_duty';\n                    END IF;\n                    RETURN NEW;\n                ", hash='76700731b7bc24b76c3bf6ce53e21c90cd6d9504', operation='INSERT OR UPDATE', pgid='pgtrigger_one_duty_109d0', table='tracker_user_groups', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='password_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."password" IS DISTINCT FROM (NEW."password"))', func='INSERT INTO "tracker_userevent" ("date_joined", "display_name", "email", "first_name", "id", "is_active", "is_sample", "is_staff", "is_superuser", "last_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username") VALUES (NEW."date_joined", NEW."display_name", NEW."email", NEW."first_name", NEW."id", NEW."is_active", NEW."is_sample", NEW."is_staff", NEW."is_superuser", NEW."last_name", _pgh_attach_context(), NOW(), \'password\', NEW."id", NEW."username"); RETURN NULL;', hash='3729c18f0d7c0528d5a51e29c3298934cab7f999', operation='UPDATE', pgid='pgtrigger_password_update_838be', table='tracker_user', when='AFTER')),
        ),
    ]
