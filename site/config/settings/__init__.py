"""Settings by stage: `dev` on a desk, `test` under pytest, `production` for the public."""
