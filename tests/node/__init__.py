"""What needs Node: the Postman collection against a running product."""
