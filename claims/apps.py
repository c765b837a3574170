from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ClaimsConfig(AppConfig):
    """The record: what is true without a browser or a language model."""

    name = "claims"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from . import triggers

        pre_migrate.connect(triggers.drop_before_migrating, sender=self)
        post_migrate.connect(triggers.create_after_migrating, sender=self)
