"""Events in MongoDB: written with the changes that they tell of, and read in the order of a feed."""
