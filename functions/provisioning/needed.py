"""What must not be deleted because others need it: asked when somebody wants to, by the routes alone."""

from functions.accounts.groups import GROUPS
from functions.common.errors import Conflict
from functions.common.records import Stored
from functions.provisioning.fields import ProfileFields


class ProfileInUse(Conflict):
    code = "profile_in_use"
    message = "A group uses this profile. Give the group another one first."


def profile(stored: Stored[ProfileFields]) -> None:
    """Raises ProfileInUse while a group names the profile. An account that does falls back to its group's."""
    if any(group.fields.profile_id == stored.id for group in GROUPS.all(stored.tenant)):
        raise ProfileInUse
