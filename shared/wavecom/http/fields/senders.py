"""Names of senders."""

from typing import Annotated

from pydantic import Field

from wavecom.domain.senders import SENDER_ID

SenderId = Annotated[str, Field(pattern=f"^{SENDER_ID.pattern}$", examples=["billing"])]
