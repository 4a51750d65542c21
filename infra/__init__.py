"""The roof: settings, command line, embedded services, containers and dashboards. Nothing imports it."""
