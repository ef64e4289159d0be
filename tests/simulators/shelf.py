"""The smallest simulator: items on a shelf. For the tests of what all simulators share."""

from simulator import Answer, Response, Simulator, route, serve


class Shelf(Simulator):
    def reset(self):
        self.items = {}

    def seed(self, kind, record):
        self.items[record["id"]] = record
        return record

    def inspect(self, kind, identity):
        return list(self.items.values()) if identity is None else self.items[identity]

    @route("GET", "/item/{id}", query=("fields",))
    def read(self, request, id):
        if id not in self.items:
            raise Answer(Response(404, {"error": "no such item"}))
        return Response(200, self.items[id])

    @route("POST", "/item", body={"id": str, "size?": int})
    def make(self, request):
        return Response(201, self.seed("item", request.json()))


if __name__ == "__main__":
    serve(Shelf)
