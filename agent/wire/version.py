"""The one version of agent and server: pages, `hello`, `--version`, logs, metrics and the wheel take it from here."""

VERSION = "0.2.0"
"""Written in one plain line: hatch reads it there when it builds the agent."""
