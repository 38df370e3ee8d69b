"""This workstation as its one server knows it: a P-256 key, and where it was enrolled."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent import durable
from agent.errors import AgentError
from agent.wire.errors import OriginInvalid
from agent.wire.origins import normalise_origin

KEY_FILE = "device.key"
FACTS_FILE = "device.json"


@dataclass(frozen=True)
class Device:
    """An enrolled device. Its key never leaves this folder; it is worth nothing without the holder's card."""

    origin: str
    device_id: str
    label: str
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read the enrolled device. Raises AgentError `not_enrolled`, also when its files are damaged."""
        facts = durable.read_json(home / FACTS_FILE)
        if facts is None or set(facts) != {"origin", "device_id", "label"}:
            raise AgentError("not_enrolled")
        try:
            pem = (home / KEY_FILE).read_bytes()
            key = serialization.load_pem_private_key(pem, password=None)
            origin = normalise_origin(str(facts["origin"]))
        except (OSError, ValueError, OriginInvalid):
            raise AgentError("not_enrolled") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise AgentError("not_enrolled")
        return cls(origin, str(facts["device_id"]), str(facts["label"]), key)

    def save(self, home: Path) -> None:
        """Write it to disk, key first, so that facts without a key never stand there."""
        durable.sweep(home, of="device.")
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        durable.write(home / KEY_FILE, pem)
        facts: dict[str, object] = {"origin": self.origin, "device_id": self.device_id, "label": self.label}
        durable.write_json(home / FACTS_FILE, facts)


def new_device_key() -> ec.EllipticCurvePrivateKey:
    """Make a fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())
