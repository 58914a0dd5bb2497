"""What the page views/cash.py shows, one section a module."""
