"""Writes Encodings/*.bin: rows of weights, and what llama.cpp makes of them and of random blocks.

Needs libggml-base.so of the npm package @node-llama-cpp/linux-x64 3.22.1 (llama.cpp v0.5.0); Python's standard library.
Run in this folder: python3 make_encodings.py FOLDER_OF_THE_PACKAGE

Each file is a line of JSON and then bytes, little-endian. rows.bin: importance of each column, then the rows, all float32.
Any other: the rows encoded; encoded with the importance; random blocks; their values in float32.
"""
import ctypes
import json
import math
import pathlib
import random
import struct
import sys

PACKAGE, VERSION = "@node-llama-cpp/linux-x64", "3.22.1"
COLUMNS = 512

# name, number in ggml.h, offsets of half-precision fields
TYPES = [
    ("F16", 1, [0]), ("BF16", 30, []),
    ("Q8_0", 8, [0]), ("Q4_0", 2, [0]), ("Q4_1", 3, [0, 2]), ("Q5_0", 6, [0]), ("Q5_1", 7, [0, 2]),
    ("Q2_K", 10, [80, 82]), ("Q3_K", 11, [108]), ("Q4_K", 12, [0, 2]), ("Q5_K", 13, [0, 2]), ("Q6_K", 14, [208]),
    ("IQ4_NL", 20, [0]), ("MXFP4", 39, []), ("IQ2_XXS", 16, [0]),
]
UNWEIGHTED = {"F16", "BF16", "Q8_0", "MXFP4"}

draw = random.Random(20)


def float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def gaussian(scale, mean=0.0):
    return [draw.gauss(mean, scale) for _ in range(COLUMNS)]


def student(scale, freedom=3):
    def one():
        return draw.gauss(0, 1) / math.sqrt(sum(draw.gauss(0, 1) ** 2 for _ in range(freedom)) / freedom)
    return [scale * one() for _ in range(COLUMNS)]


def outlier(scale, value):
    row = gaussian(scale)
    row[draw.randrange(COLUMNS)] = value
    return row


