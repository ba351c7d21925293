"""Download addresses over HTTP."""

from functions.common.resource import operations
from functions.installation.downloads import DOWNLOADS, DownloadFields

downloads = operations(DOWNLOADS, DownloadFields, "Download", problems=())
