"""Django's SQLite backend, with the threads of one process queueing for the one writer.

SQLite lets a waiting writer sleep and look again, ever longer, up to a tenth of a second: among several, whoever comes
back at once passes those that sleep. Threads that hand on a lock wait no longer than the one before them needs.
"""

import threading

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

# One for each file: {path: lock}.
QUEUES = {}


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes the process's lock with the transaction and gives it back with the commit or rollback."""

    queue = None

    def _start_transaction_under_autocommit(self):
        queue = QUEUES.setdefault(str(self.settings_dict["NAME"]), threading.Lock())
        if not queue.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", 5)):
            raise OperationalError("database is locked by another thread of this process")
        self.queue = queue
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self.leave()
            raise

    def leave(self):
        if self.queue is not None:
            queue, self.queue = self.queue, None
            queue.release()

    def _commit(self):
        result = super()._commit()
        self.leave()
        return result

    def _rollback(self):
        try:
            return super()._rollback()
        finally:
            self.leave()

    def _close(self):
        try:
            return super()._close()
        finally:
            self.leave()
