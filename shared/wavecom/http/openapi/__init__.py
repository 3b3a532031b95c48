"""The OpenAPI document: the declarations of the routes, and additions that Powertools cannot express."""
