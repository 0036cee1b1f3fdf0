"""Foreign keys that Django's fields cannot state: over two columns, or from a plain year.

Copies stay equal to what they copy, and a baseline is of the year before, so that CHECK constraints, which see one row
only, may rely on `measure` and `baseline_year`.
"""

from django.db import migrations

KEYS = [
    ("tracker_target", "target_year_has_report", "year", "tracker_workreport", "plan_year"),
    ("tracker_target", "target_measure_agrees", "indicator_id, measure", "tracker_indicator", "id, measure"),
    ("tracker_target", "target_baseline_year", "baseline_id, baseline_year", "tracker_annualresult", "id, year"),
    ("tracker_progressupdate", "update_measure_agrees", "target_id, measure", "tracker_target", "id, measure"),
]


class Migration(migrations.Migration):
    dependencies = [("tracker", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {other} ({other_columns})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, columns, other, other_columns in KEYS
    ]
