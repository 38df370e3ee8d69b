"""Which protocol agent and server speak, and how far back each still understands the other.

Each says in every message the newest protocol that it speaks, in PROTOCOL_HEADER; who says none speaks the first. A
protocol stays as it is: what is added to a message is optional, and sent only to who names it in what it knows. A new
number is given to what an older side could not read or would read wrongly, and the range below says who is left behind.

1. All that was before sides said which protocol they speak.
2. The server may answer that a card is being checked (link/checking.py), and says which protocol it speaks. To
   who names that, it may also answer that the government is being asked.
"""

import re
from typing import Final

PROTOCOL_HEADER: Final = "Ehportal-Protocol"
FIRST: Final = 1
NEWEST: Final = 2
"""What this side speaks."""
OLDEST_AGENT: Final = 1
"""The oldest protocol of agents that the server still understands."""
OLDEST_SERVER: Final = 1
"""The oldest protocol of servers that the agent still understands."""
_NUMBER = re.compile(r"[1-9][0-9]{0,3}\Z")


def spoken(header: str | None) -> int | None:
    """Return the protocol that a PROTOCOL_HEADER names; FIRST where there is none, None where it is no number."""
    if header is None:
        return FIRST
    return int(header) if _NUMBER.match(header) else None
