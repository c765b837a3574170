from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0004_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="signoff",
            name="is_outdated",
            field=models.BooleanField(default=False, editable=False, verbose_name="changed since"),
        ),
    ]
