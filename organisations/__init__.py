"""Tenants, their people and mandates, who may do what, and what happened."""
