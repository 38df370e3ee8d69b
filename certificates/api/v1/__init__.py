"""The first version of the API for systems: certificates, requests and renewals."""
