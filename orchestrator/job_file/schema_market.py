"""What of the definition of a job says which market data there are, and which of them are traded in one account."""

from orchestrator.job_file.kinds import Name, Number, Scalar, Section, Table, Text

DATA = Section(
    "The market data.",
    {
        "file": Text("CSV or Parquet file, relative to the job file; in a dict, to the working directory."),
        "symbol": Text("The symbol; by default the file's name in capitals, without its ending.", default=None),
        "format": Text(
            "The dialect of a CSV file; auto tells by its first lines, and plain names the columns there.",
            default="auto",
            options=(
                "auto",
                "plain",
                "date_and_time",
                "yfinance",
                "binance",
                "histdata",
                "metatrader",
                "lean",
                "lean_equity",
            ),
        ),
        "timezone": Text("The IANA time zone of times without one, such as America/New_York; or UTC.", default=None),
        "prices": Text(
            "raw as traded; split adjusted for splits; total_return for dividends too, by factors or by adj_close.",
            default="raw",
            options=("raw", "split", "total_return"),
        ),
        "factors": Text("File of factors by which prices are adjusted, as Lean has them; as file.", default=None),
        "calendar": Text("Exchange whose sessions count, such as XNYS: bars outside are left out.", default=None),
        "resample": Text(
            "Length of the bars that are made of shorter ones.",
            default=None,
            options=("1m", "5m", "10m", "15m", "30m", "1h", "2h", "4h", "1d", "1w", "1mo"),
        ),
    },
)

_LEG = Section(
    "One strategy on one symbol; its key is its name.",
    {
        "data": Section(
            "Its market data; what it leaves out is as the job's data has it.",
            {**DATA.fields, "file": Text("As data.file.", default=None)},
            short_for="file",
        ),
        "strategy": Section(
            "What decides its target position: a strategy's name, or a mapping; by default the job's.",
            {
                "name": Name("The strategy.", component="strategy", default=None),
                "params": Table("Values of its parameters; those left out keep their defaults.", Scalar("A value.")),
            },
            short_for="name",
        ),
        "weight": Number(
            "The share of the account's equity that a target of 1 is; by default, as much for each leg.",
            default=None,
            low=0.000001,
            high=1,
        ),
    },
)

PORTFOLIO = Section(
    "What the workflow portfolio trades in one account.",
    {
        "legs": Table("Strategies and symbols, in the order in which they trade at one time.", _LEG),
        "rebalance": Text(
            "When a leg that keeps its target is traded back to its weight: at the first close of each such period.",
            default="none",
            options=("none", "weekly", "monthly", "quarterly"),
        ),
    },
)
