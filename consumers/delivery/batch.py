"""One batch of the logs on its way into the feeds, inside one open transaction.

Events of one subject are told in the order of their sequence, whatever the order of arrival: what came before is
skipped, what comes too early waits until the gap before it is filled. How the logs are cut into batches changes neither
what is told nor, within one partition, the order of numbers.
"""

from collections import Counter
from collections.abc import Sequence

import orjson

from consumers.delivery.arrival import Arrival, read_arrival
from consumers.delivery.domain.telling import told
from consumers.delivery.domain.whom import Body, Known, learned
from consumers.delivery.entries import Entry, message_of
from consumers.delivery.ports import DeliveryStores, Progress
from consumers.in_turn import InTurn, Tally
from schemas.feed import agency_of_feed

_NEW = Progress()


class Batch:
    """Takes arrivals one by one, then writes everything at once. After an exception, roll back and drop it."""

    def __init__(self, stores: DeliveryStores, arrivals: Sequence[Arrival]) -> None:
        """Lock what is known of the arrivals' subjects, and read once what waits for them."""
        self._stores = stores
        ordered = {arrival.key for arrival in arrivals if arrival.ordered}
        self._before = stores.subjects.progress(ordered) if ordered else {}
        self._known = {subject: progress.known for subject, progress in self._before.items()}
        last = {subject: one.sequence for subject, one in self._before.items()}
        waiting = stores.park.of_keys(ordered) if ordered else ()
        self.turns = InTurn(last, waiting, read_arrival, self._do)
        single = {arrival.event_id for arrival in arrivals if not arrival.ordered and arrival.is_told}
        self._seen = set(stores.subjects.seen(single)) if single else set()
        self._entries: list[Entry] = []
        self._noted: list[str] = []

    def write(self) -> Tally:
        """Write all: what is known first, the heads of the feeds as late as possible, messages last."""
        subjects = self._stores.subjects
        after = {
            subject: Progress(last, self._known.get(subject, _NEW.known)) for subject, last in self.turns.last.items()
        }
        added = {subject: one for subject, one in after.items() if subject not in self._before}
        changed = {subject: one for subject, one in after.items() if self._before.get(subject, one) != one}
        subjects.keep(added, changed)
        if self._noted:
            subjects.note(sorted(self._noted))
        tally = self.turns.write(self._stores.park)
        self._publish()
        return tally

    def _publish(self) -> None:
        """Give every entry its number, in the order in which they were told, and write them."""
        if not self._entries:
            return
        feeds = self._stores.feeds
        following = dict(feeds.draw(Counter(entry.feed for entry in self._entries)))
        entries = []
        for entry in self._entries:
            entries.append(entry._replace(number=following[entry.feed]))
            following[entry.feed] += 1
        feeds.append(entries)
        agencies = {feed: code for feed in following if (code := agency_of_feed(feed)) is not None}
        topics = feeds.with_topics(agencies.values()) if agencies else ()
        spoken = ((agencies.get(entry.feed, ""), entry) for entry in entries)
        self._stores.outbox.add(message_of(code, entry) for code, entry in spoken if code in topics)

    def _do(self, arrival: Arrival) -> bool:
        """Tell one event, and say whether it was new after all. What nobody is told of counts as handled."""
        if arrival.event_id in self._seen and not arrival.ordered:
            return False
        if not arrival.is_told:
            return True
        body, known = arrival.body(), _NEW.known
        if arrival.ordered:
            known = learned(arrival.event_type, body, self._known.get(arrival.key, known))
        self._entries.extend(list(_entries(arrival, body, known)))
        if arrival.ordered:
            self._known[arrival.key] = known
        else:
            self._seen.add(arrival.event_id)
            self._noted.append(arrival.event_id)
        return True


def _entries(arrival: Arrival, body: Body, known: Known) -> list[Entry]:
    """Return what each feed is told of one event; the numbers are drawn at last."""
    record = arrival.record
    about = (arrival.event_id, arrival.event_type, arrival.time, arrival.subject)
    place = (record.topic, record.partition, record.position)
    return [Entry(feed, 0, *about, *place, orjson.dumps(data)) for feed, data in told(arrival.event_type, body, known)]
