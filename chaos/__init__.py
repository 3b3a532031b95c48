"""Shows, on real processes under load, that faults lose nothing and send nothing twice."""
