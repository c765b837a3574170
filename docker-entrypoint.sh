#!/bin/sh
# What the web container does: bring the database and the static files up to date, then serve.
set -e
python manage.py migrate --noinput --verbosity 0
python manage.py collectstatic --noinput --clear --verbosity 0
exec gunicorn
