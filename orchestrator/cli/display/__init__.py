"""What a terminal shows of a run that goes on; nothing here is imported where there is none."""
