"""The page that the phase `report` writes: its sections, one a file, and what draws their charts."""
