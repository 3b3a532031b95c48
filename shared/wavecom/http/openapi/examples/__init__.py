"""Examples of bodies and answers, by operation, for the OpenAPI document."""
