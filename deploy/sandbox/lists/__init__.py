"""The trusted lists of each environment (ETSI TS 119 612): made, signed, published, rotated, and spoiled on demand."""
