"""What the page views/segments.py shows, one section a module."""
