"""Kind: what the pipeline asks of a resource kind, with the ordinary answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from bmeconf.model import Fields


class Kind(ABC):
    """One resource kind. `name` is its key in manifests and the first part of its addresses."""

    name: ClassVar[str]
    identity: ClassVar[str]

    @abstractmethod
    def declared(self, spec: Mapping[str, Any]) -> Fields:
        """The canonical fields of a valid manifest entry, only those that it declares."""
