from django.apps import AppConfig


class AnnotateConfig(AppConfig):
    """The activity: people and programs working on the record."""

    name = "annotate"
