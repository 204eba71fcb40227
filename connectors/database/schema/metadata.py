"""What every table belongs to, and the type of every moment."""

from sqlalchemy import DateTime, MetaData

metadata = MetaData()
Timestamp = DateTime(timezone=True)
