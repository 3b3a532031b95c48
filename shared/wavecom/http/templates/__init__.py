"""Make, publish and preview templates."""
