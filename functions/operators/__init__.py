"""Who may do what: roles and their permissions, tokens, and the trail of what was done."""
