"""Types that the settings of several kinds share."""

from typing import Annotated, Final

from msgspec import Meta

_END: Final = r"$(?!\n)"

BaseUrl = Annotated[
    str, Meta(max_length=200, pattern=rf"^https?://[A-Za-z0-9.-]+(:[0-9]{{1,5}})?(/[A-Za-z0-9._~/-]*)?{_END}")
]
Secret = Annotated[str, Meta(pattern=rf"^[\x21-\x7e]{{1,200}}{_END}")]
