from __future__ import annotations

from datetime import date

import pytest

from protos.web.frame import era_date


@pytest.mark.parametrize(
    ("value", "japanese", "english"),
    [
        ("2026-07-05", "令和8年7月5日", "2026-07-05"),
        ("2019-05-01", "令和元年5月1日", "2019-05-01"),
        ("2019-04-30", "平成31年4月30日", "2019-04-30"),
        ("1989-01-07", "昭和64年1月7日", "1989-01-07"),
        (date(2000, 2, 29), "平成12年2月29日", "2000-02-29"),
        ("2026-07-05T09:30:00", "令和8年7月5日 09:30", "2026-07-05 09:30"),
        # A stored UTC time is shown as the clock on the wall in Japan says.
        ("2026-07-05T16:30:00+00:00", "令和8年7月6日 01:30", "2026-07-06 01:30"),
        ("1900-01-01", "1900-01-01", "1900-01-01"),
    ],
)
def test_dates_are_written_as_departments_write_them(
    value: str | date, japanese: str, english: str
) -> None:
    assert era_date(value) == japanese
    assert era_date(value, "en") == english
