"""The cluster: a run's phases as jobs of a scheduler, with nothing of ours left running where they were submitted."""
