"""Writes all_types.safetensors with Python's struct alone: one tensor of every type, a scalar and an empty one.

Run in this folder: python3 make_all_types.py
"""
import json
import platform
import struct

VALUES = [0.0, -0.0, 1.0, -2.5, 0.333251953125, 65504.0]  # exact in F16, so in F32 and F64


def bf16(x):
    """Cuts binary32 to its upper half; the values given are exact."""
    return struct.pack("<f", x)[2:]


TENSORS = [
    ("f64", "F64", [2, 3], b"".join(struct.pack("<d", x) for x in VALUES)),
    ("i64", "I64", [2], struct.pack("<2q", -(2**63), 2**63 - 1)),
    ("f32", "F32", [2, 3], b"".join(struct.pack("<f", x) for x in VALUES)),
    ("i32", "I32", [3], struct.pack("<3i", -(2**31), 0, 2**31 - 1)),
    ("f16", "F16", [3, 2], b"".join(struct.pack("<e", x) for x in VALUES)),
    ("bf16", "BF16", [4], b"".join(bf16(x) for x in [1.0, -2.5, 0.0, 3.3895313892515355e38])),
    ("i8", "I8", [4], struct.pack("<4b", -128, -1, 0, 127)),
    ("u8", "U8", [2, 1, 2], bytes([0, 1, 128, 255])),
    ("scalar", "F32", [], struct.pack("<f", 0.1)),
    ("empty", "F32", [0, 7], b""),
    ("na\u00efve \u2211 \U0001f9e9", "U8", [1], b"\x2a"),
]

header = {"__metadata__": {"format": "pt", "written_by": f"make_all_types.py, Python {platform.python_version()}"}}
data = b""
for name, dtype, shape, content in TENSORS:
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
    data += content

text = json.dumps(header).encode()  # non-ASCII names come out as \u escapes, surrogate pairs included
text += b" " * (-len(text) % 8)
with open("all_types.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)
