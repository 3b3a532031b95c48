"""The reasons for which a recipient gets no more messages."""

from enum import StrEnum


class SuppressionReason(StrEnum):
    """Why no more messages should go to an address."""

    HARD_BOUNCE = "hard_bounce"
    """It does not exist (any more), or cannot take messages of this channel."""
    COMPLAINT = "complaint"
    """Its owner complained, or opted out."""
    MANUAL = "manual"
    """Put there by a person."""
    UNSUBSCRIBED = "unsubscribed"
    """Its owner left a category, and gets no more messages of that one."""
