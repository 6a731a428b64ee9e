"""The roster in force: signed by all, with a city secret."""

from __future__ import annotations

import json

from coordinator.errors import RosterMissingError
from coordinator.process import CoordinatorProcess
from privacy.roster import Roster


def roster_in_force(process: CoordinatorProcess) -> Roster:
    """Return the newest roster, if every member holds it and the city secret is made.

    Raises:
        RosterMissingError: it is not there yet.
    """
    stored = process.rosters.newest()
    if stored is None or not stored.accepted:
        raise RosterMissingError
    if process.rosters.city_epoch(stored.digest) is None:
        raise RosterMissingError
    return Roster.from_json(json.loads(stored.body))
