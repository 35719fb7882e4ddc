"""The whole system under load while its processes are killed, frozen and stopped, one after another."""
