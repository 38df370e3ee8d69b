"""Certificates coming into the inventory, and their files going out."""
