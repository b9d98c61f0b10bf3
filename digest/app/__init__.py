"""Wiring: settings become the objects that the stories work with; here is the one clock.

`house` holds what every command needs, `tasks` what the service does again and again, `service` starts and stops it.
"""
