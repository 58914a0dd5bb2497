"""What the page views/risk.py shows, one section a module."""
