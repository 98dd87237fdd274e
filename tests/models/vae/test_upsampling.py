"""The fast last layer of the decoder, compared with torch's transposed convolution."""

import pytest
import torch
from torch import nn

from lodespace.models.vae.upsampling import Upsampling, upsample


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ("channels", "out_channels", "height", "width"), [(8, 1, 16, 16), (5, 3, 4, 6), (3, 2, 1, 1)]
)
def test_values_and_gradients_are_the_librarys(
    channels: int, out_channels: int, height: int, width: int, memory_format: torch.memory_format
) -> None:
    torch.manual_seed(0)
    layer = Upsampling(channels, out_channels)
    reference = nn.ConvTranspose2d(channels, out_channels, 4, stride=2, padding=1)
    reference.load_state_dict(layer.state_dict())
    x = (
        torch.randn(3, channels, height, width)
        .contiguous(memory_format=memory_format)
        .requires_grad_()
    )
    wanted = reference(x)
    weight_of_each = torch.randn_like(wanted)
    (wanted * weight_of_each).sum().backward()
    assert x.grad is not None
    wanted_gradient, x.grad = x.grad, None
    out = layer(x)
    (out * weight_of_each).sum().backward()
    torch.testing.assert_close(out, wanted)
    torch.testing.assert_close(x.grad, wanted_gradient)
    for mine, theirs in zip(layer.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)


def test_one_pixel_spreads_the_kernel() -> None:
    """Input pixel (1, 1) of 3 x 3 reaches output rows and columns 1 to 4 with the whole kernel."""
    x = torch.zeros(1, 1, 3, 3)
    x[0, 0, 1, 1] = 1
    kernel = torch.arange(16.0).view(1, 1, 4, 4)
    out = upsample(x, kernel, torch.tensor([0.5]))
    wanted = torch.full((6, 6), 0.5)
    wanted[1:5, 1:5] += kernel[0, 0]
    assert torch.equal(out[0, 0], wanted)
