"""ONNX Runtime on the processor: predictions, each network one graph of `Gemm` and `Relu`."""

import functools

import onnx
import onnxruntime as ort
import protocol
import workloads as w


def graph_of(network: w.Network) -> bytes:
    nodes, parameters, value = [], [], "x"
    for index, (weight, bias) in enumerate(network.layers):
        names = f"weight{index}", f"bias{index}"
        parameters += [onnx.numpy_helper.from_array(array, name) for array, name in zip((weight, bias), names)]
        last = index + 2 == len(network.sizes)
        product = "y" if last else f"product{index}"
        nodes.append(onnx.helper.make_node("Gemm", [value, *names], [product], transB=1))
        value = product
        if not last:
            nodes.append(onnx.helper.make_node("Relu", [product], [value := f"hidden{index}"]))
    tensors = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", size])
        for name, size in (("x", network.sizes[0]), ("y", network.sizes[-1]))
    ]
    graph = onnx.helper.make_graph(nodes, "network", tensors[:1], tensors[1:], parameters)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def prepare(threads: int, name: str) -> protocol.Work:
    network, rows = w.INFERENCE[name]
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(graph_of(w.NETWORKS[network]), options, providers=["CPUExecutionProvider"])
    feed = {"x": w.NETWORKS[network].features(rows)}
    return protocol.Work(
        "run(None, feed)",
        {"run": session.run, "feed": feed},
        check=lambda: w.check_value(session.run(None, feed)[0]),
    )


def main() -> None:
    channel = protocol.Channel()
    threads = protocol.threads_from_arguments()
    hello = {"contestant": "ONNX Runtime", "version": ort.__version__, "blas": "own (MLAS)", "core": None, "threads": threads}
    protocol.serve(channel, hello, [*w.INFERENCE], functools.partial(prepare, threads), w.LATENCY)


if __name__ == "__main__":
    main()
