import http.server
import json
import re
import socketserver
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from annotate import runs, webhooks
from claims.announcing import announce
from claims.models import Delivery, Webhook
from tests.annotate.api.conftest import Caller
from tests.annotate.test_runs import start_worker
from tests.conftest import ROOT
from tests.factories import make_document, make_member, make_project

pytestmark = pytest.mark.django_db
PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


@pytest.fixture
def listener():
    """A program that is told: ``told`` holds (headers, body), ``answers`` the statuses to come."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = server.answers.pop(0) if server.answers else 204
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.told, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/told?by=rejoinder"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def project(settings):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    return make_project()


@pytest.fixture
def webhook(project, listener):
    return Webhook.objects.create(
        project=project, url=listener.url, secret=Webhook.make_secret(), events=Webhook.Event.values
    )


def test_finished_run_is_told_and_the_signature_holds(project, webhook, listener):
    make_document(project)
    run = runs.start_export(project, project.memberships.get().user, format="jsonl")
    runs.work(run.pk)
    assert webhooks.deliver_due() == 1
    [(headers, body)] = listener.told
    said = json.loads(body)
    assert (said["type"], said["data"]) == (
        "run.finished", {"project": str(project.pk), "run": str(run.pk), "kind": "export", "state": "done"}
    )  # fmt: skip
    space = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], space)
    assert space["is_genuine"](webhook.secret, headers, body)
    assert not space["is_genuine"](webhook.secret, headers, body + b" ")
    assert not space["is_genuine"](Webhook.make_secret(), headers, body)
    assert Delivery.objects.get().state == "delivered"
    assert webhooks.deliver_due() == 0


def test_cancelled_run_is_told_once(project, webhook):
    run = runs.start_export(project, project.memberships.get().user, format="jsonl")
    for _ in range(2):
        runs.cancel(run)
    assert [row.payload["state"] for row in Delivery.objects.all()] == ["cancelled"]


def test_message_is_sent_again_with_growing_waits_and_given_up(project, webhook, listener):
    announce(project, "release.made", number=1)
    listener.answers = [500] * 20
    waits = []
    for _ in range(20):
        before = timezone.now()
        webhooks.deliver_due()
        row = Delivery.objects.get()
        if row.state != "waiting":
            break
        waits.append(row.next_at - before)
        assert webhooks.deliver_due() == 0  # not due yet
        Delivery.objects.update(next_at=before)
    assert (row.state, row.status, row.attempts) == ("given_up", 500, len(webhooks.WAITS) + 1)
    assert waits == sorted(waits)
    assert waits[-1] > timedelta(hours=19)
    assert len({headers["webhook-id"] for headers, _ in listener.told}) == 1


def test_message_arrives_after_a_failure(project, webhook, listener):
    announce(project, "release.made", number=1)
    listener.answers = [503]
    webhooks.deliver_due()
    Delivery.objects.update(next_at=timezone.now())
    assert webhooks.deliver_due() == 1
    assert Delivery.objects.get().state == "delivered"


def test_signature_is_that_of_the_specifications_own_example():
    """As the libraries of Standard Webhooks test themselves."""
    signed = webhooks.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.fixture
def trickler():
    """A program that answers a letter at a time and never comes to an end."""
    over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with suppress(OSError):
                self.request.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not over.wait(0.05):
                    self.request.sendall(b"a")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"//127.0.0.1:{server.server_address[1]}/"
    over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_answer_that_trickles_in_is_cut_off(project, trickler, monkeypatch, scheme):
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.5)
    Webhook.objects.create(
        project=project, url=f"{scheme}:{trickler}", secret=Webhook.make_secret(), events=["release.made"]
    )
    announce(project, "release.made", number=1)
    begun = time.monotonic()
    assert webhooks.deliver_due() == 0
    assert time.monotonic() - begun < 5
    row = Delivery.objects.get()
    assert (row.state, row.status) == ("waiting", None)
    # What is sent in place of TLS is refused at once.
    assert scheme == "https" or row.error == "There was no answer within 0.5 seconds."


def test_slow_address_does_not_hold_up_another(project, webhook, listener, trickler, monkeypatch):
    monkeypatch.setattr(webhooks, "TIMEOUT", 2)
    secret = Webhook.make_secret()
    for _ in range(3):
        Webhook.objects.create(project=project, url=f"http:{trickler}", secret=secret, events=["release.made"])
    announce(project, "release.made", number=1)
    begun = time.monotonic()
    assert webhooks.deliver_due() == 1
    assert time.monotonic() - begun < 5
    assert Delivery.objects.get(webhook=webhook).state == "delivered"


def test_message_that_another_worker_sends_is_left_to_it(project, webhook):
    announce(project, "release.made", number=1)
    row = Delivery.objects.get()
    assert webhooks.hold(row)
    assert not webhooks.hold(Delivery(pk=row.pk, attempts=0))
    assert webhooks.deliver_due() == 0


@pytest.mark.parametrize(
    ("place", "is_public"),
    [("93.184.216.34", True), ("2606:2800:220:1::1", True), ("::ffff:8.8.8.8", True), ("64:ff9b::808:808", True),
     ("127.0.0.1", False), ("10.0.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),
     ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("fe80::1%eth0", False), ("fd00::1", False),
     ("::ffff:127.0.0.1", False), ("::7f00:1", False), ("64:ff9b::7f00:1", False), ("64:ff9b:1::1", False),
     ("2002:7f00:1::", False), ("2001::1", False), ("ff02::1", False), ("fec0::1", False)],
)  # fmt: skip
def test_only_one_machine_on_the_open_network_is_public(place, is_public):
    assert webhooks.is_public(place) is is_public


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "[::1]"])
def test_other_ways_to_write_an_inner_address_are_told_nothing(project, host, settings):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    Webhook.objects.create(
        project=project, url=f"http://{host}:9/", secret=Webhook.make_secret(), events=["release.made"]
    )
    announce(project, "release.made", number=1)
    webhooks.deliver_due()
    assert "is not a public address" in Delivery.objects.get().error


def test_redirect_is_not_followed(project, webhook, listener):
    announce(project, "release.made", number=1)
    listener.answers = [302]
    assert webhooks.deliver_due() == 0
    assert len(listener.told) == 1


@pytest.mark.django_db(transaction=True)
def test_worker_sends_what_waits_before_it_ends(project, webhook, listener, tmp_path):
    for number in range(20):
        announce(project, "release.made", number=number)
    worker = start_worker(tmp_path, "--once", WEBHOOKS_TO_PRIVATE_ADDRESSES="1")
    _, said = worker.communicate(timeout=60)
    assert worker.returncode == 0, said.decode()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert {json.loads(body)["data"]["number"] for _, body in listener.told} == set(range(20))


def test_address_inside_the_network_is_told_nothing(project, webhook, listener, settings):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    announce(project, "release.made", number=1)
    webhooks.deliver_due()
    assert "is not a public address" in Delivery.objects.get().error
    assert listener.told == []


def test_address_where_nobody_listens_is_tried_again(project):
    Webhook.objects.create(
        project=project, url="http://127.0.0.1:9/", secret=Webhook.make_secret(), events=["release.made"]
    )
    announce(project, "release.made", number=1)
    webhooks.deliver_due()
    row = Delivery.objects.get()
    assert (row.state, row.attempts, bool(row.error)) == ("waiting", 1, True)


def test_only_what_was_asked_for_is_told_and_nothing_that_is_switched_off(project, webhook):
    webhook.events = ["run.finished"]
    webhook.save()
    assert not announce(project, "release.made", number=1)
    webhook.is_active = False
    webhook.save()
    assert not announce(project, "run.finished", run="1")
    assert not announce(make_project(), "run.finished", run="1")


@pytest.mark.parametrize(
    "url", ["ftp://example.org", "example.org", "https://", "https://a:b@example.org/", "https://example.org:0/",
            "https://exa mple.org/", "https://example.org/ü", "https://example.org/#a", "http://[::1"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValidationError):
        webhooks.check_address(url)


# The page


def page_of(project):
    return reverse("webhook_list", args=[project.slug])


def test_address_is_added_and_its_secret_shown_once(client, project):
    client.force_login(project.memberships.get().user)
    body = {"url": "https://example.org/told", "events": ["release.made"], "request_id": "one"}
    first = client.post(page_of(project), body)
    secret = Webhook.objects.get().secret
    assert secret in first.content.decode()
    assert client.post(page_of(project), body).status_code == 302
    assert Webhook.objects.count() == 1
    page = client.get(page_of(project)).content.decode()
    assert "https://example.org/told" in page
    assert secret not in page


def test_address_that_is_none_is_refused_and_kept(client, project):
    client.force_login(project.memberships.get().user)
    answer = client.post(page_of(project), {"url": "ftp://example.org", "events": []})
    assert answer.status_code == 422
    assert 'value="ftp://example.org"' in answer.content.decode()
    assert "Choose at least one." in answer.content.decode()


def test_address_is_switched_off_and_deleted_and_a_message_sent_again(client, project, webhook):
    client.force_login(project.memberships.get().user)
    announce(project, "release.made", number=1)
    Delivery.objects.update(state="given_up", attempts=9, status=500)
    assert "given up" in client.get(page_of(project)).content.decode()
    client.post(reverse("delivery_again", args=[project.slug, Delivery.objects.get().pk]))
    assert Delivery.objects.get().state == "waiting"
    client.post(reverse("webhook_switch", args=[project.slug, webhook.pk]))
    assert not Webhook.objects.get().is_active
    assert webhooks.deliver_due() == 0
    client.post(reverse("webhook_switch", args=[project.slug, webhook.pk]), {"on": "1"})
    assert webhooks.deliver_due() == 1
    client.post(reverse("webhook_delete", args=[project.slug, webhook.pk]))
    assert not Webhook.objects.exists()


def test_editor_sees_no_addresses(client, project, webhook):
    client.force_login(make_member(project, "editor"))
    assert client.get(page_of(project)).status_code == 403
    other = make_project()
    client.force_login(other.memberships.get().user)
    assert client.post(reverse("webhook_delete", args=[other.slug, webhook.pk])).status_code == 302
    assert Webhook.objects.exists()


# The API


def test_programs_switch_an_address_off_and_send_a_message_again(project, webhook):
    owner = Caller(project.memberships.get().user)
    announce(project, "release.made", number=1)
    Delivery.objects.update(state="given_up", attempts=9, status=500)
    path = f"deliveries/{Delivery.objects.get().pk}/"
    assert owner.get(path).json()["state"] == "given_up"
    again = owner.post(f"{path}again/", {})
    assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (201, "waiting", 0)
    off = owner.post(f"webhooks/{webhook.pk}/switch/", {"is_active": False})
    assert (off.status_code, off.json()["is_active"], "secret" in off.json()) == (201, False, False)
    assert owner.post(f"webhooks/{webhook.pk}/switch/", {}).status_code == 400
    assert webhooks.deliver_due() == 0
    editor = Caller(make_member(project, "editor"))
    for address in (path, f"webhooks/{webhook.pk}/"):
        assert editor.get(address).status_code == 404
    assert editor.post(f"{path}again/", {}).status_code == 404
