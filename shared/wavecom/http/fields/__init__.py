"""Kinds of fields that several resources have, in bodies, parameters and answers."""
