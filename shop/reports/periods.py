"""Days of the shop: a period is whole days by the shop's own clock, whoever asks from wherever."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone


@dataclass(frozen=True)
class Period:
    """From the morning of `first` to the end of `last`, by the shop's time zone."""

    first: date
    last: date

    @classmethod
    def ending(cls, now: datetime, days: int) -> "Period":
        """The day of `now` and those before it, `days` in all: 1 is today."""
        today = timezone.localdate(now, timezone.get_default_timezone())
        return cls(today - timedelta(days=days - 1), today)

    @classmethod
    def until(cls, now: datetime) -> "Period":
        """All days there have been."""
        return cls(date(1970, 1, 2), cls.ending(now, 1).last)

    @property
    def start(self) -> datetime:
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first moment that is no longer in it."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def before(self) -> "Period":
        """As many days, right before these."""
        length = self.last - self.first + timedelta(days=1)
        return Period(self.first - length, self.last - length)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone())
