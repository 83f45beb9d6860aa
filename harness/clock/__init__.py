"""Virtual time: an asyncio loop that jumps to the next timer, and the time functions that follow it."""

from harness.clock.clocks import Clock, RealClock, VirtualClock
from harness.clock.stall_watch import ClockStalled

__all__ = ["Clock", "ClockStalled", "RealClock", "VirtualClock"]
