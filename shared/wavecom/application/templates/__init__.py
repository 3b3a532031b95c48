"""Make, check, publish and preview templates."""
