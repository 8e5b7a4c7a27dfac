"""The description of the API: it holds every route, and real answers are as it says."""

import json
import re
import unittest

from kit import web_calls, web_fleet
from kit.web_case import WebCase

try:
    import jsonschema
except ImportError:
    jsonschema = None


class OpenApi(WebCase):
    sanitised = False

    def prepare(self):
        self.make_user("admin")
        self.pobsync.mark_root()
        self.values = web_fleet.make(self.pobsync, "states")

    def setUp(self):
        super().setUp()
        answer = self.admin.get("/api/openapi.json")
        self.assertEqual(answer.status, 200, answer)
        self.document = answer.json

    def operation(self, method, path, faces):
        prefix = "/api/v1" if "api" in faces else ""
        described = prefix + re.sub(r":(\w+)\*?", r"{\1}", path)
        return self.document["paths"].get(described, {}).get(method.lower())

    def test_every_route_is_described(self):
        self.assertEqual(self.document["openapi"], "3.1.0")
        self.assertEqual(self.admin.get("/api/v1/openapi.json").json, self.document)
        ids = [operation["operationId"] for item in self.document["paths"].values() for operation in item.values()]
        self.assertEqual(len(ids), len(set(ids)))
        count = 0
        for route in self.routes():
            if route["faces"] == ["page"]:
                continue
            operation = self.operation(route["method"], route["path"], route["faces"])
            self.assertIsNotNone(operation, route)
            count += 1
            self.assertEqual(operation["x-right"], route["right"], route)
            sent = {p["name"]: p["required"] for p in operation["parameters"] if p["in"] == "query"}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            sent |= {name: name in body.get("required", []) for name in body.get("properties", {})}
            sent.pop("column", None)
            self.assertEqual(sent, {field["name"]: field["required"] for field in route["fields"]}, route)
            in_path = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            self.assertEqual(in_path, re.findall(r":(\w+)", route["path"]))
        self.assertGreater(count, 30)

    def test_what_is_described_is_enforced(self):
        """A field that the description does not know is refused, and so is a missing one."""
        headers = {"X-CSRF-Token": self.admin.token("/account")}
        for method, path, address, body in web_calls.calls(self.routes(), self.values):
            if method == "GET":
                mark = "&" if "?" in address else "?"
                self.assertEqual(self.admin.get(f"{address}{mark}surprise=1").status, 400, address)
            elif body and "config" not in path and path != "/settings":
                answer = self.admin.request(method, address, json.dumps({**body, "surprise": 1}), headers,
                                            type="application/json")
                self.assertEqual(answer.status, 400, address)

    def validator(self, schema):
        return jsonschema.Draft202012Validator({**schema, "components": self.document["components"]})

    def unknown(self, schema, value, where):
        """Members that no schema names."""
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        for choice in schema.get("anyOf", []):
            if value is not None and choice.get("type") != "null":
                return self.unknown(choice, value, where)
        found = []
        if isinstance(value, dict) and "properties" in schema:
            for name, member in value.items():
                if name in schema["properties"]:
                    found += self.unknown(schema["properties"][name], member, f"{where}.{name}")
                elif "description" not in schema:
                    found.append(f"{where}.{name}")
        elif isinstance(value, list):
            for item in value:
                found += self.unknown(schema.get("items", {}), item, where + "[]")
        return sorted(set(found))

    @unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
    def test_answers_are_as_described(self):
        jsonschema.Draft202012Validator.check_schema({"components": self.document["components"]})
        routes = self.routes()
        faces = {(route["method"], route["path"]): route["faces"] for route in routes}
        called = 0
        for method, path, address, body in web_calls.calls(routes, self.values):
            headers = {} if method == "GET" else {"X-CSRF-Token": self.admin.token("/account")}
            answer = self.admin.request(method, address, None if method == "GET" else json.dumps(body or {}), headers,
                                        type=None if method == "GET" else "application/json")
            self.assertLess(answer.status, 300, f"{method} {address}: {answer}")
            if answer.headers["Content-Type"] != "application/json":
                continue
            responses = self.operation(method, path, faces[method, path])["responses"]
            schema = responses["200" if method == "GET" else "2XX"]["content"]["application/json"]["schema"]
            where = f"{method} {address}"
            errors = [f"{error.json_path}: {error.message[:300]}"
                      for error in self.validator(schema).iter_errors(answer.json)]
            self.assertEqual(errors, [], where)
            self.assertEqual(self.unknown(schema, answer.json, "$"), [], f"{where}: members that are not described")
            called += 1
        self.assertGreater(called, 35)
        problem = self.document["components"]["schemas"]["Problem"]
        for address in ("/api/v1/hosts/nobody", "/api/v1/nothing", "/api/v1/hosts?surprise=1"):
            self.assertEqual(list(map(str, self.validator(problem).iter_errors(self.admin.get(address).json))), [])

    def test_the_page_for_people(self):
        page = self.admin.get("/api/v1/docs")
        self.assertEqual(page.status, 200, page)
        self.assertIn("/api/v1/hosts/{host}/backup", page.text)
        self.assertEqual(len(page.page.headings), 1)


if __name__ == "__main__":
    unittest.main()
