"""Charts out of the world: chart repositories, registries, archives and git, fetched and cached.

`ChartFetcher` fetches what a reading asks for; `ChartCredentials` says with what and from whom.
"""

from fleet.bundler.charts.cache import ChartCache
from fleet.bundler.charts.fetcher import ChartFetcher, ChartLoader
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
