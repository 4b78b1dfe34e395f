"""A TLS server whose certificate nobody vouches for: what it could read of what was sent to it."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Unseen", "unseen"]


@dataclass
class Unseen:
    """`tried`: connections that came; `read`: plain bytes that came out of TLS."""

    url: str = ""
    tried: int = 0
    read: list[bytes] = field(default_factory=list)


@contextmanager
def unseen(folder: Path) -> Iterator[Unseen]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_signed_by_itself(folder))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Unseen(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listener, context, server), daemon=True)
        thread.start()
        yield server
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _serve(listener: socket.socket, context: ssl.SSLContext, server: Unseen) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        server.tried += 1
        with connection, suppress(OSError):
            connection.settimeout(5)
            with context.wrap_socket(connection, server_side=True) as secure:
                server.read.append(secure.recv(65_536))


def _signed_by_itself(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "unseen.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + certificate.public_bytes(pem))
    return file
