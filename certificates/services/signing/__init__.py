"""The ground of all that a holder signs and is sent once: states, leases, contracts, signatures, sending."""
