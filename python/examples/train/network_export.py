"""The network that a node serves, and how it leaves torch: one ONNX file, opset 17, logits.

It scores one candidate's row, so it serves any course with any number of candidates. 64 and 64 hidden
units with ReLU cost a node less than 100 microseconds for 64 candidates.
"""

import torch
from torch import nn

from nexus.gym import CANDIDATE_NAMES, STATE_NAMES

COLUMNS = len(CANDIDATE_NAMES)


def scorer() -> nn.Sequential:
    """Candidate rows to one logit each."""
    return nn.Sequential(
        nn.Linear(COLUMNS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
    )


def critic() -> nn.Sequential:
    """The learner's state and the mean candidate to a value; it stays at home."""
    return nn.Sequential(
        nn.Linear(len(STATE_NAMES) + COLUMNS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
    )


def masked_logits(network: nn.Module, candidates: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """One logit a slot; where there is no candidate, one that is never drawn."""
    logits = network(candidates).squeeze(-1)
    return torch.where(mask > 0, logits, torch.full_like(logits, -1e9))


def critic_input(state: torch.Tensor, candidates: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """What the critic looks at: slots without a candidate are zero and do not count."""
    count = mask.sum(-1, keepdim=True).clamp(min=1)
    return torch.cat([state, candidates.sum(-2) / count], -1)


def export(network: nn.Module, path: str) -> None:
    """Writes the scorer as a node reads it: `nexus policy publish network --file PATH`."""
    rows = torch.zeros(2, COLUMNS)
    torch.onnx.export(
        network.cpu().eval(),
        (rows,),
        path,
        opset_version=17,
        dynamo=False,  # The other exporter puts the weights into a second file.
        input_names=["candidates"],
        output_names=["logits"],
        dynamic_axes={"candidates": {0: "count"}, "logits": {0: "count"}},
    )
