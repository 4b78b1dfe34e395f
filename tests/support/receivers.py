"""Shops that tell somebody: functions, and web hooks of a receiver that answers as badly as a test wants."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from payport.doors.host import Payport
from payport.service.subscribers import Listener
from tests.support.shop import Clock, Shop, write_configuration

__all__ = ["SECRET", "Answer", "Got", "Receiver", "certificate", "receiving", "telling", "webhook"]

SECRET = "whsec_c3ludGhldGljIHNlY3JldCBvZiB0aGVzZSB0ZXN0cyE="


@dataclass(frozen=True)
class Answer:
    """`silent`: nothing is said until the receiver is closed."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False


@dataclass(frozen=True)
class Got:
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Receiver:
    """Answers each request by the first of `answers` that is left, and then by `usual`."""

    port: int = 0
    usual: Answer = Answer()
    answers: list[Answer] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.got]


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """One that listens on this machine, over TLS if a context is given."""
    receiver = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(Got(body, {name.lower(): text for name, text in self.headers.items()}))
            answer = receiver.answers.pop(0) if receiver.answers else receiver.usual
            if answer.silent:
                receiver.over.wait(20)
                return
            self.send_response(answer.status)
            for name, text in {"Content-Length": "0", **answer.headers}.items():
                self.send_header(name, text)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that goes away is no fault
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def webhook(url: str, *, name: str = "crm", secret: str = SECRET, more: str = "") -> str:
    """Its table in payport.toml."""
    return f"""
[[webhooks]]
name = "{name}"
url = "{url}"
secrets = [{{ id = "2026-a", value = "{secret}" }}]
{more}
"""


def telling(
    folder: Path,
    database_url: str,
    tables: str = "",
    *,
    clock: Clock | None = None,
    subscribers: Mapping[str, Listener] | None = None,
) -> Shop:
    """A shop with these tables in its file, and these functions."""
    clock = clock or Clock()
    file = write_configuration(folder, database_url, accounts=tables)
    return Shop(Payport.from_config(file, clock=clock, subscribers=subscribers), clock, folder)


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server of this name, and for a client that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's own")])
    named: x509.GeneralName = x509.DNSName(host)
    if host[0].isdigit():
        named = x509.IPAddress(ipaddress.ip_address(host))
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([named]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.create_default_context()
    client.load_verify_locations(cadata=made.public_bytes(serialization.Encoding.PEM).decode())
    return server, client
