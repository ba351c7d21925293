"""A client that a provisioning file starts: reads it, registers, and can be called. For whoever makes a real one."""
