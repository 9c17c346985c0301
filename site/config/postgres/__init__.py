"""Django's PostgreSQL, with a pool that does not ask a connection how it is when it has answered just now."""
