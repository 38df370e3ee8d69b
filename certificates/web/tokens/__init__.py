"""The part of a certificate's page about its encryption token."""
