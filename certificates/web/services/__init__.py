"""The page of the government's services."""
