"""API calls of the figures, for the API document."""

from __future__ import annotations

from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, NonJsonBody
from .statistics_api import StatisticsQuery
from .statistics_schemas import Statistics

OPERATIONS: ApiOperations = {
    "GET /stats/offices/{office}": ApiOperation(
        "Statistics of an office's visits and video calls; managers also get them by line and by service",
        ApiAccess.PUBLIC,
        {200: (Statistics, NonJsonBody("text/csv"))},
        query_model=StatisticsQuery,
    ),
}
