"""What of the definition of a job says which trials there are: strategies, search, windows, regimes, resamples."""

from orchestrator.job_file.kinds import Flag, Many, Name, Scalar, Section, Table, Text, Whole

STRATEGY = Section(
    "What decides the target position: a strategy's name, or a mapping.",
    {
        "name": Name("The strategy.", component="strategy"),
        "params": Table("Fixed values of its parameters; those left out keep their defaults.", Scalar("A value.")),
        "grid": Table(
            "Values to try of each parameter, walked with the last key fastest. Without params and grid: its own grid.",
            Many("The values.", Scalar("A value."), at_least=1),
        ),
        "constraints": Many("Comparisons that every trial must satisfy.", Text('Such as "fast < slow".')),
    },
    short_for="name",
)

SEARCH = Section(
    "How the trials are chosen.",
    {
        "method": Text(
            "grid tries all of strategy.grid; random draws sets of parameters from the ranges; optuna (an extra) "
            "proposes each by what came of those before it.",
            default="grid",
            options=("grid", "random", "optuna"),
        ),
        "trials": Whole("Sets that random draws, or optuna proposes.", default=100, low=1, high=10_000),
        "seed": Whole("What they are drawn by.", default=0, high=2**32 - 1),
        "ranges": Table(
            "Lowest and highest value by parameter; by default every number, over all that it may be.",
            Many("Both.", Scalar("A value."), at_least=2),
        ),
    },
    short_for="method",
)

WINDOWS = Section(
    "How a workflow divides the bars.",
    {
        "train": Whole("Bars to train on; by default 1008, in train_test 70 % of all.", default=None, low=1),
        "test": Whole("Bars to test on; by default 252, in train_test all that are left.", default=None, low=1),
        "step": Whole("Bars from one window to the next; by default `test`.", default=None, low=1),
        "anchored": Flag("Whether every train window starts at the first bar.", default=False),
        "purge": Whole("Bars left out of training before a test; of a cross-validation after it too.", default=0),
        "groups": Whole("Groups that combinatorial_purged_cv divides the bars into.", default=6, low=2, high=50),
        "test_groups": Whole("Of these, how many each split tests on.", default=2, low=1, high=49),
        "embargo": Whole("Bars more that a cross-validation leaves out of training after a test.", default=0),
    },
)

REGIME = Section(
    "How the workflow regime tells market regimes apart, and what it chooses from in each: a classifier, or a mapping.",
    {
        "classifier": Name("What tells the regime of each bar.", default="volatility_regime", component="classifier"),
        "params": Table("Values of its parameters; those left out keep their defaults.", Scalar("A value.")),
        "strategies": Many("Strategies to choose from beside `strategy`, each over its grid.", STRATEGY),
        "split": Text(
            "Whether there are windows as in walk_forward, or one training and one test as in train_test.",
            default="walk_forward",
            options=("walk_forward", "train_test"),
        ),
    },
    short_for="classifier",
)

MONTE_CARLO = Section(
    "How monte_carlo resamples.",
    {
        "paths": Whole("Resamples of the bars, and as many of the trades.", default=1000, low=2, high=100_000),
        "block": Whole("Bars that a resample keeps together.", default=20, low=1),
        "seed": Whole("What the resamples are drawn by.", default=0, high=2**32 - 1),
    },
)
