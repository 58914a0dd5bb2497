"""Pure functions on frames; nothing here imports Dagster or opens a file."""
