"""Certificates, names, keys and tokens as both sides read and check them."""
