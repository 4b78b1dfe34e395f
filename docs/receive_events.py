"""A receiver of Payport's events, of one page: verify, act once, answer.

    pip install standardwebhooks
    EVENT_SECRETS="whsec_…" python receive_events.py 8080

It keeps what it did in `events.sqlite`, together with the ids that it has seen, in one transaction: an event
that comes twice is done once, and one whose work fails is not marked as seen, so that it comes again.
"""

import contextlib
import os
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

SEEN = "CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)"
PAID = "CREATE TABLE IF NOT EXISTS paid (order_number TEXT PRIMARY KEY, minor INTEGER, currency TEXT)"
MOST_BYTES = 262_144


def verified(body, headers, secrets):
    """The event, or None. Any secret will do: during a rotation there are two."""
    for secret in secrets:
        with contextlib.suppress(WebhookVerificationError):
            return Webhook(secret).verify(body, headers)
    return None


def act(database, event):
    """What your application does. It runs once for each event."""
    if event["type"] == "order.paid":
        facts = event["data"]["facts"]
        row = (event["order"], facts["received_minor"], facts["currency"])
        database.execute("INSERT INTO paid VALUES (?, ?, ?)", row)


def receive(path, body, headers, secrets):
    """The status to answer with. Anything but 2xx has the event sent again later."""
    event = verified(body, headers, secrets)
    if event is None:
        return 401
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as database, database:
        database.execute(SEEN)
        database.execute(PAID)
        if database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event["id"],)).rowcount:
            act(database, event)
    return 204


class Door(BaseHTTPRequestHandler):
    path_of_database = "events.sqlite"
    secrets = ()

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if 0 < length <= MOST_BYTES:
            body = self.rfile.read(length)
            status = receive(self.path_of_database, body, dict(self.headers), self.secrets)
        else:
            status = 413
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """An access log would hold nothing that is not in the database."""


if __name__ == "__main__":
    Door.secrets = tuple(os.environ["EVENT_SECRETS"].split())
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Door).serve_forever()
