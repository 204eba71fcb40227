"""Unit tests mirror the source tree and open no sockets."""
