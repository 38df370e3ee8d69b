"""The register: requests and the certificates that came of them."""
