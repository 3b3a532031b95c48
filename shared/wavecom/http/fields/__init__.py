"""Field types that several resources share, in bodies, parameters and answers."""
