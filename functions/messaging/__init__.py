"""What people are sent: templates, the outbox, sending, and what became of it."""
