"""What software must trust: lists, stores to download, the platform's own certificates and who is prepared."""
