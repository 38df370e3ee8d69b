"""What every endpoint for systems stands on: who calls, what it may do, pages, tags, keys, limits, refusals.

Nothing here looks at a session: a browser's cookies open nothing, so no other site can act in anybody's name.
"""
