"""People and attackers at the door of a machine, each from an address of the own on the loopback network."""

import re
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from requests.adapters import HTTPAdapter

FORM_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PATIENCE = 120
"""Seconds for an answer on a machine that does other things too; nothing is judged by them."""


def make_certificate(folder: Path) -> None:
    """Write a certificate of TLS for 127.0.0.1 and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(_loopback())]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _loopback() -> Any:
    from ipaddress import ip_address

    return ip_address("127.0.0.1")


class _From(HTTPAdapter):
    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


def somebody(address: str, certificate: Path) -> requests.Session:
    """A browser at an address of the loopback network that trusts this server."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(certificate)
    session.mount("https://", _From(address))
    return session


def send_form(session: requests.Session, url: str, fields: dict[str, str]) -> requests.Response:
    """Open a page and send its form."""
    page = session.get(url, timeout=PATIENCE)
    assert page.status_code == 200, (page.status_code, page.text[:300])
    found = FORM_TOKEN.search(page.text)
    assert found is not None
    return session.post(
        page.url,
        data=fields | {"csrfmiddlewaretoken": found[1]},
        headers={"Referer": page.url, "Origin": "{0.scheme}://{0.netloc}".format(urlsplit(page.url))},
        timeout=PATIENCE,
        allow_redirects=False,
    )


class Dripping:
    """Connections on which a body comes one byte at a time, so that no time-out between two of them ends it."""

    def __init__(self) -> None:
        self.lines: list[ssl.SSLSocket] = []
        self._ended = Event()

    def drip(self) -> None:
        """Send a byte on each, over and over, until `end`."""
        while not self._ended.wait(1):
            for line in list(self.lines):
                with suppress(OSError):
                    line.sendall(b"x")

    def end(self) -> None:
        """Stop dripping."""
        self._ended.set()


def connection(address: str, port: int, certificate: Path) -> ssl.SSLSocket:
    """A connection of TLS from an address, on which anything may be sent."""
    context = ssl.create_default_context(cafile=str(certificate))
    plain = socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(address, 0))
    return context.wrap_socket(plain, server_hostname="127.0.0.1")
