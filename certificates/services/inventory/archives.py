"""What was sent, file by file and entry by entry, out of sealed pieces: a stranger's archive, read within bounds.

Nothing is unpacked to a disk, and names are labels only. However much an archive promises, one entry is read at a time,
and no further than a file may be large.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from certificates.domain.files import MAX_FILE_BYTES

MAX_ENTRIES = 100_000
MAX_DIRECTORY = 16 * 1024 * 1024
"""Bytes of an archive's own list of its entries, which is read as a whole."""
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_ENCRYPTED = 0x1
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""The other ways to compress are read in one go, however large what comes of it."""
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
"""What `zipfile` raises over what it cannot read: NotImplementedError over a way to compress that it lacks,
RuntimeError where a password is asked."""


@dataclass(frozen=True)
class Entry:
    """One file, or one entry of an archive: its content, or why that was not read.

    Problems: archive_damaged, archive_too_many, encrypted, nested, outside, compression, entry_damaged, too_large.
    """

    number: int
    name: str
    content: bytes = b""
    problem: str = ""


class Sent(io.RawIOBase):
    """One file out of the pieces of all that was sent; holds one piece at a time."""

    def __init__(self, piece: Callable[[int], bytes], *, start: int, size: int, piece_size: int) -> None:
        self._piece, self._start, self._size, self._piece_size = piece, start, size, piece_size
        self._at, self._number, self._held = 0, -1, b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the file; raises ValueError for one before its beginning."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # what readers pass
        """Read to the end of the piece at most."""
        if self._at >= self._size:
            return 0
        number, inside = divmod(self._start + self._at, self._piece_size)
        if number != self._number:
            self._held, self._number = self._piece(number), number
        most = min(len(buffer), self._size - self._at)
        got = self._held[inside : inside + most]
        buffer[: len(got)] = got
        self._at += len(got)
        return len(got)


def is_archive(beginning: bytes) -> bool:
    """Whether a file that begins so is a zip."""
    return beginning.startswith((_ZIP, _EMPTY_ZIP))


def entries(sent: Sent, name: str, size: int, *, begin: int) -> Iterator[Entry]:
    """Yield the entries of one file from number `begin` on; a file that is no archive is its own one entry."""
    stream = io.BufferedReader(sent, 64 * 1024)
    if not is_archive(stream.peek(4)):
        if begin == 0:
            large = size > MAX_FILE_BYTES
            yield Entry(0, name, b"" if large else stream.read(), "too_large" if large else "")
        return
    try:
        end = zipfile._EndRecData(stream)  # type: ignore[attr-defined]  # what ZipFile itself reads first
        if end is None:
            raise zipfile.BadZipFile
        if end[zipfile._ECD_SIZE] > MAX_DIRECTORY or end[zipfile._ECD_ENTRIES_TOTAL] > MAX_ENTRIES:  # type: ignore[attr-defined]
            raise OverflowError
        archive = zipfile.ZipFile(stream)
        infos = [one for one in archive.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
        if len(infos) > MAX_ENTRIES:
            raise OverflowError
    except OverflowError:
        if begin == 0:
            yield Entry(0, name, problem="archive_too_many")
        return
    except _BROKEN:
        if begin == 0:
            yield Entry(0, name, problem="archive_damaged")
        return
    for number, info in enumerate(infos[begin:], begin):
        content, problem = _content(archive, info)
        yield Entry(number, info.filename, content, problem)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[bytes, str]:
    path = info.filename.replace("\\", "/")
    if path.startswith("/") or ":" in path.partition("/")[0] or ".." in path.split("/"):
        return b"", "outside"
    if info.flag_bits & _ENCRYPTED:
        return b"", "encrypted"
    if info.compress_type not in _READABLE:
        return b"", "compression"
    if info.file_size > MAX_FILE_BYTES:
        return b"", "too_large"
    try:
        with archive.open(info) as reading:
            content = reading.read(MAX_FILE_BYTES + 1)
    except _BROKEN:
        return b"", "entry_damaged"
    if len(content) > MAX_FILE_BYTES:
        return b"", "too_large"
    return (b"", "nested") if is_archive(content) else (content, "")
