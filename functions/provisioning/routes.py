"""Provisioning profiles over HTTP."""

from functions.common.resource import operations
from functions.provisioning import needed
from functions.provisioning.fields import ProfileFields
from functions.provisioning.profiles import PROFILES

profiles = operations(PROFILES, ProfileFields, "Profile", spared=needed.profile)
