"""When an activation that does not go on is looked after: the person is reminded, then operators are told."""

from typing import Annotated

import msgspec
from msgspec import Meta

_OFF = "; null: never"


class Waits(msgspec.Struct, frozen=True, array_like=True):
    """The policy as a link keeps it, in seconds."""

    opened: int | None
    claimed: int | None
    registered: int | None
    reminders: int


Hours = Annotated[int, Meta(ge=1, le=30 * 24)]
Minutes = Annotated[int, Meta(ge=5, le=24 * 60)]


class StuckPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After how long a step that has not followed the one before it counts as stuck: docs/csr.md tells what happens
    then. The defaults leave room for a reminder and for an operator within a link's 24 hours."""

    not_opened_hours: Annotated[Hours | None, Meta(description=f"After sending{_OFF}")] = 6
    not_claimed_hours: Annotated[Hours | None, Meta(description=f"After opening{_OFF}")] = 2
    not_registered_minutes: Annotated[Minutes | None, Meta(description=f"After the tap{_OFF}")] = 30
    reminders: Annotated[int, Meta(ge=0, le=2, description="How many a person gets for one link at most")] = 1

    @property
    def waits(self) -> Waits:
        """For the link that is issued now."""
        return Waits(
            opened=self.not_opened_hours and self.not_opened_hours * 3600,
            claimed=self.not_claimed_hours and self.not_claimed_hours * 3600,
            registered=self.not_registered_minutes and self.not_registered_minutes * 60,
            reminders=self.reminders,
        )
