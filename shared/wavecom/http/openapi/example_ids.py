"""Ids that the examples of the OpenAPI document share; in a separate module, so that a start reads no answers."""

ID = "6b03a1f0c2d4e8a17b5f9c31"
KEY_ID = "67dc2c671d71"
SUPPRESSION_ID = "1f0c2d4e8a17b5f9c316b03a1f0c2d4e"
TEMPLATE_ID = "payment-received"
TENANT = "bank-a"
CURSOR = "MTc5NTQyOTgwMDAwMC42YjAzYTFmMGMyZDRlOGExN2I1ZjljMzE"
"""The cursor of a page that ends with the notification of this id, created on 2026-11-23 at 10:30 UTC."""
