"""Charts out of the world: chart repositories, registries, archives and git, fetched and cached.

`ChartLoader` is what one reading gets its charts from, through the `ChartFetcher` that all share;
`ChartCredentials` says with what and from whom.
"""

from fleet.bundler.charts.cache import ChartCache
from fleet.bundler.charts.fetcher import ChartFetcher
from fleet.bundler.charts.loader import ChartLoader
from fleet.bundler.charts.secrets import declared_credentials, read_auth, read_auth_by_path
from fleet.bundler.domain.chartauth import ChartAuth, ChartCredentials

__all__ = [
    "ChartAuth",
    "ChartCache",
    "ChartCredentials",
    "ChartFetcher",
    "ChartLoader",
    "declared_credentials",
    "read_auth",
    "read_auth_by_path",
]
