"""What the page views/admin.py shows, one section a module."""
