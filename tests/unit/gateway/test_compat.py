"""The older clients' calls, to the letter."""

import pytest

from pawtrait.icon.v1 import icon_pb2
from shared.errors import PawtraitError, Reason

LAYERS = ["200,150,100-up", "200,150,100-fur", "250,250,250-nose", "dog-face"]


async def test_predict(client, file):
    answer = await client.post("/predict", files=file)
    assert answer.status_code == 201
    assert answer.json() == {
        "statusCode": 201,
        "success": True,
        "message": "File uploaded successfully",
        "breed": "border_collie",
    }


async def test_predict_keeps_an_older_breed_name(client, file, services):
    from tests.unit.gateway.conftest import traits_answer

    found = traits_answer()
    found.breeds[0].id = "shih_tzu"
    services.traits.behaviours["ClassifyTraits"] = lambda _: found
    assert (await client.post("/predict", files=file)).json()["breed"] == "shih-tzu"


async def test_color(client, file):
    answer = await client.post("/color", files=file)
    assert (answer.status_code, answer.json()) == (201, ["50,50,50", "250,250,200"])


async def test_face(client, file):
    answer = await client.post("/face", files=file)
    assert (answer.status_code, answer.json()) == (201, [1, 0, 4])


async def test_icon(client, services):
    answer = await client.post("/icon", json=LAYERS)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "image/png")
    assert list(services.icon.asked[0].layers) == LAYERS
    assert services.icon.asked[0].format == icon_pb2.ICON_FORMAT_PNG


async def test_icon_from_a_client_that_does_not_say_json(client):
    answer = await client.post("/icon", content=b'["dog-face"]')
    assert answer.status_code == 201


async def test_icon_with_an_unknown_layer_names_it(client):
    answer = await client.post("/icon", json=["200,150,100-up", "no-such-layer"])
    assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")
    assert answer.json()["layer"] == "no-such-layer"
    assert "no-such-layer" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [[], {}, "dog-face", [1], [None], ["a"] * 9, [""], ["x" * 101], [["dog-face"]]]
)
async def test_icon_with_a_bad_body(client, body):
    answer = await client.post("/icon", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_FIELD")


async def test_icon_with_text_that_has_no_utf_8(client):
    answer = await client.post("/icon", content=b'["\\ud800"]')
    assert answer.status_code == 422


async def test_final_image(client, file, services):
    answer = await client.post("/finalImg", files=file)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "image/png")
    assert services.icon.asked[0].store_as == ""


async def test_final_is_kept_under_the_names_of_its_layers(client, file, services):
    answer = await client.post("/final", files=file)
    name = "50,50,50-up50,50,50-fur250,250,200-pattern3.jpg"
    assert answer.status_code == 201
    assert answer.json() == {"image_url": f"http://gateway.test/files/generated/{name}"}
    assert services.icon.asked[0].store_as == name


async def test_both_show_the_same_dog(client, file, services):
    await client.post("/final", files=file)
    await client.post("/finalImg", files=file)
    first, second = services.icon.asked
    assert first.layers == second.layers


@pytest.mark.parametrize("path", ["/predict", "/color", "/face", "/final", "/finalImg"])
async def test_no_dog(client, file, services, path):
    services.traits.fails("ClassifyTraits", PawtraitError(Reason.NO_DOG_FOUND, "no dog"))
    answer = await client.post(path, files=file)
    assert (answer.status_code, answer.json()["reason"]) == (422, "NO_DOG_FOUND")


@pytest.mark.parametrize(
    ("path", "down", "named"),
    [
        ("/predict", "traits", "traits"),
        ("/face", "traits", "traits"),
        ("/color", "facecolor", "facecolor"),
        ("/final", "facecolor", "facecolor"),
        ("/final", "traits", "traits"),
        ("/finalImg", "icon", "icon"),
    ],
)
async def test_a_service_down_is_named(client, file, services, path, down, named):
    await getattr(services, down).stop()
    answer = await client.post(path, files=file)
    assert (answer.status_code, answer.json()["service"]) == (503, named)


@pytest.mark.parametrize("path", ["/predict", "/face"])
async def test_breed_and_face_do_without_the_face_colour_service(client, file, services, path):
    await services.facecolor.stop()
    assert (await client.post(path, files=file)).status_code == 201
