"""NautilusTrader with a strategy in Python; it fills at the close of the bar that decided, its default."""

import sys
from typing import Any

import pandas as pd
from exercise import CASH, FAST, SHARES, SLOW, answer, sweep, walk_forward
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.config import RiskEngineConfig, StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TraderId, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("SIM")
INSTRUMENT_ID = InstrumentId(Symbol("BARS"), VENUE)
INSTRUMENT = Equity(
    instrument_id=INSTRUMENT_ID,
    raw_symbol=Symbol("BARS"),
    currency=USD,
    price_precision=3,
    price_increment=Price.from_str("0.001"),
    lot_size=Quantity.from_int(1),
    ts_event=0,
    ts_init=0,
)
BAR_TYPE = BarType.from_str("BARS.SIM-1-MINUTE-LAST-EXTERNAL")
QUANTITY = Quantity.from_int(SHARES)


class SmaConfig(StrategyConfig, frozen=True):
    """The windows of the averages."""

    fast: int = FAST
    slow: int = SLOW


class SmaCross(Strategy):
    """Long `SHARES` while the fast average is above the slow one."""

    def __init__(self, config: SmaConfig) -> None:
        super().__init__(config)
        self.fast, self.slow = SimpleMovingAverage(config.fast), SimpleMovingAverage(config.slow)
        self.fills = 0

    def on_start(self) -> None:
        for average in (self.fast, self.slow):
            self.register_indicator_for_bars(BAR_TYPE, average)
        self.subscribe_bars(BAR_TYPE)

    def on_bar(self, bar: Bar) -> None:
        if not self.slow.initialized:
            return
        if self.fast.value > self.slow.value:
            if self.portfolio.is_flat(INSTRUMENT_ID):
                self.submit_order(self.order_factory.market(INSTRUMENT_ID, OrderSide.BUY, QUANTITY))
        elif self.portfolio.is_net_long(INSTRUMENT_ID):
            self.submit_order(self.order_factory.market(INSTRUMENT_ID, OrderSide.SELL, QUANTITY))

    def on_order_filled(self, event: Any) -> None:
        self.fills += 1


def run(bars: list[Bar], fast: int = FAST, slow: int = SLOW) -> tuple[int, float]:
    engine = BacktestEngine(
        config=BacktestEngineConfig(
            trader_id=TraderId("T-1"),
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(bypass=True),
            run_analysis=False,
        )
    )
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.CASH,
        base_currency=USD,
        starting_balances=[Money(CASH, USD)],
    )
    engine.add_instrument(INSTRUMENT)
    engine.add_data(bars)
    strategy = SmaCross(SmaConfig(fast=fast, slow=slow))
    engine.add_strategy(strategy)
    engine.run()
    equity = float(engine.portfolio.account(VENUE).balance_total(USD))
    equity += sum(float(position.signed_qty) * float(bars[-1].close) for position in engine.cache.positions_open())
    engine.dispose()
    return strategy.fills, equity


def backtest(bars: list[Bar]) -> dict[str, Any]:
    fills, equity = run(bars)
    return {"fills": fills, "final_equity": equity}


def final_equity(bars: list[Bar], fast: int, slow: int) -> float:
    return run(bars, fast, slow)[1]


frame = pd.read_csv(sys.argv[2], parse_dates=["timestamp"]).set_index("timestamp")
answer(
    BarDataWrangler(BAR_TYPE, INSTRUMENT).process(frame),
    w1=backtest,
    w2=lambda bars: sweep(final_equity, bars),
    w3=lambda bars: walk_forward(final_equity, bars),
)
