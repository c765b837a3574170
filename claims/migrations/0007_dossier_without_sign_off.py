from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0006_signed_off_dossiers"),
    ]

    operations = [
        migrations.RemoveField(model_name="dossier", name="signed_off_at"),
        migrations.RemoveField(model_name="dossier", name="signed_off_by"),
    ]
