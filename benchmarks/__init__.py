"""What WaveCom does in how much time, and what that costs: measured, repeatable, results as data."""
