"""The definition of a job's `execution` and `risk`: how its account trades."""

from orchestrator.job_file.kinds import Flag, Name, Number, Scalar, Section, Table, Text, Whole

_COMMISSION = Section(
    "What a fill costs.",
    {
        "bps": Number("Basis points of the traded value.", default=0.0, high=10_000),
        "per_share": Number("Cash per share.", default=0.0),
        "minimum": Number("Least cash per fill.", default=0.0),
    },
)

_ORDER = Section(
    "Of what type the strategy's orders are; their prices are relative to the close of the decision's bar.",
    {
        "type": Text(
            "Market orders are filled as execution.fill says; the others work from the bar after the decision on.",
            default="market",
            options=("market", "limit", "stop", "stop_limit"),
        ),
        "limit_bps": Number(
            "Basis points by which a purchase's limit is below the close, a sale's above it; negative: the other way.",
            default=0.0,
            low=-9_999,
            high=9_999,
        ),
        "stop_bps": Number(
            "Basis points by which a purchase's stop is above the close, a sale's below it.", default=0.0, high=9_999
        ),
        "valid_bars": Whole(
            "Bars after the decision's in which an order works; by default, until the intent changes.",
            default=None,
            low=1,
        ),
    },
)

EXECUTION = Section(
    "How orders become fills.",
    {
        "cash": Number("Cash at the start.", default=100_000.0, low=1),
        "fill": Text(
            "Which price after the decision at a bar's close fills its order.",
            default="next_open",
            options=("next_open", "same_close", "next_close"),
        ),
        "shares": Text("Whether fractions can be held.", default="fractional", options=("fractional", "whole")),
        "commission": _COMMISSION,
        "slippage_bps": Number(
            "Basis points by which a fill's price is worse, beyond the bar's range too.", default=0.0, high=10_000
        ),
        "periods_per_year": Number(
            "Bars a year in ratios; by default inferred from the data.", default=None, low=1, high=100_000_000
        ),
        "slippage_cap": Text(
            "bar_range: slippage leads to no price that the bar did not have.",
            default="none",
            options=("none", "bar_range"),
        ),
        "order": _ORDER,
        "volume_cap": Number(
            "Share of each bar's volume that is traded at most; the rest of an order is carried over.",
            default=None,
            low=0.000001,
            high=1,
        ),
        "at_end": Text(
            "What becomes of a position at the last bar: held, or closed at its close.",
            default="hold",
            options=("hold", "close"),
        ),
    },
)

RISK = Section(
    "How targets become orders.",
    {
        "sizing": Name("The sizer.", default="all_in", component="sizer"),
        "params": Table("Values of its parameters; those left out keep their defaults.", Scalar("A value.")),
        "max_weight": Number("Largest absolute weight of equity that is granted.", default=1.0, high=100),
        "allow_short": Flag("Whether short positions are granted.", default=True),
        "stop_loss": Number(
            "Loss, as a share of the entry's price, at which a position is closed.",
            default=None,
            low=0.0001,
            high=0.9999,
        ),
        "take_profit": Number(
            "Gain, as a share of the entry's price, at which a position is closed.", default=None, low=0.0001, high=1000
        ),
        "trailing_stop": Number(
            "Share of the best price since the entry that, once lost, closes the position.",
            default=None,
            low=0.0001,
            high=0.9999,
        ),
        "max_bars": Whole("Bars from its first fill on after which a position is closed.", default=None, low=1),
    },
)
