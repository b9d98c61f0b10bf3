"""All that is known, in SQLite or PostgreSQL: one module a noun, each function a short piece of a transaction.

`engine` opens the database and runs such functions, one transaction each; `schema` says what there is. No other
package imports SQLAlchemy.
"""

from digest.store.engine import Connection, Database, apart

__all__ = ["Connection", "Database", "apart"]
