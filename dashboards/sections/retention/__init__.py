"""What the page views/retention.py shows, one section a module."""
