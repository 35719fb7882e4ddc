"""The linear heads over a trunk: one set for each role of view, and how they are joined in training."""

import torch
from torch import Tensor, nn

from services.traits.joining import TASKS
from services.traits.preprocessing import Role


class Heads(nn.Module):
    """Linear heads for every role, joined by learned shares of trust for each role and task.

    A task's answer is the mean of the present roles' logits, weighted by how much that role is trusted
    for that task: ears are read from the head, breed from everything.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.roles = nn.ModuleList(nn.Linear(width, sum(TASKS.values())) for _ in Role)
        self.trust = nn.Parameter(torch.zeros(len(Role), len(TASKS)))
        spread = torch.zeros(len(TASKS), sum(TASKS.values()))
        start = 0
        for task, length in enumerate(TASKS.values()):
            spread[task, start : start + length] = 1.0
            start += length
        self.register_buffer("spread", spread)

    def each_view(self, features: Tensor, roles: Tensor) -> Tensor:
        """(n, width) features and (n, 3) one-hot roles → (n, 132) logits of each view by itself."""
        answers = torch.stack([head(features) for head in self.roles], 1)
        return (answers * roles.unsqueeze(2)).sum(1)

    def shares(self) -> Tensor:
        """(3, 132) positive trust of each role in each output."""
        spread: Tensor = self.spread
        return self.trust.exp() @ spread

    def joined(self, logits: Tensor, roles: Tensor, owner: Tensor, photos: int) -> Tensor:
        """Bring the views of each photo together.

        Args:
            logits: (n, 132) of each view.
            roles: (n, 3) one-hot.
            owner: (n,) which photo a view belongs to.
            photos: number of photos.

        Returns:
            (photos, 132) logits.
        """
        weight = roles @ self.shares()
        total = logits.new_zeros(photos, logits.shape[1]).index_add(0, owner, logits * weight)
        return total / logits.new_zeros(photos, logits.shape[1]).index_add(0, owner, weight)


def split_tasks(logits: Tensor) -> dict[str, Tensor]:
    """(n, 132) → the logits of each task by name."""
    return dict(zip(TASKS, logits.split(list(TASKS.values()), 1), strict=True))
