"""The Secure Token Service: sessions asked for with a key, in SAML 1.1 or WS-Trust 1.3."""
