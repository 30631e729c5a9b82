"""Shards share numbers out, each one once."""

import pytest

from orchestrator.shards import shard_names, split_shards


@pytest.mark.parametrize(("count", "shards"), [(10, 3), (3, 10), (1, 1), (1000, 7)])
def test_every_number_is_in_one_shard_and_none_is_empty(count: int, shards: int) -> None:
    ranges = split_shards(count, shards)
    assert [number for first, end in ranges for number in range(first, end)] == list(range(count))
    lengths = {end - first for first, end in ranges}
    assert min(lengths) >= 1
    assert max(lengths) - min(lengths) <= 1
    assert len(ranges) == min(count, shards)


def test_a_single_shard_has_the_plain_name() -> None:
    assert shard_names("sweep", 1) == ["sweep"]
    assert shard_names("sweep", 2) == ["sweep-01", "sweep-02"]
