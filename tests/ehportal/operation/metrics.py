"""Reading `/metrics` as Prometheus does."""

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families


def scraped(client: Client, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of that very name, by the values of their labels in the order of the labels' names."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        tuple(value for _label, value in sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(answer.content.decode())
        for one in family.samples
        if one.name == name
    }
