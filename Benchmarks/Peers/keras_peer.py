"""Keras on TensorFlow: `train_on_batch` with tensors (faster per step than `fit`), and one whole `fit`."""

import os

import protocol

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
import workloads as w  # noqa: E402


def model_of(parameters) -> keras.Sequential:
    sizes = [parameters[0][0].shape[1], *(len(bias) for _, bias in parameters)]
    hidden = [keras.layers.Dense(size, activation="relu") for size in sizes[1:-1]]
    model = keras.Sequential([keras.Input((sizes[0],)), *hidden, keras.layers.Dense(sizes[-1])])
    model.set_weights([array for weight, bias in parameters for array in (weight.T, bias)])
    return model


class Training:
    def __init__(self, name: str):
        network, rule = w.NETWORKS[w.TRAINING[name][0]], w.TRAINING[name][1]
        layers, x, y = w.training_data(name)
        self.model = model_of(layers)
        rate = network.rate(rule)
        optimizer = keras.optimizers.Adam(rate, epsilon=1e-8) if rule == "adam" else keras.optimizers.SGD(rate)
        classes = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile(optimizer=optimizer, loss="mse" if network.regression else classes)
        self.x, self.y = tf.constant(x), tf.constant(y)
        self.model.optimizer.build(self.model.trainable_variables)
        optimizer_variables = self.model.optimizer.variables
        # Moments and the count of steps begin at zero; the learning rate is a variable too.
        self.first = [(variable, value) for variable, value in zip(self.model.weights, self.weights(layers))]
        self.first += [
            (variable, tf.zeros(variable.shape, variable.dtype))
            for variable in optimizer_variables
            if variable is not self.model.optimizer.learning_rate and variable.name != "learning_rate"
        ]

    @staticmethod
    def weights(layers):
        return [array for weight, bias in layers for array in (tf.constant(weight.T), tf.constant(bias))]

    def restart(self) -> None:
        for variable, value in self.first:
            variable.assign(value)

    def restart_warm(self) -> None:
        self.restart()
        self.step()
        self.step()

    def step(self) -> None:
        self.model.train_on_batch(self.x, self.y)

    def check(self) -> float:
        self.restart()
        for _ in range(w.CHECKED_STEPS):
            self.step()
        return float(self.model.test_on_batch(self.x, self.y))


def training(name: str) -> protocol.Work:
    state = Training(name)
    return protocol.Work(
        "step()",
        {"step": state.step},
        check=state.check,
        calls_before_restart=w.CALLS_BEFORE_RESTART,
        restart=state.restart_warm,
    )


def quickstart() -> protocol.Work:
    x, y = w.quickstart_data()

    def fit(model: keras.Sequential, shuffle: bool) -> None:
        model.compile(optimizer="adam", loss="mse")
        model.fit(
            x, y, epochs=w.QUICKSTART_EPOCHS, batch_size=w.QUICKSTART_BATCH, shuffle=shuffle, verbose=0
        )

    def whole() -> None:
        layers = [keras.Input((10,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)]
        fit(keras.Sequential(layers), shuffle=True)

    def check() -> float:
        model = model_of(w.QUICKSTART_NETWORK.layers)
        fit(model, shuffle=False)
        return float(model.evaluate(x, y, verbose=0))

    # What a program forgets when it ends.
    return protocol.Work(
        "whole()", {"whole": whole}, check=check, calls_before_restart=1, restart=keras.utils.clear_session
    )


def inference(name: str) -> protocol.Work:
    network, rows = w.INFERENCE[name]
    model = model_of(w.NETWORKS[network].layers)
    x = tf.constant(w.NETWORKS[network].features(rows))
    return protocol.Work(
        "model.predict_on_batch(x)",
        {"model": model, "x": x},
        check=lambda: w.check_value(model.predict_on_batch(x)),
    )


def prepare(name: str) -> protocol.Work:
    keras.utils.clear_session()
    match name.split("/")[0]:
        case "training":
            return training(name)
        case "quickstart-fit":
            return quickstart()
        case _:
            return inference(name)


def main() -> None:
    channel = protocol.Channel()
    threads = protocol.threads_from_arguments()
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    hello = {
        "contestant": "Keras",
        "version": f"{keras.__version__} on TensorFlow {tf.__version__}",
        "blas": "oneDNN and Eigen",
        "core": None,
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
    }
    protocol.serve(channel, hello, [*w.TRAINING, "quickstart-fit", *w.INFERENCE], prepare, w.LATENCY, w.training_data)


if __name__ == "__main__":
    main()
