"""The hybrid way: a certificate for a care provider with a BIS number and no Belgian identity card."""
