"""The legs of a portfolio on one bus: each leg's components see their own events, in the time of their own bars."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial

from phase_worker.events.bus import EventBus, Handler
from phase_worker.events.event import Event
from topologies.bars import IntArray
from topologies.clock import Span
from topologies.moments import Moment


class LegDispatch:
    """Hands each event to the handlers of the leg that its payload names; `tick_of` is the tick of each instant."""

    def __init__(self, bus: EventBus, tick_of: IntArray) -> None:
        self.bus = bus
        self.tick_of = tick_of
        self._handlers: dict[str, dict[str, list[Handler]]] = {}

    def subscribe(self, event_type: str, leg: str, handler: Handler) -> None:
        """Call `handler` with the events of that type that are the leg's."""
        if event_type not in self._handlers:
            by_leg = self._handlers[event_type] = defaultdict(list)
            self.bus.subscribe(event_type, partial(_hand_on, by_leg))
        self._handlers[event_type][leg].append(handler)


def _hand_on(by_leg: dict[str, list[Handler]], event: Event) -> None:
    for handler in by_leg[event.payload["leg"]]:
        handler(event)


class LegBus:
    """The bus as the components of one leg see it.

    What they publish says which `leg` and at which `tick` of the clock; what they schedule for a bar runs at the
    instant where that bar opens or, but for its open, closes. At one instant and moment orders to sell go before orders
    to buy, and then legs in their order: `place` of `legs`. Orders of the strategy meet the broker when all legs have
    decided. `look` is called with the instant whose prices are known by then, before any of the leg's handlers.
    """

    def __init__(
        self,
        dispatch: LegDispatch,
        leg: str,
        span: Span,
        *,
        place: int,
        legs: int,
        look: Callable[[int], None],
    ) -> None:
        self._dispatch = dispatch
        self._leg = leg
        self._span = span
        self._place = place
        self._legs = legs
        self._look = look
        self._tick = 0

    def subscribe(self, event_type: str, handler: Handler) -> None:
        """Call `handler` with the leg's events of `event_type`."""
        self._dispatch.subscribe(
            event_type, self._leg, partial(self._meet, handler) if event_type == "ORDER" else handler
        )

    def publish(self, event: Event) -> None:
        """Publish an event of the leg."""
        event.payload |= {"leg": self._leg, "tick": self._tick}
        self._dispatch.bus.publish(event)

    def decide(self, bar: int, event: Event) -> None:
        """Publish what is decided at the close of the leg's bar."""
        self._go_to(int(self._span.closes[bar]), Moment.CLOSE)
        self.publish(event)

    def schedule(self, time: int, handler: Handler, event: Event, moment: int = Moment.OPEN) -> None:
        """Call `handler` at the leg's bar `time`; never, where the leg has no such bar."""
        if time >= len(self._span.opens):
            return
        instant = int((self._span.opens if moment == Moment.OPEN else self._span.closes)[time])
        buys = event.event_type == "ORDER" and event.payload["side"] == "BUY" and moment != Moment.AFTER_CLOSE
        rank = (2 * moment + buys) * self._legs + self._place
        self._dispatch.bus.schedule(instant, partial(self._run, handler, instant, moment), event, rank)

    def _meet(self, handler: Handler, order: Event) -> None:
        """Exits are filled within their moment; orders of strategies, when those of all legs are there to be ranked."""
        if "reason" in order.payload:
            handler(order)
        else:
            self.schedule(order.payload["bar"], handler, order, Moment.CLOSE)

    def _run(self, handler: Handler, instant: int, moment: int, event: Event) -> None:
        self._go_to(instant, moment)
        handler(event)

    def _go_to(self, instant: int, moment: int) -> None:
        """What is within a bar happens where it closes, but before any close of that instant is known."""
        self._tick = int(self._dispatch.tick_of[instant])
        self._look(instant - (Moment.OPEN < moment < Moment.CLOSE))
