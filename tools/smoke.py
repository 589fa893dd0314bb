"""What must work right after `pip install netcore-nn`, with nothing but numpy and safetensors: import, train, save, load."""

import tempfile
from pathlib import Path

import numpy as np

import netcore as nc
from netcore import data

nc.show_config()
nc.manual_seed(0)
train, test = data.load("digits", split="train"), data.load("digits", split="test")
net = nc.Sequential(nc.Conv2d(1, 16, 3, padding=1), nc.ReLU(), nc.MaxPool2d(2), nc.Flatten(), nc.Linear(256, 10))
loss, optimizer = nc.CrossEntropyLoss(), nc.Adam(net.parameters(), lr=3e-3)
loader = data.DataLoader(train.x, train.y, batch_size=32, shuffle=True, rng=0)
for _ in range(40):
    for x, y in loader:
        optimizer.zero_grad()
        loss.forward(net.forward(x), y)
        net.backward(loss.backward(), input_grad=False)
        optimizer.step()
net.eval()
accuracy = float(np.mean(net.forward(test.x).argmax(1) == test.y))
with tempfile.TemporaryDirectory() as folder:
    nc.save(Path(folder, "net.safetensors"), net)
    net.load_state_dict(nc.load(Path(folder, "net.safetensors")))
nc.gradcheck(nc.LSTM(3, 4), np.random.default_rng(0).standard_normal((2, 5, 3)))
print(f"test accuracy on digits {accuracy:.3f}")
if accuracy < 0.9:
    raise SystemExit("the network did not learn")
