"""What becomes of certificates when somebody leaves."""
