"""The safetensors container, read and written in a few lines so that the goldens depend on no package but torch."""

import json
import os
import struct

import numpy as np
import torch

TO_NUMPY = {"F32": "<f4", "I32": "<i4"}


def load(path):
    """All tensors of the file by name. Only float32 and int32 are known here; anything else is a KeyError."""
    with open(path, "rb") as file:
        (header_bytes,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(header_bytes))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[begin:end], TO_NUMPY[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def save(path, tensors, metadata):
    """Writes tensors (int32 as they are, floating point as float32) in name order; renamed into place when whole."""
    header, blobs, offset = {"__metadata__": metadata}, [], 0
    for name, tensor in sorted(tensors.items()):
        dtype = "I32" if tensor.dtype == torch.int32 else "F32"
        blob = tensor.detach().numpy().astype(TO_NUMPY[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".tmp", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)
