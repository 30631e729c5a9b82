"""The definition of a job: every key with its kind, default, range and meaning, as data."""

from orchestrator.job_file.kinds import (
    Expanded,
    Flag,
    Many,
    Name,
    Quantity,
    Section,
    ShortFor,
    Table,
    Text,
    Whole,
)
from orchestrator.job_file.schema_account import EXECUTION, RISK
from orchestrator.job_file.schema_market import DATA, PORTFOLIO
from orchestrator.job_file.schema_phases import PHASE
from orchestrator.job_file.schema_trials import MONTE_CARLO, REGIME, SEARCH, STRATEGY, WINDOWS

BYTE_UNITS = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
SECOND_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
OBJECTIVES = (
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "cagr",
    "total_return",
    "max_drawdown",
    "profit_factor",
    "win_rate",
    "expectancy",
    "final_equity",
)


REPLAY = Section(
    "The settings of one replay; what it leaves out is as the job has it.",
    {"execution": EXECUTION, "risk": RISK},
)

_TRACE = Section(
    "What is recorded.",
    {
        "level": Text("Which events.", default="full", options=("full", "trades", "metrics")),
        "bars": Flag("Whether the bars are too.", default=False),
        "compress": Text(
            "How traces are compressed; changes none of their digests.", default="none", options=("none", "zst")
        ),
    },
)

_RESOURCES = Section(
    "What each phase may use.",
    {
        "memory": Quantity(
            "Private memory.", default=2**30, low=2**20, high=2**50, unit="bytes", units=BYTE_UNITS, example="512MiB"
        ),
        "time": Quantity(
            "Wall time.", default=600.0, low=0.01, high=3.2e8, unit="seconds", units=SECOND_UNITS, example="90s"
        ),
        "workers": Whole("Processes that a sweep computes in, each with that memory.", default=1, low=1, high=1024),
        "job_time": Quantity(
            "Wall time of the whole job; only a queue holds a job to it.",
            default=None,
            low=0.01,
            high=3.2e8,
            unit="seconds",
            units=SECOND_UNITS,
            example="8h",
        ),
    },
)

_STATISTICS = Section(
    "Whether and how a phase of its own works out what the run's result is worth.",
    {
        "enabled": Flag("Whether there is such a phase.", default=True),
        "spa": Flag("Whether it makes the Reality Check and the test for superior predictive ability.", default=False),
    },
    short_for="enabled",
)

JOB = Section(
    "A job.",
    {
        "workflow": Name("What to run.", component="workflow"),
        "strategy": STRATEGY,
        "data": DATA,
        "data_file": ShortFor("Short for data: {file: …}.", ("data", "file")),
        "windows": WINDOWS,
        "execution": EXECUTION,
        "risk": RISK,
        "objective": Text("The metric by which the best trial is chosen.", default="sharpe_ratio", options=OBJECTIVES),
        "trace": _TRACE,
        "statistics": _STATISTICS,
        "resources": _RESOURCES,
        "plugins": Many("Files and directories with components of your own.", Text("A path, relative as data.file.")),
        "extractors": Many(
            "What is read out of the traces; by default what the workflow names.",
            Name("An extractor.", component="extractor"),
        ),
        "phases": Table("The phases of the workflow `custom`.", PHASE),
        "matrix": Expanded("Lists of values by key, such as data.file: one job for each combination."),
        "workflow_id": Text("The run's name; by default made from the job's content.", default=None),
        "on_finish": Many("A command, run without a shell when a queue has finished the job.", Text("A word.")),
        "report": Flag("Whether the run's last phase writes a page of its results.", default=True),
        "replays": Many("Other settings under which signal_generate_and_replay trades the same signals.", REPLAY),
        "monte_carlo": MONTE_CARLO,
        "search": SEARCH,
        "regime": REGIME,
        "portfolio": PORTFOLIO,
        "shards": Whole(
            "Phases that the trials of parameter_sweep, or the paths of monte_carlo, are spread over.",
            default=1,
            low=1,
            high=1000,
        ),
    },
)
