"""What the page views/customer.py shows, one section a module."""
