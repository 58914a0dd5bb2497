"""When and whether: settings, commands, the Dagster definitions and the command line."""
