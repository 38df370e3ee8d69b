"""What workstation agent and server say to each other, and what is signed: one code for both sides.

Leans on the standard library, cryptography, asn1crypto, lxml and signxml only, so that either side can import it.
"""
