"""Nothing is kept about searches yet."""
