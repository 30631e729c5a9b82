"""The parts a topology is put together from; each subpackage knows none of the others."""
