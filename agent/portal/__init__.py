"""The one server that this agent knows: the client, its answers, and the key of this workstation."""
