"""Everything that a client can ask: the methods of :class:`~api.client.Aura` and :class:`~api.client.AsyncAura`."""

from api.client import publishing
from api.client.endpoint import answered, exported, paged, streamed
from api.client.requests import alerts as alert_requests
from api.client.requests import drivers as driver_requests
from api.client.requests import files, insight, operations, tenant, trust
from api.client.requests import models as model_requests
from api.client.requests import products as product_requests


class Catalogue:
    """The methods, in the order of the API's document."""

    me = answered(tenant.me)
    summary = answered(tenant.summary)
    timeline = answered(tenant.timeline)

    products = paged(product_requests.products, lambda page: page.products)
    products_page = answered(product_requests.products_page)
    groups = paged(product_requests.groups, lambda page: page.groups)
    groups_page = answered(product_requests.groups_page)
    product = answered(product_requests.product)
    product_timeline = answered(product_requests.product_timeline)
    reviews = answered(product_requests.reviews)

    movers = answered(insight.movers)
    compare = answered(insight.compare)
    drivers = answered(driver_requests.drivers)
    product_drivers = answered(driver_requests.product_drivers)

    drift = answered(trust.drift)
    accuracy = answered(trust.accuracy)
    product_accuracy = answered(trust.product_accuracy)

    alerts = paged(alert_requests.alerts, lambda page: page.events)
    alerts_page = answered(alert_requests.alerts_page)
    alert_rules = answered(alert_requests.alert_rules)

    export_products = exported(files.export_products)
    export_timeline = exported(files.export_timeline)
    live = streamed(files.live)

    models = answered(model_requests.models)
    disagreements = answered(model_requests.disagreements)

    publish = answered(publishing.publish)
    classify = answered(model_requests.classify)
    explain = answered(model_requests.explain)

    alive = answered(operations.alive)
    ready = answered(operations.ready)
    metrics = answered(operations.metrics)
