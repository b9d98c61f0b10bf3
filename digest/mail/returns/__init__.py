"""Mail that comes back: bounces, complaints, wishes to leave. Pure: a message in, notices out."""

from digest.mail.returns.notices import Kind, Notice
from digest.mail.returns.reading import read
from digest.mail.returns.verp import Verp

__all__ = ["Kind", "Notice", "Verp", "read"]
