"""Signing with a key in software, tokens and sealed messages, each beside the raw RSA work in it."""

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.bench.stand import milliseconds, show

SIZES = (1_000, 100_000, 1_000_000)


def measure() -> None:
    """Print three tables: requests and tokens, sealed messages by size, and ways to fail while opening."""
    from agent.wire.tokens.etk import verify_etk
    from agent.wire.xml.signature import key_signer, sign_enveloped, verify_enveloped
    from agent.wire.xml.token import build_activate
    from tests.agent.sealing.sealed import NOW, scene
    from tests.support.tokens import make_token

    made = scene()
    key, public = made.sender.key, made.sender.key.public_key()
    pkcs1, sha256 = padding.PKCS1v15(), hashes.SHA256()
    signature = key.sign(b"x", pkcs1, sha256)
    request = build_activate(request_id=f"_{uuid4()}", issue_instant=datetime.now(UTC))
    signed = sign_enveloped(request, chain=made.sender.chain, sign=key_signer(key))
    from cryptography.hazmat.primitives.serialization import Encoding

    token = make_token(
        made.authority,
        made.token.public_bytes(Encoding.DER),
        (made.authority.etk_ra, *made.recipient.chain),
    )
    facts: dict[str, Any] = {
        "authentication_certificate": made.recipient.certificate,
        "anchors": made.authority.anchors,
        "now": NOW,
    }
    rows = [
        ("raw RSA 2048 signature", lambda: key.sign(b"x", pkcs1, sha256)),
        ("sign a request (checked before it leaves)", lambda: _sign(request)),
        ("raw RSA 2048 verification", lambda: public.verify(signature, b"x", pkcs1, sha256)),
        ("verify a signed request", lambda: verify_enveloped(signed)),
        ("verify a token (five raw verifications)", lambda: verify_etk(token, **facts)),
    ]
    times = [(name, *(f"{value:.2f}" for value in milliseconds(work))) for name, work in rows]
    show("Signed by an eHealth certificate itself", ("work", "ms", "p95"), times)
    _show_sizes()
    _show_failures()


def _sign(request: bytes) -> None:
    from agent.wire.xml.signature import key_signer, sign_enveloped
    from tests.agent.sealing.sealed import scene

    sign_enveloped(request, chain=scene().sender.chain, sign=key_signer(scene().sender.key))


def _show_sizes() -> None:
    from agent.sealing import open_sealed, seal
    from tests.agent.sealing.sealed import NOW, scene

    made = scene()
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    own, token = made.sender.key, made.token_key
    signature, secret = own.sign(b"x", pss, hashes.SHA256()), secrets.token_bytes(16)
    wrapped = token.public_key().encrypt(secret, padding.PKCS1v15())

    def raw_seal() -> None:
        own.sign(b"x", pss, hashes.SHA256())
        own.sign(b"x", pss, hashes.SHA256())
        token.public_key().encrypt(secret, padding.PKCS1v15())

    def raw_open() -> None:
        own.public_key().verify(signature, b"x", pss, hashes.SHA256())
        own.public_key().verify(signature, b"x", pss, hashes.SHA256())
        token.decrypt(wrapped, padding.PKCS1v15())

    rows = [("raw RSA alone", f"{milliseconds(raw_seal)[0]:.2f}", f"{milliseconds(raw_open)[0]:.2f}")]
    for size in SIZES:
        message = secrets.token_bytes(size)
        sealed = seal(message, [made.token], made.sealer, now=NOW)
        sealing = milliseconds(lambda message=message: seal(message, [made.token], made.sealer, now=NOW))  # type: ignore[misc]  # a default binds the loop's value
        opening = milliseconds(lambda sealed=sealed: open_sealed(sealed, made.keys))  # type: ignore[misc]  # as above
        rows.append((f"{size:,} bytes", f"{sealing[0]:.2f}", f"{opening[0]:.2f}"))
    show("Sealed messages, milliseconds", ("message", "seal", "open"), rows)


def _show_failures() -> None:
    """One column that should not vary: what is wrong inside must not show from outside."""
    from agent.errors import SealError
    from agent.sealing import open_sealed
    from tests.agent.sealing.sealed import scene
    from tests.agent.sealing.test_messages import INSIDE

    rows = []
    for name in ("a bit of the key", "a key that is too short", "no PKCS#1 padding", "another IV"):
        data = INSIDE[name]()

        def refuse(data: bytes = data) -> None:
            try:
                open_sealed(data, scene().keys)
            except SealError:
                return
            raise AssertionError("a broken message was opened")

        median, p95 = milliseconds(refuse, times=200)
        rows.append((name, f"{median:.2f}", f"{p95:.2f}"))
    show("Opening what is broken inside", ("what is wrong", "ms", "p95"), rows)
