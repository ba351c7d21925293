"""Provisioning profiles over HTTP."""

from functions.common.errors import Conflict
from functions.common.resource import operations
from functions.provisioning.fields import ProfileFields
from functions.provisioning.profiles import PROFILES

profiles = operations(PROFILES, ProfileFields, "Profile", problems=(Conflict,))
