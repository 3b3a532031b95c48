"""Show and change the suppression list."""
