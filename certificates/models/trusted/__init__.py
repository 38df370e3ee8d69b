"""What software must trust: the platform's lists with all their versions, its own certificates, and who is prepared."""
