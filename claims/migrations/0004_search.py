import django.db.models.deletion
from django.db import migrations, models

import claims.models.search
from claims.models.search import SEARCHED, SQLITE_INDEX, create_sqlite_index, entries_of

OWNER = {
    "document": "project_id",
    "claim": "layer__project_id",
    "link": "layer__project_id",
    "citation": "layer__project_id",
}


def fill(apps, schema_editor):
    """Index what is there already."""
    entry = apps.get_model("claims", "SearchEntry")
    for kind, columns in SEARCHED.items():
        layer = [] if kind == "document" else ["layer_id"]
        rows = apps.get_model("claims", kind).objects.values("uuid", OWNER[kind], *layer, *columns)
        for row in rows.iterator(chunk_size=200):
            entry.objects.bulk_create(entry(**found) for found in entries_of(kind, [row], project=row[OWNER[kind]]))


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            create_sqlite_index(cursor)
            # The triggers that keep it in step are made after all migrations.
            cursor.execute(f"INSERT INTO {SQLITE_INDEX}({SQLITE_INDEX}) VALUES ('rebuild')")
    else:
        schema_editor.execute("CREATE INDEX claims_searchindex ON claims_searchentry USING gin (words)")


def drop_index(apps, schema_editor):
    kind = "TABLE" if schema_editor.connection.vendor == "sqlite" else "INDEX"
    schema_editor.execute(f"DROP {kind} IF EXISTS {SQLITE_INDEX}")


class Migration(migrations.Migration):
    dependencies = [("claims", "0003_several_people")]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.TextField()),
                ("object_id", models.UUIDField()),
                ("part", models.PositiveIntegerField(default=0)),
                ("words", claims.models.search.WordsField()),
                (
                    "layer",
                    models.ForeignKey(
                        db_index=False,
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="claims.layer",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="claims.project",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("object_id", "part"), name="one_entry_a_part")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(create_index, drop_index),
    ]
