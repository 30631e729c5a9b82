"""Job files: how they are read, what they may say, and what is wrong with them."""
