"""The lists as they are published now: their files, what may be changed in them, and how they misbehave on demand."""

import base64
import copy
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from deploy.sandbox.authorities.pki import ENVIRONMENTS, Pki
from deploy.sandbox.lists import first, writing
from deploy.sandbox.lists.operators import Operator, Operators, operator_certificate
from deploy.sandbox.soap import timestamp
from deploy.sandbox.state.store import Store, to_moment, to_text

PERIOD = timedelta(days=150)
DEEDS = ("issue", "withdraw", "restore", "replace", "add", "remove", "announce", "extend", "status", "close")
FAULTS = {
    "wrong-hash": "the digest beside the list is that of other bytes",
    "no-hash": "there is no digest",
    "gone": "there is no list",
    "older": "the list before this one",
    "same-number": "other content under the same number",
    "unsigned": "the list without its signature",
    "stranger": "signed by a stranger with the operator's name",
    "same-key": "signed with the operator's key under a certificate of another name",
    "no-usage": "signed by a certificate that is not made for lists",
    "ended-signer": "signed by a certificate that has ended",
    "sha1": "signed with SHA-1",
    "wrapped": "a foreign list around the signed one",
    "changed": "changed after it was signed",
    "second-id": "a second element with the identifier that is signed",
    "over": "the next one should have been there yesterday",
    "ahead": "issued tomorrow",
    "other-scheme": "the list of another scheme",
    "dtd": "with a document type and nested entities",
    "huge": "17 MiB",
    "not-xml": "a page of a gateway",
}


class ListError(Exception):
    """What was asked of a list makes no sense; the message says what."""


