"""`python -m tests.bench [pages] [server] [agent] [sealing] [work] [crl] [imports] [search]
[sweep] [--million]`."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from tests.bench import agent, crl, imports, pages, sealing, search, server, sweep, work
from tests.bench.stand import own_database, prepare_django


def main(wanted: list[str]) -> int:
    """Run the named parts, or all."""
    million = "--million" in wanted
    wanted = [word for word in wanted if word != "--million"]
    parts: dict[str, Callable[[], None]] = {
        "pages": pages.measure,
        "server": server.measure,
        "agent": agent.measure,
        "sealing": sealing.measure,
        "work": partial(work.measure, each=work.MILLION if million else work.EACH),
        "search": partial(search.measure, (*search.SIZES, search.MILLION) if million else search.SIZES),
        "sweep": partial(sweep.measure, (*sweep.SIZES, sweep.MILLION) if million else sweep.SIZES),
        "crl": partial(crl.measure, sizes=(*crl.SIZES, crl.MILLION) if million else crl.SIZES),
        "imports": partial(
            imports.measure, sizes=(*imports.SIZES, imports.LARGE) if million else imports.SIZES
        ),
    }
    if set(wanted) - set(parts):
        print(f"The parts are {', '.join(parts)}.", file=sys.stderr)
        return 2
    chosen = wanted or list(parts)
    prepare_django()
    with ExitStack() as stack:
        if set(chosen) - {"agent", "sealing"}:
            stack.enter_context(own_database())
        for name in chosen:
            parts[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
