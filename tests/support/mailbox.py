"""A small IMAP server (RFC 3501) on the loopback with one folder: as much of it as reading what came back needs."""

import re
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.parse import quote

PASSWORD = "geheim/%"


class Mailbox:
    """Messages by their number; what was deleted is gone after the next expunge."""

    def __init__(self, messages: list[bytes]) -> None:
        self.messages = dict(enumerate(messages, start=1))
        self.seen: set[int] = set()
        self.deleted: set[int] = set()
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is, with its password."""
        return f"imap://bounces:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/INBOX"


class _Talk(socketserver.StreamRequestHandler):
    box: Mailbox

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("* OK ready")
        for line in self.rfile:
            tag, command, *words = line.decode().split()
            if not self.obey(command.upper(), words):
                self.say(f"{tag} NO refused")
                continue
            self.say(f"{tag} OK done")
            if command.upper() == "LOGOUT":
                return

    def obey(self, command: str, words: list[str]) -> bool:
        box = self.box
        if command == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif command == "LOGIN":
            return words == ["bounces", f'"{PASSWORD}"']
        elif command == "SELECT":
            self.say(f"* {len(box.messages)} EXISTS")
            return words == ['"INBOX"']
        elif command == "SEARCH":
            self.say("* SEARCH " + " ".join(str(one) for one in box.messages if one not in box.seen))
        elif command == "FETCH":
            number = int(words[0])
            content = box.messages[number]
            box.seen.add(number)
            self.say(f"* {number} FETCH (RFC822 {{{len(content)}}}")
            self.wfile.write(content + b")\r\n")
        elif command == "STORE":
            assert re.search(r"\\Deleted", " ".join(words))
            box.deleted.add(int(words[0]))
        elif command == "EXPUNGE":
            box.messages = {key: one for key, one in box.messages.items() if key not in box.deleted}
        return True


@contextmanager
def holding(messages: list[bytes]) -> Iterator[Mailbox]:
    """Serve a mailbox with these messages while the block runs."""
    box = Mailbox(messages)
    talk = type("Talk", (_Talk,), {"box": box})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), talk) as server:
        box.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
