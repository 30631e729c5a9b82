"""What of the definition of a job says which phases it lists itself, and when each of them runs."""

from math import inf

from orchestrator.job_file.kinds import Free, Many, Name, Number, Scalar, Section, Text

_CONDITION = Section(
    "What results of an earlier phase must say; all comparisons that are given must hold.",
    {
        "phase": Text("The phase; of a fan-out, all of its phases that were not skipped."),
        "category": Name("The extractor whose results count, such as portfolio_metrics.", component="extractor"),
        "field": Text("What of them is compared, such as sharpe_ratio; within another field: metrics.sharpe_ratio."),
        "rows": Text(
            "Which results count: the only one that there may be, the first, the last, any or all of them.",
            default="only",
            options=("only", "first", "last", "any", "all"),
        ),
        "at_least": Number("Holds from this number on.", default=None, low=-inf),
        "at_most": Number("Holds up to this number.", default=None, low=-inf),
        "above": Number("Holds for more than this number.", default=None, low=-inf),
        "below": Number("Holds for less than this number.", default=None, low=-inf),
        "equals": Scalar("Holds for this number or text.", default=None),
    },
)

PHASE = Section(
    "One phase; its key is its name.",
    {
        "topology": Name("What runs in it.", component="topology"),
        "depends_on": Many("The phases whose traces it reads; of a fan-out, all of its phases.", Text("A phase.")),
        "config": Free("Settings of its topology.", default=None),
        "when": Many("Conditions: unless all hold, the phase is skipped, which is no failure.", _CONDITION),
        "requires": Text(
            "Which of the phases that it depends on must not have been skipped for it to run.",
            default="all",
            options=("all", "any"),
        ),
        "for_each": Many(
            "A fan-out: one phase NAME-01, NAME-02 … for each entry, which is laid over config.",
            Free("Settings; a key such as strategy.params.fast changes that one alone."),
        ),
        "for_each_of": Text(
            "A fan-out beside another: one phase for each of that one's, which it reads. In its config and when, "
            "the other's name means that one.",
            default=None,
        ),
    },
)
