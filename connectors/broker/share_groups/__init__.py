"""How far share groups have read: a question of the broker's protocol that the client library does not ask yet."""
