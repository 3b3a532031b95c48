"""The OpenAPI document: what the routes declare, and what Powertools cannot say."""
