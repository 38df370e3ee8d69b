"""Whether an identity card may be trusted today: asked by rows, answered by workers."""
