"""Shards: what many phases of a kind share out, each a range of numbers."""


def split_shards(count: int, shards: int) -> list[tuple[int, int]]:
    """The ranges [first, end) of `count` numbers in order, of lengths that differ by one at most; none is empty."""
    shards = min(shards, count)
    return [(count * shard // shards, count * (shard + 1) // shards) for shard in range(shards)]


def shard_names(name: str, shards: int) -> list[str]:
    """`name` for a single shard, else `name-NN`."""
    width = max(2, len(str(shards)))
    return [name] if shards == 1 else [f"{name}-{number:0{width}d}" for number in range(1, shards + 1)]
