"""The calendar page, the feeds beside it, and the feeds themselves."""
