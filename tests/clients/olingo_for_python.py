# odatapy 5.3.0, modelled on Olingo: the model from $metadata, records, pages, a count, a batch.
import os

from odatapy.client import ODataClient
from odatapy.client.transport import HttpxTransport

headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
client = ODataClient(f"{os.environ['ROOT']}/", HttpxTransport(headers=headers))
assert client.get_metadata_document() is not None


def value(entity, name):
    return next(one.value for one in entity.properties if one.name == name)


made = client.create_entity("TodoItems", {"Title": "odatapy"})
uri = client.entity_uri("TodoItems", value(made, "Id"))
client.update_entity(uri, {"Notes": "n"})
assert value(client.get_entity(uri), "Notes") == "n"
named = client.entity_set_uri("TodoItems").filter("Title eq 'odatapy'").select("Title").top(3)
assert [value(one, "Title") for one in client.get_entity_set(named).entities] == ["odatapy"]
assert client.get_count(client.entity_set_uri("TodoItems")) == 1
client.delete_entity(uri)
assert client.get_count(client.entity_set_uri("TodoItems")) == 0
