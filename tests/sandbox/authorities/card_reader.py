"""Reads a card through PKCS#11 in a process of its own, since SoftHSM reads its configuration once.

On standard input: {"module", "pin"}; on standard output: token, objects, and a signature by each key.
"""

import base64
import hashlib
import json
import sys
from typing import Any

import PyKCS11

MESSAGE = b"sign me"


def read(order: dict[str, str]) -> dict[str, Any]:
    library = PyKCS11.PyKCS11Lib()
    library.load(order["module"])
    slots = [
        s
        for s in library.getSlotList(tokenPresent=True)
        if library.getTokenInfo(s).label.strip("\0 ") == "BELPIC"
    ]
    session = library.openSession(slots[0], PyKCS11.CKF_SERIAL_SESSION)
    hidden = len(session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)]))
    certificates = _list(session, PyKCS11.CKO_CERTIFICATE)
    data = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_DATA), (PyKCS11.CKA_OBJECT_ID, b"id")])
    session.login(order["pin"])
    keys = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)])
    found = {
        "tokens": len(slots),
        "keys_before_login": hidden,
        "certificates": certificates,
        "data": {
            _text(session, o, PyKCS11.CKA_LABEL): _bytes(session, o, PyKCS11.CKA_VALUE).decode() for o in data
        },
        "keys": [_key(session, key) for key in keys],
    }
    session.logout()
    session.closeSession()
    return found


def _list(session: Any, kind: int) -> list[dict[str, str]]:
    return [
        {
            "label": _text(session, o, PyKCS11.CKA_LABEL),
            "id": _bytes(session, o, PyKCS11.CKA_ID).hex(),
            "value": base64.b64encode(_bytes(session, o, PyKCS11.CKA_VALUE)).decode(),
        }
        for o in session.findObjects([(PyKCS11.CKA_CLASS, kind)])
    ]


def _key(session: Any, key: Any) -> dict[str, Any]:
    kind, sensitive, extractable = session.getAttributeValue(
        key, [PyKCS11.CKA_KEY_TYPE, PyKCS11.CKA_SENSITIVE, PyKCS11.CKA_EXTRACTABLE]
    )
    elliptic = kind == PyKCS11.CKK_EC
    mechanism = PyKCS11.Mechanism(PyKCS11.CKM_ECDSA if elliptic else PyKCS11.CKM_SHA256_RSA_PKCS, None)
    message = hashlib.sha384(MESSAGE).digest() if elliptic else MESSAGE
    return {
        "label": _text(session, key, PyKCS11.CKA_LABEL),
        "id": _bytes(session, key, PyKCS11.CKA_ID).hex(),
        "elliptic": elliptic,
        "sealed": bool(sensitive) and not extractable,
        "signature": base64.b64encode(bytes(session.sign(key, message, mechanism))).decode(),
    }


def _bytes(session: Any, handle: Any, attribute: int) -> bytes:
    return bytes(session.getAttributeValue(handle, [attribute])[0])


def _text(session: Any, handle: Any, attribute: int) -> str:
    return str(session.getAttributeValue(handle, [attribute])[0])


if __name__ == "__main__":
    json.dump(read(json.load(sys.stdin)), sys.stdout)
