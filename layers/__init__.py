"""The third-party packages, built once as a Lambda layer."""
