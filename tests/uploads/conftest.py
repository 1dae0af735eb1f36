from kit.fixtures.uploads import ada, no_bytes_of_tests_before, people, server, talk

__all__ = ["ada", "no_bytes_of_tests_before", "people", "server", "talk"]
