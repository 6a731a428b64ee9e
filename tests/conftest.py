"""What all tests share: drawn examples keep to the time limit of their test, not to one each."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("enishi", deadline=None)
settings.load_profile("enishi")
