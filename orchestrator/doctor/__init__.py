"""What this machine offers to runs, and what will bite them."""
