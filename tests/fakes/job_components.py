"""A plugin with one component of each type that a job names; parsing a job must read it without importing it."""

from phase_worker.discovery import Choice, Float, Int, extractor, sizer, strategy, topology, workflow


@workflow(name="flow_fake", extractors=())
def flow_fake() -> None:
    """Never called."""


@strategy(
    name="cross_fake",
    params={
        "fast": Int(10, 1, 500, grid=(5, 10, 20, 50)),
        "slow": Int(30, 2, 1000, grid=(20, 50)),
        "band": Float(0, 0, 1),
        "kind": Choice("sma", ("sma", "ema")),
    },
    constraints=("fast < slow",),
)
def cross_fake() -> None:
    """Never called."""


@strategy(name="hold_fake")
def hold_fake() -> None:
    """Never called."""


@sizer(name="share_fake", params={"share": Float(0.5, 0, 1)})
def share_fake() -> None:
    """Never called."""


@topology(name="top_fake")
def top_fake() -> None:
    """Never called."""


@extractor(name="extract_fake")
def extract_fake() -> None:
    """Never called."""


raise AssertionError("a plugin was imported by the process that parses the job")
