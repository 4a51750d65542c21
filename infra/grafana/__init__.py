"""Grafana as code: data sources, dashboards, alert rules and contact points, and how they come into a Grafana.

names       what is ours there, by its uid
queries     what panels, variables and rules ask: our API through the Infinity data source, and Prometheus
panels      the few looks that all dashboards share
operations  the dashboard of whoever runs Aura
columns     what a tenant's panels show
sections    what they are cut by, for each kind of tenant
rows        the rows of panels
tenant      the dashboard of a tenant
sources     data sources
rules       alert rules and contact points
things      what all of these are to whoever brings them there
wanted      all of it, for an installation
customers   the file of tenants' keys for Grafana
compare     what is wanted against what is there
server      a Grafana, through its HTTP API
"""
