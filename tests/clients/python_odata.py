# python-odata 0.8.1: entities made from $metadata. A new one is sent with null for whatever was not set, also where $metadata says
# that null cannot be and what the default is (CSDL 4.01 section 7.2.7): the client is wrong, and the script sets those.
import os

import requests
from odata import ODataService

session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['TOKEN']}"
service = ODataService(f"{os.environ['ROOT']}/", session=session, reflect_entities=True)
Task = service.entities["TodoItems"]

task = Task()
task.Title, task.Priority, task.IsDone = "python", 3, False
service.save(task)
assert task.Id
found = list(service.query(Task).filter(Task.Title == "python").order_by(Task.Priority.desc()).limit(5))
assert [one.Title for one in found] == ["python"], found
task.Notes = "n"
service.save(task)
assert service.query(Task).get(task.Id).Notes == "n"
service.delete(task)
assert list(service.query(Task).filter(Task.Title == "python")) == []
