"""The sections of the pages in views/ that have several: one idea a module."""
