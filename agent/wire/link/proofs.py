"""Device proofs: a JWS over method, URL, body digest, time and a fresh id (RFC 9449 4.2, plus the body)."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from agent.wire.encoding import from_base64url, to_base64url
from agent.wire.errors import ProofInvalid
from agent.wire.limits import MAX_PROOF_BYTES, PROOF_WINDOW_SECONDS
from agent.wire.link.enrolment import dss_from_raw

HEADER = "Ehportal-Proof"
TYPE = "ehportal-proof+jwt"
COORDINATE_BYTES = 32
Jwk = dict[str, str]


@dataclass(frozen=True)
class UnverifiedProof:
    """What a proof claims. Nothing of it holds before `verify_proof` has said so."""

    kid: str
    jwk: Jwk | None
    method: str
    url: str
    body_digest: str
    issued_at: int
    jti: str


@dataclass(frozen=True)
class Proof:
    """A proof that held: its fresh id, the key's thumbprint, and when it was made."""

    jti: str
    kid: str
    issued_at: datetime


def public_jwk(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> Jwk:
    """Return the public P-256 key as a JWK (RFC 7518 6.2.1), members in the order of its thumbprint."""
    public = key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else key
    if public.curve.name != "secp256r1":
        raise ProofInvalid("a device key is a P-256 key")
    numbers = public.public_numbers()
    x, y = (to_base64url(n.to_bytes(COORDINATE_BYTES, "big")) for n in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def key_of(jwk: object) -> ec.EllipticCurvePublicKey:
    """Read the public key of a JWK with exactly kty, crv, x and y. Raises ProofInvalid."""
    if not isinstance(jwk, dict) or set(jwk) != {"crv", "kty", "x", "y"}:
        raise ProofInvalid("not a public P-256 key")
    if jwk["kty"] != "EC" or jwk["crv"] != "P-256":
        raise ProofInvalid("not a public P-256 key")
    try:
        x, y = (from_base64url(jwk[name]) for name in ("x", "y"))
        if len(x) != COORDINATE_BYTES or len(y) != COORDINATE_BYTES:
            raise ValueError("coordinate length")
        numbers = ec.EllipticCurvePublicNumbers(
            int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
        )
        return numbers.public_key()
    except (ValueError, AttributeError, TypeError):
        raise ProofInvalid("not a point on P-256") from None


def thumbprint_bytes(jwk: Jwk) -> bytes:
    """Return the JWK's SHA-256 thumbprint (RFC 7638), 32 bytes. Raises ProofInvalid unless it is a P-256 key."""
    key_of(jwk)
    canonical = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).digest()


def thumbprint(jwk: Jwk) -> str:
    """Return the thumbprint in base64url: the device's `kid`."""
    return to_base64url(thumbprint_bytes(jwk))


def body_digest(body: bytes) -> str:
    """Return the base64url SHA-256 of a request body, of the empty string when there is none."""
    return to_base64url(hashlib.sha256(body).digest())


def make_proof(
    key: ec.EllipticCurvePrivateKey,
    *,
    method: str,
    url: str,
    body: bytes,
    now: datetime,
    with_key: bool = False,
) -> str:
    """Make a compact JWS for one request. `with_key` adds the public key, for calls where it is not yet known."""
    jwk = public_jwk(key)
    header: dict[str, object] = {"typ": TYPE, "alg": "ES256", "kid": thumbprint(jwk)}
    if with_key:
        header["jwk"] = jwk
    payload = {
        "htm": method,
        "htu": url,
        "bod": body_digest(body),
        "iat": int(now.timestamp()),
        "jti": to_base64url(secrets.token_bytes(16)),
    }
    signing_input = f"{_segment(header)}.{_segment(payload)}"
    r, s = decode_dss_signature(key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")
    return f"{signing_input}.{to_base64url(signature)}"


def _segment(value: dict[str, object] | dict[str, str | int]) -> str:
    return to_base64url(json.dumps(value, separators=(",", ":")).encode())


def _object(segment: str) -> dict[str, object]:
    def refuse_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len({name for name, _ in pairs}) != len(pairs):
            _malformed()
        return dict(pairs)

    try:
        value = json.loads(from_base64url(segment).decode("utf-8"), object_pairs_hook=refuse_twice)
    except (ValueError, RecursionError):
        _malformed()
    if not isinstance(value, dict):
        _malformed()
    return value


def _malformed() -> NoReturn:
    raise ProofInvalid("not a device proof")


def read_proof(token: str) -> UnverifiedProof:
    """Read what a proof claims, unverified: enough to find the device it speaks for. Raises ProofInvalid."""
    if len(token) > MAX_PROOF_BYTES or token.count(".") != 2:
        _malformed()
    first, second, _ = token.split(".")
    header, payload = _object(first), _object(second)
    if set(header) - {"jwk"} != {"typ", "alg", "kid"} or set(payload) != {"htm", "htu", "bod", "iat", "jti"}:
        _malformed()
    if header["typ"] != TYPE or header["alg"] != "ES256":
        _malformed()
    issued_at = payload["iat"]
    if not isinstance(issued_at, int) or isinstance(issued_at, bool) or not 0 <= issued_at < 2**40:
        _malformed()
    kid, method, url, digest, jti = (
        value if isinstance(value, str) else _malformed()
        for value in (header["kid"], payload["htm"], payload["htu"], payload["bod"], payload["jti"])
    )
    try:
        fresh = len(from_base64url(jti)) == 16
    except ValueError:
        fresh = False
    if not fresh:
        _malformed()
    jwk = header.get("jwk")
    if "jwk" in header:
        key_of(jwk)
    carried: Jwk | None = {name: str(jwk[name]) for name in jwk} if isinstance(jwk, dict) else None
    return UnverifiedProof(kid, carried, method, url, digest, issued_at, jti)


def verify_proof(token: str, *, jwk: Jwk, method: str, url: str, body: bytes, now: datetime) -> Proof:
    """Check a proof by the device key `jwk` over one request.

    Raises ProofInvalid: `proof_invalid` for signature, key, method, URL or body, `proof_stale` when all that
    holds but the time is more than PROOF_WINDOW_SECONDS away. Whether `jti` was seen before is the caller's.
    """
    claimed = read_proof(token)
    key = key_of(jwk)
    signing_input, _, signature = token.rpartition(".")
    try:
        raw = from_base64url(signature)
        if len(raw) != 2 * COORDINATE_BYTES:
            _malformed()
        der = dss_from_raw(raw, COORDINATE_BYTES)
        key.verify(der, signing_input.encode(), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        raise ProofInvalid("the device key did not sign this") from None
    kid = thumbprint(jwk)
    if claimed.kid != kid or (claimed.jwk is not None and thumbprint(claimed.jwk) != kid):
        raise ProofInvalid("the proof names another key")
    if claimed.method != method or claimed.url != url:
        raise ProofInvalid("the proof is for another call")
    if not secrets.compare_digest(claimed.body_digest, body_digest(body)):
        raise ProofInvalid("the proof is for another body")
    if abs(now.timestamp() - claimed.issued_at) > PROOF_WINDOW_SECONDS:
        raise ProofInvalid("the proof is too old or too new", code="proof_stale")
    return Proof(claimed.jti, kid, datetime.fromtimestamp(claimed.issued_at, UTC))
