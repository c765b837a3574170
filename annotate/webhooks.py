"""Sending what claims/announcing.py has stored: signed, retried with growing waits, given up after a day and a half.

Messages follow Standard Webhooks (https://www.standardwebhooks.com): the headers ``webhook-id``, ``webhook-timestamp`` and
``webhook-signature``, ``v1,`` and the HMAC-SHA256 of ``id.timestamp.body`` in base64.
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import logging
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from claims.models import Delivery

logger = logging.getLogger(__name__)

TIMEOUT = 10
WAITS = [timedelta(seconds=wait) for wait in (5, 60, 300, 1800, 7200, 18_000, 36_000, 72_000)]
# While one worker sends it, no other does.
HELD = timedelta(seconds=120)
AT_ONCE = 16
REASONS = 300
# What IPv6 gives out to single machines, and IPv4 addresses written as IPv6; Python takes more for global.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
TEREDO = ipaddress.ip_network("2001::/32")
OPEN_IPV6 = [ipaddress.ip_network("2000::/3"), ipaddress.ip_network("::ffff:0:0/96"), NAT64]


class Unreachable(Exception):
    """An address that could not be told, in a sentence."""


def check_address(url):
    """Raise ValidationError unless messages may be sent to this address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValidationError({"url": "This is no address."}) from None
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise ValidationError({"url": "Write an address that begins with https:// or http://."})
    if parts.username or parts.password or parts.fragment:
        raise ValidationError({"url": "Leave names, passwords and # out of the address."})
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise ValidationError({"url": "Write the address in plain characters, others escaped."})


def address_of(host, port):
    """Return the address to connect to; raises Unreachable unless every address of the host is a public one."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} is not known: {error}.") from error
    for *_, place in found:
        if not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES and not is_public(place[0]):
            raise Unreachable(f"{host} is not a public address; see WEBHOOKS_TO_PRIVATE_ADDRESSES.")
    return found[0][4][0]


def is_public(place):
    """Whether an address belongs to one machine on the open network; an IPv4 address inside of an IPv6 one counts."""
    address = ipaddress.ip_address(place.partition("%")[0])
    if address.version == 6:
        if not any(address in network for network in OPEN_IPV6) or address in TEREDO:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        address = inner or address
    return address.is_global and not address.is_multicast


def signature(secret, key, timestamp, body):
    """Return the signature of ``body``, bytes, under the webhook's secret."""
    said = f"{key}.{timestamp}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), said, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def body_of(delivery):
    said = {"type": delivery.event, "timestamp": delivery.created_at.isoformat(), "data": delivery.payload}
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def send(delivery):
    """Send one message and return the status of the answer; raises Unreachable. A redirect is not followed."""
    parts = urlsplit(delivery.webhook.url)
    is_safe = parts.scheme == "https"
    port = parts.port or (443 if is_safe else 80)
    place = address_of(parts.hostname, port)
    body, timestamp = body_of(delivery), str(int(timezone.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Rejoinder",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(delivery.webhook.secret, delivery.pk, timestamp, body),
    }
    connection = http.client.HTTPConnection(parts.hostname, port, timeout=TIMEOUT)
    # The socket's own limit is for each part of an answer; this one is for all of it, however slowly it trickles in.
    over = threading.Event()
    limit = threading.Timer(TIMEOUT, hang_up, [connection, over])
    try:
        # Connected by the address that was looked at, so that the name cannot mean another one a moment later.
        connection.sock = socket.create_connection((place, port), timeout=TIMEOUT)
        limit.start()
        if is_safe:
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(
                connection.sock, server_hostname=parts.hostname, do_handshake_on_connect=False
            )
            connection.sock.do_handshake()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {"Host": parts.netloc, **headers})
        status = connection.getresponse().status
        if over.is_set():
            # An answer that broke off among its headers looks like one that has ended.
            raise TimeoutError
        return status
    except (OSError, http.client.HTTPException) as error:
        told = (
            f"There was no answer within {TIMEOUT} seconds."
            if over.is_set()
            else getattr(error, "strerror", None) or str(error)
        )
        raise Unreachable(told or type(error).__name__) from error
    finally:
        limit.cancel()
        connection.close()


def hang_up(connection, over):
    """End a connection from another thread; whoever reads from it is told that it broke off."""
    over.set()
    with suppress(OSError):
        socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


def deliver_due():
    """Send what is due; return how many arrived. Each message is held by one worker at a time.

    Several are sent at once, so that a slow address does not hold up the others; the database is asked in this thread.
    """
    due = Delivery.objects.filter(
        state=Delivery.State.WAITING,
        next_at__lte=timezone.now(),
        webhook__is_active=True,
        webhook__project__deleted_at=None,
    )
    mine = [one for one in due.select_related("webhook").order_by("next_at", "uuid")[:AT_ONCE] if hold(one)]
    if not mine:
        return 0
    arrived = 0
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        for delivery, values in zip(mine, pool.map(attempt, mine), strict=True):
            arrived += keep(delivery, values)
    return arrived


def hold(delivery):
    """Take a message for this worker; False when another has it."""
    same = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=Delivery.State.WAITING)
    is_mine = same.update(attempts=F("attempts") + 1, next_at=timezone.now() + HELD)
    delivery.attempts += 1
    return bool(is_mine)


def attempt(delivery):
    """Send one message; return the status of the answer, or why there was none."""
    try:
        return {"status": send(delivery), "error": ""}
    except Unreachable as error:
        return {"status": None, "error": str(error)[:REASONS]}
    except Exception:  # in a thread of its own, where nobody else would hear of it
        logger.exception("The message %s could not be sent.", delivery.pk)
        return {"status": None, "error": "Something went wrong that we did not foresee; the server's log says what."}


def keep(delivery, values):
    """Keep what came of an attempt; return whether the message arrived."""
    has_arrived = values["status"] is not None and 200 <= values["status"] < 300
    if has_arrived:
        values |= {"state": Delivery.State.DELIVERED, "delivered_at": timezone.now()}
    elif delivery.attempts > len(WAITS):
        values["state"] = Delivery.State.GIVEN_UP
    else:
        values["next_at"] = timezone.now() + WAITS[delivery.attempts - 1]
    Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts).update(**values)
    return has_arrived


def send_again(delivery):
    """Have a message sent once more, with the next round of the worker."""
    again = {"state": Delivery.State.WAITING, "attempts": 0, "next_at": timezone.now(), "delivered_at": None}
    Delivery.objects.filter(pk=delivery.pk).update(**again)
