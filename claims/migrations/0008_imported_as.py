"""Documents, claims and links from another tool's corpus remember what they were called there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0007_dossier_without_sign_off")]

    operations = [
        migrations.AddField(name, "imported_as", models.JSONField(blank=True, editable=False, null=True))
        for name in ("document", "claim", "link")
    ]
