"""Writes tensorboard.tfevents: a file of TensorBoard's own writer, whose bytes Martlet's has to write too.

`make_tensorboard_fixtures.py --check` compares with the file that is there, and reads it by TensorBoard's EventAccumulator;
`--read DIRECTORY` prints what that finds in any directory, such as one that a fit has written.
"""

import io
import sys
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

FILE = Path(__file__).with_name("tensorboard.tfevents")


def histogram(numbers):
    """30 equal parts of the range, or one where all numbers are the same."""
    numbers = np.asarray(numbers, "f8")
    low, high = numbers.min(), numbers.max()
    parts = 30 if high > low else 1
    limits = [low + (high - low) * part / parts for part in range(1, parts)] + [high]
    counts = [0.0] * parts
    for number in numbers:
        counts[min(parts - 1, int((number - low) / (high - low) * parts)) if parts > 1 else 0] += 1
    return summary_pb2.HistogramProto(
        min=low, max=high, num=len(numbers), sum=float(sum(numbers)), sum_squares=float(sum(numbers * numbers)),
        bucket_limit=limits, bucket=counts)


def text(name, content):
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING, string_val=[content.encode()],
        tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)]))
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="text")
    return summary_pb2.Summary.Value(
        tag=name, tensor=tensor, metadata=summary_pb2.SummaryMetadata(plugin_data=plugin))


def scalar(name, value):
    return summary_pb2.Summary.Value(tag=name, simple_value=value)


def event(step, *values):
    return event_pb2.Event(wall_time=1.5, step=step, summary=summary_pb2.Summary(value=values))


# A green and a blue pixel.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000020000000108020000007b40e8dd0000000d49444154789c63f8cf0004ff01070001ff"
    "e2239e590000000049454e44ae426082")

HISTOGRAM = [0.25 * number - 3 for number in range(40)]
EVENTS = [
    event_pb2.Event(wall_time=1.5, file_version="brain.Event:2"),
    event_pb2.Event(
        wall_time=1.5, step=3, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)),
    event(0, scalar("loss", 0.0), scalar("accuracy", 0.5)),
    event(300, scalar("loss", -1.25e-3)),
    event(2**40, summary_pb2.Summary.Value(tag="0.weight", histo=histogram(HISTOGRAM))),
    event(7, summary_pb2.Summary.Value(tag="constant", histo=histogram([2.0, 2.0]))),
    event(7, text("run", "| µ | b |\n|---|---|\n" + "x" * 200)),
    event(8, summary_pb2.Summary.Value(
        tag="pixels",
        image=summary_pb2.Summary.Image(height=1, width=2, colorspace=3, encoded_image_string=PICTURE))),
]


def contents():
    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    for record in EVENTS:
        writer.write(record.SerializeToString(deterministic=True))
    return buffer.getvalue()


def read(path):
    accumulator = EventAccumulator(str(path), size_guidance={name: 0 for name in ("scalars", "histograms", "images", "tensors")})
    accumulator.Reload()
    return accumulator


if "--read" in sys.argv:
    found = read(sys.argv[sys.argv.index("--read") + 1])
    for tag in found.Tags()["scalars"]:
        print(tag, [(item.step, item.value) for item in found.Scalars(tag)])
    for tag in found.Tags()["histograms"]:
        print(tag, [(item.step, item.histogram_value.num) for item in found.Histograms(tag)])
    for tag in found.Tags()["images"]:
        print(tag, [(item.step, item.width, item.height) for item in found.Images(tag)])
    for tag in found.Tags()["tensors"]:
        print(tag, [(item.step, item.tensor_proto.string_val[0].decode()) for item in found.Tensors(tag)])
elif "--check" in sys.argv:
    assert FILE.read_bytes() == contents(), f"{FILE.name} is not what TensorBoard writes"
    found = read(FILE)
    assert [(item.step, item.value) for item in found.Scalars("accuracy")] == [(0, 0.5)]
    assert [item.step for item in found.Histograms("0.weight")] == [2**40]
    assert found.Histograms("0.weight")[0].histogram_value.num == len(HISTOGRAM)
    assert found.Tensors("run")[0].tensor_proto.string_val[0].decode().startswith("| µ")
    (picture,) = found.Images("pixels")
    assert (picture.step, picture.width, picture.height, picture.encoded_image_string) == (8, 2, 1, PICTURE)
    print(f"{FILE.name} is what TensorBoard writes and reads")
else:
    FILE.write_bytes(contents())
