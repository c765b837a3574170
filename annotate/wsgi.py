import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
application = get_wsgi_application()
# Loaded before gunicorn forks, pages and forms are shared by its processes instead of being loaded by each.
import_module("annotate.urls")
