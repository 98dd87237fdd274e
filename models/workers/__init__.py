"""Several processes that train one model: the leader, and followers with copies of the items."""
