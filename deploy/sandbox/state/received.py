"""Every SOAP message that came in, byte for byte, for tests that want to look at what was really sent."""

import base64
from datetime import datetime
from typing import Any

from deploy.sandbox.state.store import Store, to_text

KEPT = 1000


class Received:
    """The last thousand messages, newest last."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, now: datetime, environment: str, operation: str, body: bytes, outcome: str) -> None:
        """Remember one message and how it ended; the oldest makes room."""
        with self._store.transaction() as db:
            entry = db.execute(
                "INSERT INTO received (time, environment, operation, body, outcome) VALUES (?, ?, ?, ?, ?)",
                (to_text(now), environment, operation, body, outcome),
            )
            db.execute("DELETE FROM received WHERE id <= ?", ((entry.lastrowid or 0) - KEPT,))

    def all(self) -> list[dict[str, Any]]:
        """The messages as JSON values."""
        with self._store.reading() as db:
            rows = db.execute("SELECT * FROM received ORDER BY id").fetchall()
        return [
            {
                "time": row["time"],
                "environment": row["environment"],
                "operation": row["operation"],
                "body": base64.b64encode(row["body"]).decode(),
                "outcome": row["outcome"],
            }
            for row in rows
        ]
