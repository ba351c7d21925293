"""The activation link: issue, show, claim, deliver, revoke."""
