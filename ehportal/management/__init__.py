"""Commands of manage.py about organisations."""
