"""The eHealth platform in a box: CertRA v2, its authorities, an authentic source, and virtual eID cards.

A separate program on purpose: it shares no code with the product, and checks signatures with another
library, so that a mistake in the one is not repeated in the other.
"""
