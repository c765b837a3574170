# One image for the web server and the worker; compose.yaml says which is which.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /tmp/
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    DATA_DIR=/data BIND=0.0.0.0:8000 DJANGO_SETTINGS_MODULE=annotate.settings
RUN useradd --uid 10001 --create-home rejoinder && install -d -o rejoinder /data /app
COPY --from=packages /venv /venv
WORKDIR /app
COPY --chown=rejoinder . .
USER rejoinder
VOLUME /data
EXPOSE 8000
# /livez asks this process alone: a database that is away for a moment is no reason to restart the web server.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["./docker-entrypoint.sh"]
