"""What the page views/forecast.py shows, one section a module."""
