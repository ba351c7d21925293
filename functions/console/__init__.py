"""Pages and documents for the people who work with the system."""