class Lists:
    """The trusted lists of every environment. Files are `tsl-ehpbe-<kind>.xml` and the same with `.sha2`."""

    def __init__(self, state: Path, pki: Pki, store: Store, now: datetime) -> None:
        self.operators = Operators(state, store, now)
        self._store, self._pki = store, pki
        for environment in ENVIRONMENTS:
            if store.setting(f"list-{environment}-transport") is None:
                pem = self.operators.current(environment).pem
                for kind, services in first.services(pki, pem, environment, now).items():
                    self._publish(environment, kind, services, now, PERIOD, {})
            for kind in first.KINDS:  # one that slept for long publishes what is due
                ends = self._kept(environment, kind)["next_update"]
                if ends is not None and to_moment(ends) <= now:
                    self.change(environment, kind, {"deed": "issue"}, now)

    def state(self, environment: str, kind: str) -> dict[str, Any]:
        """A list as it stands, without its bytes."""
        kept = self._kept(environment, kind)
        return {
            name: value
            for name, value in kept.items()
            if name not in ("content", "former", "first", "spoiled")
        }

    def _kept(self, environment: str, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = self._store.setting(f"list-{environment}-{kind}", {})
        return found

    def change(self, environment: str, kind: str, body: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Publish the next version: `deed`, with the `name` of a service where it is about one; raises ListError."""
        kept = self._kept(environment, kind)
        deed, name = body.get("deed"), str(body.get("name", ""))
        if deed not in DEEDS:
            raise ListError(f"The deed is one of {', '.join(DEEDS)}.")
        services = copy.deepcopy(kept["services"])
        since = str(body.get("since") or timestamp(now))
        if deed == "announce":
            operator = self.operators.announce(environment, now)
            services.append(first.service(operator.certificate, first.OPERATOR, "Sandbox eHealth", now))
        elif deed == "add":
            made, _key = first.made(name or "Sandbox Web CA 2027", now.replace(microsecond=0), 8 * first.YEAR)
            added = str(body.get("type") or first.CA)
            services.append(first.service(made, added, "Sandbox Web", now) | {"since": since})
        elif deed not in ("issue", "close"):
            self._change_one(services, name, deed, since, body, now)
        days = body.get("days")
        period = timedelta(days=float(days)) if isinstance(days, int | float) else PERIOD
        self._publish(environment, kind, services, now, None if deed == "close" else period, kept)
        return self.state(environment, kind)

    def _change_one(
        self,
        services: list[dict[str, Any]],
        name: str,
        deed: str,
        since: str,
        body: dict[str, Any],
        now: datetime,
    ) -> None:
        one = next((one for one in services if one["name"] == name), None)
        if one is None:
            raise ListError(f"Name one of: {', '.join(each['name'] for each in services)}.")
        if deed == "remove":
            services.remove(one)
        elif deed == "extend":
            one["extension"] = str(body.get("extension") or f"http://sandbox.example/{now.timestamp():.0f}")
        elif deed == "replace":
            one["pem"] = _same_key(one["pem"], now)
        else:
            status = {"withdraw": "withdrawn", "restore": "granted"}.get(deed, str(body.get("status", "")))
            one["history"].insert(0, [one["status"], one["since"]])
            one["status"], one["since"] = status, since

    def switch_operator(self, environment: str, now: datetime) -> None:
        """Have the operator that was announced sign all lists from now on; raises ListError."""
        if self.operators.switch(environment) is None:
            raise ListError("No operator was announced.")
        for kind in first.KINDS:
            self.change(environment, kind, {"deed": "issue"}, now)

    def again(self, environment: str, now: datetime) -> None:
        """Publish what the lists held on the first day, by the first operator, under the next numbers."""
        self.operators.again(environment)
        for kind in first.KINDS:
            kept = self._kept(environment, kind)
            self._publish(environment, kind, kept["first"], now, PERIOD, kept)

    def spoil(self, environment: str, kind: str, fault: str | None, now: datetime) -> None:
        """Have a list misbehave until told otherwise (None); raises ListError."""
        if fault is not None and fault not in FAULTS:
            raise ListError(f"There is no such fault; known are: {', '.join(FAULTS)}.")
        kept = self._kept(environment, kind)
        spoiled = None
        if fault is not None and fault not in _BYTES:
            made = self._spoiled(environment, kind, kept, fault, now)
            spoiled = base64.b64encode(made).decode()
        self._store.put_setting(f"list-{environment}-{kind}", kept | {"fault": fault, "spoiled": spoiled})

    def _publish(
        self,
        environment: str,
        kind: str,
        services: list[dict[str, Any]],
        now: datetime,
        period: timedelta | None,
        kept: dict[str, Any],
    ) -> None:
        sequence = kept.get("sequence", 0) + 1
        ends = now + period if period is not None else None
        issue = writing.Issue(environment, kind, sequence, now, ends, services)
        content = writing.sign(writing.write(issue), self.operators.current(environment), now)
        self._store.put_setting(
            f"list-{environment}-{kind}",
            {
                "sequence": sequence,
                "issued_at": to_text(now),
                "next_update": to_text(ends) if ends else None,
                "services": services,
                "first": kept.get("first", services),
                "content": base64.b64encode(content).decode(),
                "former": kept.get("content"),
                "fault": None,
            },
        )

    def files(self, environment: str, kind: str) -> tuple[bytes | None, bytes | None]:
        """The bytes of a list and of the digest beside it; None where there is none."""
        kept = self._kept(environment, kind)
        if not kept:
            return None, None
        content: bytes | None = base64.b64decode(kept["content"])
        fault = kept.get("fault")
        if fault == "gone":
            return None, None
        if fault in _BYTES:
            content = _BYTES[fault](base64.b64decode(kept["content"]))
        elif fault and kept.get("spoiled"):
            content = base64.b64decode(kept["spoiled"])
        digest = hashlib.sha256(content or b"").hexdigest().encode()
        if fault == "wrong-hash":
            digest = hashlib.sha256(b"other bytes").hexdigest().encode()
        return content, None if fault == "no-hash" else digest

    def _spoiled(self, environment: str, kind: str, kept: dict[str, Any], fault: str, now: datetime) -> bytes:
        good = base64.b64decode(kept["content"])
        operator = self.operators.current(environment)
        if fault == "older":
            return base64.b64decode(kept["former"] or kept["content"])
        if fault in _TREES:
            return _TREES[fault](etree.fromstring(good))
        if fault in ("wrong-hash", "no-hash", "gone"):
            return good
        sequence, ends = kept["sequence"] + 1, now + PERIOD
        services, issued, scheme = copy.deepcopy(kept["services"]), now, ""
        if fault == "same-number":
            sequence, issued = kept["sequence"], to_moment(kept["issued_at"])
            services[0]["name"] += " again"
        elif fault == "over":
            issued, ends = now - timedelta(days=30), now - timedelta(days=1)
        elif fault == "ahead":
            issued = now + timedelta(days=1)
        elif fault == "other-scheme":
            scheme = "BE: another scheme"
        else:
            operator = _imposter(environment, operator, fault, now)
        issue = writing.Issue(environment, kind, sequence, issued, ends, services, scheme)
        return writing.sign(writing.write(issue), operator, now, weak=fault == "sha1")


def _imposter(environment: str, operator: Operator, fault: str, now: datetime) -> Operator:
    if fault == "sha1":
        return operator
    key = operator.key if fault == "same-key" else rsa.generate_private_key(65537, 2048)
    number = 77 if fault == "same-key" else 1
    made = operator_certificate(
        environment, key, now, number=number, usage=fault != "no-usage", ended=fault == "ended-signer"
    )
    return Operator(made, key)


def _same_key(pem: str, now: datetime) -> str:
    """Another certificate for the key of a service: it is signed by nobody who counts, as a list does not care."""
    former = x509.load_pem_x509_certificate(pem.encode())
    made, key = first.made("Sandbox cross-signer", now, first.YEAR)
    builder = (
        x509.CertificateBuilder()
        .subject_name(former.subject)
        .issuer_name(made.subject)
        .public_key(former.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.replace(microsecond=0))
        .not_valid_after(now.replace(microsecond=0) + 5 * first.YEAR)
    )
    for extension in former.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _unsigned(root: etree._Element) -> bytes:
    root.remove(root[-1])
    return _written(root)


def _wrapped(root: etree._Element) -> bytes:
    """A foreign list whose services nobody signed, with the signed one inside and its signature last."""
    foreign, inside = copy.deepcopy(root), copy.deepcopy(root)
    foreign.set("Id", "tsl-of-somebody-else")
    signature = inside[-1]
    inside.remove(signature)
    foreign.remove(foreign[-1])
    foreign.append(inside)
    foreign.append(signature)
    return _written(foreign)


def _second(root: etree._Element) -> bytes:
    extra = copy.deepcopy(root[0])
    extra.set("Id", root.get("Id", ""))
    root.insert(0, extra)
    return _written(root)


_TREES: dict[str, Callable[[etree._Element], bytes]] = {
    "unsigned": _unsigned,
    "wrapped": _wrapped,
    "second-id": _second,
}
_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "changed": lambda good: good.replace(b"/Svcstatus/withdrawn<", b"/Svcstatus/granted<").replace(
        b"<TSLType>", b"<TSLType> "
    ),
    "dtd": lambda good: good.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>', 1),
    "huge": lambda good: good + b" " * (17 * 1024 * 1024),
    "not-xml": lambda _good: b"<html><body><h1>The service cannot be reached</h1><br></body></html>",
}
