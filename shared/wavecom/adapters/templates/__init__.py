"""The template engine: minijinja, and what of its language templates may use."""
