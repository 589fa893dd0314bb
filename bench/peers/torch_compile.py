"""PyTorch with the network compiled by torch.compile."""

import torch

from bench.peers import torch as eager
from bench.zoo import Row

threads, versions = eager.threads, eager.versions


class Peer(eager.Peer):
    def __init__(self, row: Row) -> None:
        super().__init__(row)
        self.forward = torch.compile(self.net)
