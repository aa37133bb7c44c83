"""What goes wrong between a bot and Telegram, by chance but the same on every run."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

TOO_MANY = "429"
GATEWAY_BEFORE = "502 before acting"
GATEWAY_AFTER = "502 after acting"
DROPPED_BEFORE = "dropped before acting"
DROPPED_AFTER = "dropped after acting"
BEFORE = {TOO_MANY, GATEWAY_BEFORE, DROPPED_BEFORE}
AFTER = {GATEWAY_AFTER, DROPPED_AFTER}


@dataclass
class Faults:
    """Shares (0 to 1) of the calls that fail. They may be changed while the server runs, so a test can end a bad spell."""

    too_many: float = 0
    bad_gateway: float = 0
    dropped_before: float = 0
    dropped_after: float = 0
    duplicates: float = 0
    delay: float = 0
    seed: int = 1
    retry_after: int = 1
    spare: frozenset[str] = frozenset({"getMe"})
    _random: random.Random = field(init=False, repr=False, compare=False)
    _lock: threading.Lock = field(init=False, repr=False, compare=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def draw(self, method: str) -> str:
        """The fault of one call, or "". One draw for all kinds, so that each has exactly its share."""
        if method in self.spare:
            return ""
        with self._lock:
            chance = self._random.random()
        half = self.bad_gateway / 2
        for share, fault in (
            (self.too_many, TOO_MANY),
            (half, GATEWAY_BEFORE),
            (half, GATEWAY_AFTER),
            (self.dropped_before, DROPPED_BEFORE),
            (self.dropped_after, DROPPED_AFTER),
        ):
            if chance < share:
                return fault
            chance -= share
        return ""

    def repeats(self) -> bool:
        """Whether an update that was confirmed comes once more."""
        with self._lock:
            return self._random.random() < self.duplicates
