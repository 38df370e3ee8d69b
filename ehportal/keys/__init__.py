"""Keys of what is kept: where each is in use, writing everything anew under the first one, and when one may go."""
