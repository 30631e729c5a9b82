"""What runs inside a phase: one file per topology."""
