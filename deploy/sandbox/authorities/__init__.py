"""The sandbox's authorities: their keys, the cards they vouch for, who signed, and what was revoked."""
