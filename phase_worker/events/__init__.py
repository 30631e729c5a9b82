"""Events and the bus that carries them inside one phase."""
