"""Options of push messages, as clients write them."""

from typing import Annotated

from pydantic import AfterValidator, Field

from wavecom.domain.content import push as domain
from wavecom.domain.content.push import COLLAPSE_KEY, DATA_KEY, NO_OPTIONS
from wavecom.domain.content.push_rules import (
    ADDRESS_MAX,
    BADGE_MAX,
    DATA_MAX,
    SOUND,
    checked_data_key,
    checked_link,
    checked_picture,
)
from wavecom.http.framework.requests import WireModel

_Address = Annotated[str, Field(min_length=1, max_length=ADDRESS_MAX)]
DataKey = Annotated[str, Field(pattern=f"^{DATA_KEY.pattern}$"), AfterValidator(checked_data_key)]


class PushOptions(WireModel):
    """The options of a push message, beside its title (``subject``) and its body (``message``)."""

    data: Annotated[
        dict[DataKey, str] | None,
        Field(max_length=DATA_MAX, description="Texts for your app, by name", examples=[{"account": "4711"}]),
    ] = None
    link: Annotated[
        Annotated[_Address, AfterValidator(checked_link)] | None,
        Field(description="What a tap opens", examples=["https://bank.example/pay/4711"]),
    ] = None
    sound: Annotated[str | None, Field(pattern=f"^{SOUND.pattern}$", description="A file of your app, or default")] = (
        None
    )
    badge: Annotated[int | None, Field(ge=0, le=BADGE_MAX, strict=True, description="The number on its icon")] = None
    image: Annotated[
        Annotated[_Address, AfterValidator(checked_picture)] | None,
        Field(description="The address of a picture, by HTTPS"),
    ] = None
    collapse_key: Annotated[
        str | None,
        Field(pattern=f"^{COLLAPSE_KEY.pattern}$", description="A device that was off gets the last message with it"),
    ] = None

    def to_domain(self) -> domain.PushOptions | None:
        """Return them in the domain's terms, None if nothing is given."""
        options = domain.PushOptions(**dict(self) | {"data": self.data or None})
        return None if options == NO_OPTIONS else options