def below_powers_of_two(first):
    """Blocks of 32 whose largest value is some units in the last place below a power of two."""
    row = []
    for block in range(COLUMNS // 32):
        top = 2.0 ** (first + block) * (1 - draw.choice([0, 1, 2, 3, 5, 9]) * 2.0 ** -24)
        row += [top * draw.uniform(-0.9, 0.9) for _ in range(31)] + [draw.choice([top, -top])]
    return row


def sparse(scale):
    return [draw.gauss(0, scale) if draw.random() < 0.05 else 0.0 for _ in range(COLUMNS)]


def grid(step):
    """Values at which roundings meet ties."""
    return [step * draw.randrange(-17, 18) / 2 for _ in range(COLUMNS)]


ROWS = (
    [("gaussian", gaussian(0.02)) for _ in range(12)]
    + [("student", student(0.02)) for _ in range(8)]
    + [("constant", [value] * COLUMNS) for value in (0.013, -0.5, 3e-5)]
    + [("zero", [0.0] * COLUMNS), ("zero", [-0.0] * COLUMNS)]
    + [("outlier", outlier(0.01, value)) for value in (8.0, -8.0, 600.0)]
    + [("subnormal", gaussian(scale)) for scale in (1e-6, 3e-8, 1e-13, 1e-15, 1e-37, 1e-39, 2e-43)]
    + [("large", [max(-65504.0, min(65504.0, x)) for x in gaussian(scale)]) for scale in (2e3, 3e4)]
    + [("one sign", [sign * abs(x) for x in gaussian(0.02)]) for sign in (1, -1)]
    + [("offset", gaussian(0.01, mean)) for mean in (0.5, -0.5)]
    + [("below powers of two", below_powers_of_two(first)) for first in (-120, -20, -4)]
    + [("sparse", sparse(0.05)), ("sparse", sparse(2.0)), ("grid", grid(0.25)), ("grid", grid(0.01))]
)
NAMES = [name for name, _ in ROWS]
VALUES = [float32(x) for _, row in ROWS for x in row]

# Heavy-tailed as squares of activations are; some columns, a whole block among them, never meet any.
IMPORTANCE = [float32(math.exp(draw.gauss(0, 2))) for _ in range(COLUMNS)]
for column in [*range(64, 96), *range(300, 320), *draw.sample(range(COLUMNS), 20)]:
    IMPORTANCE[column] = 0.0


def half():
    """A half that is finite; often 0, subnormal or large."""
    exponent = draw.choice([0, 0, 1, 30, *range(31)])
    return struct.pack("<H", draw.randrange(2) << 15 | exponent << 10 | draw.choice([0, 1, 1023, draw.randrange(1024)]))


def random_blocks(name, count, size, halves):
    blocks = []
    for number in range(count):
        block = bytearray(draw.randbytes(size))
        for offset in halves:
            block[offset:offset + 2] = half()
        if name == "MXFP4":
            block[0] = number % 256  # every exponent
        if name == "BF16" and block[1] & 127 == 127:
            block[0] &= 127  # no NaN
        if name == "IQ2_XXS":
            for part in range(8):  # every group of the code book
                for group in range(4):
                    block[2 + part * 8 + group] = (number * 32 + part * 4 + group) % 256
        blocks.append(bytes(block))
    return b"".join(blocks)


def main(folder):
    folder = pathlib.Path(folder)
    package = json.loads((folder / "package.json").read_text())
    if (package["name"], package["version"]) != (PACKAGE, VERSION):
        sys.exit(f"{folder} holds {package['name']} {package['version']}, not {PACKAGE} {VERSION}.")
    library = folder / "bins/linux-x64"
    llama = json.loads((library / "_nlcBuildMetadata.json").read_text())["buildOptions"]["llamaCpp"]["release"]
    made_by = f"make_encodings.py, llama.cpp {llama} of {PACKAGE} {VERSION}"
    ggml = ctypes.CDLL(str(library / "libggml-base.so"))
    ggml.ggml_quantize_chunk.restype = ggml.ggml_type_size.restype = ctypes.c_size_t
    ggml.ggml_type_name.restype = ctypes.c_char_p
    ggml.ggml_blck_size.restype = ctypes.c_int64

    def write(name, header, *parts):
        line = json.dumps({"made_by": made_by, **header})
        pathlib.Path("Encodings", name + ".bin").write_bytes(line.encode() + b"\n" + b"".join(parts))

    floats = struct.pack
    write("rows", {"columns": COLUMNS, "kinds": NAMES},
          floats(f"<{COLUMNS}f", *IMPORTANCE), floats(f"<{len(VALUES)}f", *VALUES))

    values = (ctypes.c_float * len(VALUES))(*VALUES)
    importance = (ctypes.c_float * COLUMNS)(*IMPORTANCE)

    def encode(number, size, weights):
        result = ctypes.create_string_buffer(size)
        written = ggml.ggml_quantize_chunk(
            number, values, result, ctypes.c_int64(0), ctypes.c_int64(len(ROWS)), ctypes.c_int64(COLUMNS), weights)
        assert written == size, (number, written, size)
        return result.raw

    for name, number, halves in TYPES:
        length, size = ggml.ggml_blck_size(number), ggml.ggml_type_size(number)
        total = len(VALUES) // length * size
        encoded = encode(number, total, None) if name != "IQ2_XXS" else b""
        weighted = encode(number, total, importance) if name not in UNWEIGHTED and encoded else b""
        count = max(4096 // length, 256 if name == "MXFP4" else 32 if name == "IQ2_XXS" else 0)
        blocks = random_blocks(name, count, size, halves)
        decoded = (ctypes.c_float * (count * length))()
        function = "dequantize_row_" + name.lower().replace("_k", "_K")
        function = {"F16": "ggml_fp16_to_fp32_row", "BF16": "ggml_bf16_to_fp32_row"}.get(name, function)
        getattr(ggml, function)(blocks, decoded, ctypes.c_int64(count * length))
        write(name, {"name": ggml.ggml_type_name(number).decode(), "number": number, "length": length, "bytes": size,
                     "encoded": len(encoded), "weighted": len(weighted), "blocks": len(blocks)},
              encoded, weighted, blocks, bytes(decoded))


main(sys.argv[1])
