"""A gateway's server on a loopback socket, that answers as badly as a test wants; and both drivers."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from payport.gateways.exchange import FlowLimits, new_async_client, new_client
from payport.gateways.flow import Called, adrive, drive

Talk = Callable[[socket.socket, bytes], None]


class Loopback:
    """Serves each connection by `talk(connection, request)`, in a thread. Keeps all requests that came."""

    page: ClassVar = {"code": "00", "txn": "9001", "pay_url": "https://pay.sample.example/p/9001"}

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.talk: Talk = self.answering(self.page)
        self.requests: list[bytes] = []
        self.over = threading.Event()  # set at the test's end, so that slow talks end too
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def answering(self, document: dict[str, Any]) -> Talk:
        return self.saying(
            self.http(json.dumps(document).encode(), headers="Content-Type: application/json\r\n")
        )

    def saying(self, *pieces: bytes) -> Talk:
        """Sends the pieces, and closes the connection."""

        def talk(connection: socket.socket, request: bytes) -> None:
            for piece in pieces:
                connection.sendall(piece)

        return talk

    def in_turn(self, *talks: Talk) -> Talk:
        """The first connection gets the first talk, and so on."""
        left = iter(talks)

        def talk(connection: socket.socket, request: bytes) -> None:
            next(left)(connection, request)

        return talk

    def silent(self, connection: socket.socket, request: bytes) -> None:
        """Says nothing until the test is over."""
        self.over.wait(20)

    @staticmethod
    def http(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}Connection: close\r\n\r\n"
        return head.encode() + body

    def stop_listening(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def close(self) -> None:
        self.over.set()
        self.stop_listening()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                if self._tls is None:
                    self._one(connection)
                else:
                    with self._tls.wrap_socket(connection, server_side=True) as secure:
                        self._one(secure)

    def _one(self, connection: socket.socket) -> None:
        request = _whole_request(connection)
        if request:
            self.requests.append(request)
            self.talk(connection, request)


def _whole_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65_536)
        if not chunk:
            return received
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    """Makes servers, over TLS if a context is given; all are closed at the test's end."""
    with contextlib.ExitStack() as closing:

        def make(tls: ssl.SSLContext | None = None) -> Loopback:
            loopback = Loopback(tls)
            closing.callback(loopback.close)
            return loopback

        yield make


@pytest.fixture
def server(serve: Callable[..., Loopback]) -> Loopback:
    return serve()


class Certificates:
    """A root that the test trusts, and servers' certificates that it signs."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test root")])
        self._root = (
            self._builder(name, name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.trusting = ssl.create_default_context(
            cadata=self._root.public_bytes(serialization.Encoding.PEM).decode()
        )

    def serving(self, host: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if host == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = (
            self._builder(subject, self._root.subject, key)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / f"{host}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        today = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - dt.timedelta(days=1))
            .not_valid_after(today + dt.timedelta(days=1))
        )


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


class Driver:
    """Runs a flow to its end, by the sync or the async driver, with short limits and no real pauses."""

    limits = FlowLimits(seconds=5, connect=2, silence=2, step=1)

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.pauses: list[float] = []

    def __call__(
        self, flow: Any, account: Any, *, tls: ssl.SSLContext | None = None, **options: Any
    ) -> Called[Any]:
        options = {"account": account, "kind": "initiate", "limits": self.limits} | options
        return (
            self._sync(flow, tls, options)
            if self.kind == "sync"
            else asyncio.run(self._async(flow, tls, options))
        )

    def _sync(self, flow: Any, tls: ssl.SSLContext | None, options: dict[str, Any]) -> Called[Any]:
        with new_client(tls) as client:
            return drive(flow, client=client, sleep=self.pauses.append, **options)

    async def _async(self, flow: Any, tls: ssl.SSLContext | None, options: dict[str, Any]) -> Called[Any]:
        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)

        async with new_async_client(tls) as client:
            return await adrive(flow, client=client, sleep=sleep, **options)


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Driver:
    return Driver(request.param)
