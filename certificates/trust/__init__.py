"""Trust: paths to configured anchors, CRL and OCSP."""
