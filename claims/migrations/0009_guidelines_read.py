"""Members are told of guidelines they have not read: which version each has opened."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0008_imported_as")]

    operations = [
        migrations.AddField("membership", "guidelines_read", models.PositiveIntegerField(default=0, editable=False))
    ]
