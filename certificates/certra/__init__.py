"""The government registration authority (CertRA v2): contract, gateway, client, errors. Imports no model."""
