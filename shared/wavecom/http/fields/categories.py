"""Names of categories."""

from typing import Annotated

from pydantic import Field

from wavecom.domain.categories import CATEGORY_ID

CategoryId = Annotated[str, Field(pattern=f"^{CATEGORY_ID.pattern}$", examples=["offers"])]
