"""An uploaded file and the certificates in it, within bounds. No private key is ever read."""

from agent.wire.pki.reading.finding import MAX_FOUND, FileContent, find_certificates

MAX_FILE_BYTES = 1024 * 1024
MAX_CERTIFICATES = MAX_FOUND

__all__ = ["MAX_CERTIFICATES", "MAX_FILE_BYTES", "FileContent", "read_file"]


def read_file(content: bytes) -> FileContent:
    """Return every certificate in `content`; never raises."""
    return find_certificates(content, limit=MAX_FILE_BYTES)
